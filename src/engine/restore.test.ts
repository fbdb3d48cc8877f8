// A start after a stop or a crash: what is remembered, and that every former leg ends exactly once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appId, callLab, commands, leg } from '../../test/support/call-lab.ts'

test('legs of a former run end once, their entries first; dead kept entries stay', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  await lab.caller('kept')
  await lab.command(
    commands.enqueue('kept', 'support', { keepAfterHangup: true, maxWaitMs: 90_000 }),
  )
  await lab.hangsUp('kept')
  await lab.caller('bob')
  await lab.agent('agent')
  await lab.command(commands.bridge('agent', 'bob', { parkAfterUnbridge: true }))
  await lab.rings('ringing')
  await lab.caller('gone')
  await lab.hangsUp('gone')
  const sequence = lab.stamped.at(-1)?.sequence ?? 0
  lab.logic.stop()

  await lab.time.advanceAsync(30_000)
  const next = await callLab({ from: lab })
  assert.deepEqual(next.told(), [
    'leg-ended bob unspecified unknown unspecified',
    'leg-ended agent unspecified unknown unspecified',
    'leg-ended ringing unspecified unknown unspecified',
    'call-dequeued ann support hangup',
    'leg-ended ann unspecified unknown unspecified',
  ])
  assert.equal(next.stamped[0]?.sequence, sequence + 1)
  assert.equal(next.logic.call(leg('gone'))?.alive, false)
  assert.equal(next.logic.counts().legs, 0)
  assert.equal((await next.memory.getQueue('support' as never))?.size, 1)
  await next.advance(60_000)
  assert.deepEqual(next.told(), ['call-dequeued kept support timeout'])

  next.logic.stop()
  const third = await callLab({ from: next })
  assert.deepEqual(third.told(), [], 'nothing ends twice')
  await third.advance(600_000)
  assert.equal(third.logic.call(leg('ann')), undefined)
})

test('a live kept call of a former run is kept, dead', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { keepAfterHangup: true }))
  lab.logic.stop()
  const next = await callLab({ from: lab })
  assert.deepEqual(next.told(), ['leg-ended ann unspecified unknown unspecified'])
  assert.equal((await next.memory.getEntry('support' as never, leg('ann')))?.alive, false)
  await next.agent('agent')
  assert.equal(await next.command(commands.bridgeQueue('agent')), 'kept-caller-gone')
})

test('C5: the idle time of a queue counts across a restart', async () => {
  const settings = { collectEmptyAfterMs: 120_000 }
  const lab = await callLab({ settings })
  await lab.command(commands.queueCreate('support'))
  await lab.advance(100_000)
  lab.logic.stop()
  const next = await callLab({ from: lab, settings })
  await next.advance(60_000)
  assert.deepEqual(next.told(), ['queue-deleted support'])
})

test('commands and calls wait for the start', async () => {
  const lab = await callLab()
  lab.logic.stop()
  assert.equal(await lab.command(commands.queueCreate('support')), 'unavailable')
  assert.equal(lab.logic.admitCall().ok, false)
})

test('new legs come after remembered ones in the order of active calls', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.logic.stop()
  const next = await callLab({ from: lab })
  await next.caller('bob')
  const page = next.logic.activeCalls(appId, { number: 1, size: 20 })
  assert.deepEqual(
    page.rows.map(({ legId }) => legId),
    ['bob'],
  )
  assert.equal(page.earlier, false)
})
