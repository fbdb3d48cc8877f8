// The wall clock is set by years: while calls are up, and over a restart. Nobody is timed out by it, nobody waits for ever.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegCommand } from '../ports/commands.ts'
import type { RestoredDialog } from '../ports/durable.ts'
import { callLab, commands, leg } from '../../test/support/call-lab.ts'

const yearsMs = 10 * 365 * 86_400_000

const gather = (name: string): LegCommand => ({
  ...{ kind: 'gather', legId: leg(name), gatherId: 'g', playbackId: 'p' },
  rules: {
    ...{ minimumDigits: 1, maximumDigits: 4, timeoutMs: 60_000, interDigitMs: 3000 },
    ...{ initialMs: 5000, terminatingDigit: '#', validDigits: '0123456789', triesMax: 1 },
  },
  ...{ prompt: undefined, invalidPrompt: undefined },
})

const up = (...names: readonly string[]): readonly RestoredDialog[] =>
  names.map((name) => ({ legId: leg(name), at: 'up', remoteSdp: undefined }))

for (const setMs of [yearsMs, -yearsMs]) {
  const where = setMs > 0 ? 'on' : 'back'

  test(`C268: set ${where} while a call waits: its wait ends in its time, and is told right`, async () => {
    const lab = await callLab()
    await lab.caller('ann')
    await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 60_000 }))
    await lab.advance(30_000)
    lab.time.setWall(setMs)
    await lab.advance(29_000)
    assert.ok(!lab.told().some((one) => one.startsWith('call-dequeued')))
    await lab.advance(1_000)
    const { event } = lab.stamped.find(({ event: { type } }) => type === 'call-dequeued') ?? {}
    assert.ok(event?.type === 'call-dequeued')
    assert.deepEqual([event.reason, event.waitSecs], ['timeout', 60])
  })

  test(`C268: set ${where} while keys are collected: the gather ends in its time`, async () => {
    const lab = await callLab()
    await lab.caller('ann')
    await lab.command(gather('ann'))
    lab.time.setWall(setMs)
    await lab.advance(4_999)
    assert.ok(!lab.told().some((one) => one.startsWith('gather-ended')))
    await lab.advance(2)
    assert.ok(lab.told().some((one) => one.startsWith('gather-ended')))
  })

  test(`C268: set ${where} before a restart: who goes on has the whole wait again, not none and not years`, async () => {
    const lab = await callLab()
    await lab.caller('ann')
    await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 60_000 }))
    await lab.caller('eve')
    await lab.command(gather('eve'))
    await lab.advance(1_000)
    lab.logic.stop()
    lab.time.setWall(setMs)

    const next = await callLab({ from: lab, dialogs: up('ann', 'eve') })
    await next.advance(4_999)
    assert.deepEqual(next.told(), [])
    await next.advance(56_000)
    assert.deepEqual(
      next.told().map((one) => one.split(' ').slice(0, 2).join(' ')),
      ['gather-ended eve', 'call-dequeued ann'],
    )
  })
}
