import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, leg, type CallLab } from '../../test/support/call-lab.ts'
import type { GatherCommand } from '../ports/commands.ts'

const gather: GatherCommand = {
  ...{ kind: 'gather', legId: leg('ann'), gatherId: 'g', playbackId: 'p' },
  rules: {
    ...{ minimumDigits: 1, maximumDigits: 2, timeoutMs: 60_000, interDigitMs: 5000 },
    ...{ initialMs: 5000, terminatingDigit: '#', validDigits: '0123456789', triesMax: 1 },
  },
  prompt: undefined,
  invalidPrompt: undefined,
}

async function gathering(): Promise<CallLab> {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(gather)
  await lab.input({ kind: 'media-dtmf', legId: leg('ann'), digit: '5' })
  return lab
}

const digitsOf = (lab: CallLab): readonly string[] =>
  lab.stamped.flatMap(({ event }) => (event.type === 'gather-ended' ? [event.digits] : []))

test('a key that was pressed in time counts though we stood still until after the deadline', async () => {
  const lab = await gathering()
  lab.time.stall(8000)
  // The deadline is seen first; the media thread reads its sockets a moment later.
  await lab.advance(20)
  await lab.input({ kind: 'media-dtmf', legId: leg('ann'), digit: '3' })
  await lab.advance(1000)
  assert.deepEqual(digitsOf(lab), ['53'])
})

test('what waited behind a late turn goes before the deadlines', async () => {
  const lab = await gathering()
  lab.deliver({ kind: 'media-dtmf', legId: leg('ann'), digit: '3' })
  lab.time.stall(8000)
  await lab.advance(0)
  assert.deepEqual(digitsOf(lab), ['53'])
})

test('without such a key the deadline is judged a moment later, once', async () => {
  const lab = await gathering()
  lab.time.stall(8000)
  await lab.advance(0)
  assert.deepEqual(digitsOf(lab), [])
  await lab.advance(100)
  assert.deepEqual(digitsOf(lab), ['5'])
})

test('a process that is always late judges its deadlines all the same', async () => {
  const lab = await gathering()
  for (let i = 0; i < 3; i++) {
    lab.time.stall(6000)
    await lab.advance(0)
  }
  assert.deepEqual(digitsOf(lab), ['5'])
})

test('audio that arrived while we stood still ends the silence before the call is hung up for it', async () => {
  const lab = await callLab({ settings: { rtpLossHangupMs: 30_000 } })
  await lab.caller('ann')
  await lab.input({ kind: 'rtp-silent', legId: leg('ann'), silentMs: 5000 })
  lab.time.stall(26_000)
  await lab.advance(20)
  await lab.input({ kind: 'rtp-heard', legId: leg('ann') })
  await lab.advance(60_000)
  assert.equal(lab.logic.call(leg('ann'))?.alive, true)
})
