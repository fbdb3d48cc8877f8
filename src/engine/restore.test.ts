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

const up = (...names: string[]) =>
  names.map((name) => ({ legId: leg(name), at: 'up' as const, remoteSdp: undefined }))

test('C29: what goes on does so silently: places, deadlines, bridges, music; then it lives as before', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 60_000 }))
  await lab.caller('eve')
  await lab.command(commands.enqueue('eve', 'support', { maxWaitMs: 10_000 }))
  await lab.caller('bob')
  await lab.agent('agent')
  await lab.command(commands.bridge('agent', 'bob', { parkAfterUnbridge: true }))
  lab.logic.stop()
  await lab.time.advanceAsync(30_000)

  const next = await callLab({ from: lab, dialogs: up('ann', 'eve', 'bob', 'agent') })
  assert.deepEqual(next.told(), [], 'nothing is told at the start')
  assert.equal(next.logic.counts().legs, 4)
  assert.equal(next.logic.counts().bridges, 1)
  assert.ok(next.media.some((one) => one.kind === 'link' && one.a === 'agent' && one.b === 'bob'))
  await next.advance(1)
  assert.deepEqual(next.told(), ['call-dequeued eve support timeout'], 'due meanwhile: once, now')
  await next.advance(29_000)
  assert.deepEqual(next.told(), [])
  await next.advance(1_000)
  assert.deepEqual(next.told(), ['call-dequeued ann support timeout'])
  const probed = next.signals.filter(({ kind }) => kind === 'probe').map(({ legId }) => legId)
  assert.deepEqual(probed, ['ann', 'eve', 'bob', 'agent'])
  await next.hangsUp('bob')
  assert.deepEqual(next.told(), ['leg-ended bob normal_clearing caller 200'])
  assert.equal(next.logic.call(leg('agent'))?.alive, true)

  next.logic.stop()
  const third = await callLab({ from: next, dialogs: up('ann', 'eve', 'agent') })
  assert.deepEqual(third.told(), [])
  assert.equal(third.logic.counts().legs, 3)
})

test('C29: a bridge of which one leg is lost ends by its rules; strays are dismissed', async () => {
  const lab = await callLab()
  await lab.caller('bob')
  await lab.agent('agent')
  await lab.command(commands.bridge('agent', 'bob'))
  await lab.rings('ringing')
  lab.logic.stop()
  const dialogs = [
    ...up('bob', 'nobody'),
    { legId: leg('ringing'), at: 'ringing-in' as const, remoteSdp: undefined },
  ]
  const next = await callLab({ from: lab, dialogs })
  assert.deepEqual(next.told(), [
    'leg-ended agent unspecified unknown unspecified',
    'leg-ended ringing unspecified unknown unspecified',
    'leg-ended bob normal_clearing callee unspecified',
  ])
  assert.deepEqual(
    next.signals.map((one) => `${one.kind} ${one.legId}`),
    ['bye nobody', 'refuse ringing', 'bye bob'],
  )
})

test('C29: an audio leg that is heard again needs no probe, and nobody is told', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.logic.stop()
  const next = await callLab({ from: lab, dialogs: up('ann') })
  next.logic.deliver({ kind: 'rtp-heard', legId: leg('ann') })
  await next.advance(20_000)
  assert.deepEqual(next.told(), [])
  assert.deepEqual(
    next.signals.filter(({ kind }) => kind === 'probe'),
    [],
  )
})
