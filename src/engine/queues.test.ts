// Queues as an application sees them: orders of events, refusals, and the contract's decisions by number.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, commands, leg, textOf, type CallLab } from '../../test/support/call-lab.ts'

async function waiting(...names: readonly string[]): Promise<CallLab> {
  const lab = await callLab()
  for (const name of names) {
    await lab.caller(name)
    assert.equal(await lab.command(commands.enqueue(name)), 'ok')
  }
  return lab
}

test('E.11 enqueue, leave: enqueued with its place, dequeued(leave), parked and alive', async () => {
  const lab = await waiting('ann', 'bob')
  const told = lab.told().filter((line) => line.startsWith('call-'))
  assert.deepEqual(told, ['call-enqueued ann support 1', 'call-enqueued bob support 2'])
  await lab.advance(7_900)
  assert.equal(await lab.command(commands.leaveQueue('bob')), 'ok')
  const event = lab.stamped.at(-1)?.event
  assert.ok(event?.type === 'call-dequeued')
  assert.deepEqual([event.reason, event.position, event.waitSecs], ['leave', 2, 7])
  assert.equal(lab.logic.call(leg('bob'))?.state, 'parked')
  assert.equal(await lab.command(commands.leaveQueue('bob')), 'not-queued')
})

test('E.11 bridge by queue: playback-ended, dequeued(bridged), bridged(caller), bridged(agent)', async () => {
  const lab = await waiting('ann')
  await lab.command(commands.play('ann'))
  await lab.input({ kind: 'playback-started', legId: leg('ann'), playbackId: 'music-ann' as never })
  await lab.agent('agent')
  lab.told()
  assert.equal(await lab.command(commands.bridgeQueue('agent')), 'ok')
  assert.deepEqual(lab.told(), [
    'playback-ended ann cancelled',
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged agent',
  ])
  const link = lab.media.at(-1)
  assert.deepEqual([link?.kind, lab.logic.counts().bridges], ['link', 1])
  await lab.hangsUp('ann')
  assert.deepEqual(lab.told(), [
    'leg-ended ann normal_clearing caller 200',
    'leg-ended agent normal_clearing caller unspecified',
  ])
  assert.deepEqual(lab.logic.counts(), { legs: 0, queued: 0, bridges: 0, conferences: 0 })
})

test('E.11 hang-up while queued: playback-ended, dequeued(hangup), ended', async () => {
  const lab = await waiting('ann')
  await lab.command(commands.play('ann'))
  await lab.input({ kind: 'playback-started', legId: leg('ann'), playbackId: 'music-ann' as never })
  lab.told()
  await lab.hangsUp('ann')
  assert.deepEqual(lab.told(), [
    'playback-ended ann call_hangup',
    'call-dequeued ann support hangup',
    'leg-ended ann normal_clearing caller 200',
  ])
})

test('two agents, one caller, in the same turn: one bridge, one empty queue, one dequeued', async () => {
  const lab = await waiting('ann')
  await lab.agent('one')
  await lab.agent('two')
  lab.told()
  const answers = [lab.submit(commands.bridgeQueue('one')), lab.submit(commands.bridgeQueue('two'))]
  await lab.run()
  assert.deepEqual((await Promise.all(answers)).map(textOf), ['ok', 'queue-empty'])
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged one',
  ])
})

test('two agents, two callers, in the same turn: first in, first out', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.agent('one')
  await lab.agent('two')
  lab.told()
  void lab.submit(commands.bridgeQueue('one'))
  void lab.submit(commands.bridgeQueue('two'))
  await lab.run()
  assert.deepEqual(
    lab.told().filter((line) => line.startsWith('leg-')),
    ['leg-bridged ann', 'leg-bridged one', 'leg-bridged bob', 'leg-bridged two'],
  )
})

test('BYE before the claim in the same turn: the next caller is taken', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.agent('agent')
  lab.told()
  lab.bye('ann')
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  assert.equal(textOf(await answer), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support hangup',
    'leg-ended ann normal_clearing caller 200',
    'call-dequeued bob support bridged',
    'leg-bridged bob',
    'leg-bridged agent',
  ])
})

test('BYE after the claim in the same turn: an ordinary hang-up while bridged', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.agent('agent')
  lab.told()
  const answer = lab.submit(commands.bridgeQueue('agent'))
  lab.bye('ann')
  await lab.run()
  assert.equal(textOf(await answer), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged agent',
    'leg-ended ann normal_clearing caller 200',
    'leg-ended agent normal_clearing caller unspecified',
  ])
  assert.equal(lab.logic.call(leg('bob'))?.state, 'queued')
})

test('C14: max wait to the second, restarted by a move; the leg is parked, alive', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 2_000 }))
  await lab.advance(1_500)
  await lab.command(commands.enqueue('ann', 'second', { maxWaitMs: 2_000 }))
  lab.told()
  await lab.advance(1_999)
  assert.deepEqual(lab.told(), [])
  await lab.advance(1)
  assert.deepEqual(lab.told(), ['call-dequeued ann second timeout'])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked')
  assert.equal(await lab.command(commands.enqueue('ann')), 'ok')
  await lab.advance(60_000)
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued', 'no deadline is left over')
})

test('a deadline due in the turn of a bridge is stepped first', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.agent('agent')
  await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 1_000 }))
  lab.time.set(1_000, () => void lab.submit(commands.bridgeQueue('agent')))
  lab.told()
  await lab.advance(1_000)
  assert.deepEqual(lab.told(), ['call-dequeued ann support timeout'])
  assert.equal(lab.logic.call(leg('agent'))?.state, 'parked')
})

test('C3: a second enqueue in the same queue is refused; another queue moves the call', async () => {
  const lab = await waiting('ann', 'bob')
  lab.told()
  assert.equal(await lab.command(commands.enqueue('ann')), 'already-queued')
  assert.equal(await lab.command(commands.enqueue('ann', 'second')), 'ok')
  assert.deepEqual(lab.told(), [
    'queue-created second',
    'call-dequeued ann support leave',
    'call-enqueued ann second 1',
  ])
  const entry = await lab.memory.getEntry('support' as never, leg('bob'))
  assert.equal(entry?.position, 1)
})

test('C1: an empty and a missing queue are refused alike', async () => {
  const lab = await waiting('ann')
  await lab.command(commands.leaveQueue('ann'))
  await lab.agent('agent')
  assert.equal(await lab.command(commands.bridgeQueue('agent')), 'queue-empty')
  assert.equal(await lab.command(commands.bridgeQueue('agent', 'never')), 'queue-empty')
})

test('C2: queue and call id together', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.agent('agent')
  const both = (legIdToo: string) =>
    commands.bridgeQueue('agent', 'support', {
      target: { kind: 'queue', queueName: 'support' as never, legIdToo: leg(legIdToo) },
    })
  assert.equal(await lab.command(both('ann')), 'queue-and-leg')
  assert.equal(await lab.command(both('agent')), 'ok')
  await lab.agent('second')
  assert.equal(
    await lab.command({ ...both('nobody at all'), legId: leg('second') }),
    'ok',
    'an id of no live leg is ignored',
  )
})

test('C11, C12, C32: size rules and the unanswered call', async () => {
  const lab = await callLab()
  for (const name of ['ann', 'bob', 'cid']) await lab.caller(name)
  await lab.rings('ringing')
  assert.equal(await lab.command(commands.enqueue('ringing')), 'not-answered')
  assert.equal(await lab.command(commands.enqueue('ann', 'small', { maxSize: 1 })), 'ok')
  assert.equal(
    await lab.command(commands.enqueue('bob', 'small', { maxSize: 2 })),
    'queue-size-fixed',
  )
  assert.equal(await lab.command(commands.enqueue('bob', 'small', { maxSize: 1 })), 'queue-full')
  assert.equal(lab.logic.call(leg('bob'))?.state, 'parked')
  await lab.command(commands.leaveQueue('ann'))
  const race = [
    lab.submit(commands.enqueue('bob', 'small')),
    lab.submit(commands.enqueue('cid', 'small')),
  ]
  await lab.run()
  assert.deepEqual((await Promise.all(race)).map(textOf), ['ok', 'queue-full'])
})

test('C7: bridge with a queued call by its id, and with the issuer queued as well', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.agent('agent')
  lab.told()
  assert.equal(await lab.command(commands.bridge('agent', 'bob')), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued bob support bridged',
    'leg-bridged bob',
    'leg-bridged agent',
  ])
  await lab.caller('cid')
  await lab.command(commands.enqueue('cid', 'other'))
  lab.told()
  assert.equal(await lab.command(commands.bridge('ann', 'cid')), 'ok')
  assert.deepEqual(lab.told().toSorted(), [
    'call-dequeued ann support bridged',
    'call-dequeued cid other bridged',
    'leg-bridged ann',
    'leg-bridged cid',
  ])
})

test('C33: the queued issuer is dequeued and the next taken; alone it stays', async () => {
  const lab = await waiting('ann')
  assert.equal(await lab.command(commands.bridgeQueue('ann')), 'queue-empty')
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
  await lab.caller('bob')
  await lab.command(commands.enqueue('bob'))
  lab.told()
  assert.equal(await lab.command(commands.bridgeQueue('ann')), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued bob support bridged',
    'call-dequeued ann support bridged',
    'leg-bridged bob',
    'leg-bridged ann',
  ])
})

test('C13: enqueue out of a bridge; the peer goes, unless its own setting keeps it', async () => {
  const lab = await waiting('ann')
  await lab.agent('agent')
  await lab.command(commands.bridgeQueue('agent'))
  lab.told()
  assert.equal(await lab.command(commands.enqueue('ann')), 'ok')
  assert.deepEqual(lab.told(), [
    'call-enqueued ann support 1',
    'leg-ended agent normal_clearing caller unspecified',
  ])
  await lab.agent('second')
  await lab.command(commands.bridgeQueue('second', 'support', { parkAfterUnbridge: true }))
  lab.told()
  await lab.command(commands.enqueue('ann'))
  assert.deepEqual(lab.told(), ['call-enqueued ann support 1'])
  assert.equal(lab.logic.call(leg('second'))?.state, 'parked')
})

test('a refused enqueue does not unbridge', async () => {
  const lab = await callLab()
  for (const name of ['full', 'ann']) await lab.caller(name)
  await lab.agent('agent')
  await lab.command(commands.enqueue('full', 'small', { maxSize: 1 }))
  await lab.command(commands.bridge('agent', 'ann'))
  lab.told()
  assert.equal(await lab.command(commands.enqueue('ann', 'small')), 'queue-full')
  assert.deepEqual(lab.told(), [])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'bridged')
})

test("park and hold after unbridge are the issuer's alone", async () => {
  for (const setting of [{ parkAfterUnbridge: true }, { holdAfterUnbridge: true }]) {
    const lab = await waiting('ann')
    await lab.agent('agent')
    await lab.command(commands.bridgeQueue('agent', 'support', setting))
    await lab.hangsUp('ann')
    assert.equal(lab.logic.call(leg('agent'))?.state, 'parked')
    await lab.caller('bob')
    await lab.command(commands.bridge('agent', 'bob', setting))
    await lab.hangsUp('agent')
    assert.equal(lab.logic.call(leg('bob'))?.state, 'ended')
  }
})

test('re-bridging moves the other leg; prevent_double_bridge refuses', async () => {
  const lab = await waiting('ann')
  await lab.agent('one')
  await lab.agent('two')
  await lab.command(commands.bridgeQueue('one'))
  const refused = commands.bridge('two', 'ann', { preventDoubleBridge: true })
  assert.equal(await lab.command(refused), 'already-bridged')
  lab.told()
  assert.equal(await lab.command(commands.bridge('two', 'ann')), 'ok')
  assert.deepEqual(lab.told(), [
    'leg-bridged ann',
    'leg-bridged two',
    'leg-ended one normal_clearing caller unspecified',
  ])
  assert.equal(lab.logic.counts().bridges, 1)
  assert.equal(await lab.command(commands.bridge('two', 'ann')), 'ok', 'the same two again')
  assert.equal(lab.logic.call(leg('ann'))?.state, 'bridged')
  assert.equal(lab.logic.counts().bridges, 1)
})

test('bridge refusals: itself, unknown, ended, unanswered', async () => {
  const lab = await callLab()
  await lab.agent('agent')
  await lab.caller('gone')
  await lab.hangsUp('gone')
  await lab.rings('ringing')
  assert.equal(await lab.command(commands.bridge('agent', 'agent')), 'bridge-with-self')
  assert.equal(await lab.command(commands.bridge('agent', 'nobody')), 'other-leg-unknown')
  assert.equal(await lab.command(commands.bridge('agent', 'gone')), 'other-leg-ended')
  assert.equal(await lab.command(commands.bridge('agent', 'ringing')), 'other-leg-not-answered')
})

test('C9, C28: a dead kept call holds its place; a bridge takes the entry and gives the caller back', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { keepAfterHangup: true }), {
    clientState: 'c3Q=',
  })
  await lab.caller('bob')
  await lab.command(commands.enqueue('bob'))
  lab.told()
  await lab.hangsUp('ann')
  assert.deepEqual(lab.told(), ['leg-ended ann normal_clearing caller 200'])
  assert.equal((await lab.memory.getQueue('support' as never))?.size, 2)
  await lab.agent('agent')
  await lab.advance(700_000)
  lab.told()
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  const refused = await answer
  assert.ok(!refused.ok && refused.refusal.code === 'kept-caller-gone')
  assert.equal(refused.refusal.caller.legId, 'ann')
  assert.equal(refused.refusal.caller.clientState, 'c3Q=')
  assert.equal(refused.refusal.caller.waitSecs, 700)
  assert.deepEqual(lab.told(), ['call-dequeued ann support bridging-in-process'])
  assert.equal(lab.logic.call(leg('agent'))?.state, 'parked')
  assert.equal(await lab.command(commands.bridgeQueue('agent')), 'ok')
  await lab.advance(1)
  assert.equal(await lab.command(commands.hangup('ann')), 'leg-unknown', 'forgotten with its entry')
})

test('A.8, C14: keep taken from a dead call ends its stay; max wait runs for dead calls too', async () => {
  const lab = await callLab()
  for (const name of ['ann', 'bob']) {
    await lab.caller(name)
    const keep = { keepAfterHangup: true, maxWaitMs: 60_000 }
    await lab.command(commands.enqueue(name, 'support', keep))
    await lab.hangsUp(name)
  }
  lab.told()
  assert.equal(await lab.command(commands.keep('ann', undefined)), 'ok')
  assert.equal(await lab.command(commands.keep('ann', false)), 'ok')
  assert.deepEqual(lab.told(), ['call-dequeued ann support hangup'])
  assert.equal(await lab.command(commands.keep('ann', false)), 'queued-call-unknown')
  assert.equal(await lab.command(commands.keep('ann', undefined)), 'queued-call-unknown')
  await lab.advance(60_000)
  assert.deepEqual(lab.told(), ['call-dequeued bob support timeout'])
})

test('A.8: keep given and taken while alive', async () => {
  const lab = await waiting('ann', 'bob')
  assert.equal(await lab.command(commands.keep('ann', true)), 'ok')
  assert.equal(await lab.command(commands.keep('bob', true)), 'ok')
  assert.equal(await lab.command(commands.keep('bob', false)), 'ok')
  lab.told()
  await lab.hangsUp('ann')
  await lab.hangsUp('bob')
  const told = lab.told().filter((line) => line.startsWith('call-'))
  assert.deepEqual(told, ['call-dequeued bob support hangup'])
})

test('C19: removal of a live call parks it; of a dead one ends its stay', async () => {
  const lab = await waiting('ann', 'bob')
  await lab.command(commands.keep('bob', true))
  await lab.hangsUp('bob')
  lab.told()
  assert.equal(await lab.command(commands.remove('ann')), 'ok')
  assert.equal(await lab.command(commands.remove('bob')), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support leave',
    'call-dequeued bob support hangup',
  ])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked')
  assert.equal(await lab.command(commands.remove('ann')), 'queued-call-unknown')
})

test('C6: audio goes on when the call leaves, waits too long or moves', async () => {
  const lab = await waiting('ann')
  await lab.command(commands.play('ann'))
  await lab.input({ kind: 'playback-started', legId: leg('ann'), playbackId: 'music-ann' as never })
  await lab.command(commands.enqueue('ann', 'second', { maxWaitMs: 1_000 }))
  await lab.advance(1_000)
  await lab.command(commands.enqueue('ann'))
  await lab.command(commands.leaveQueue('ann'))
  assert.ok(!lab.told().some((line) => line.startsWith('playback-ended')))
})

test('queues as resources: create, duplicate (C18), delete only when empty', async () => {
  const lab = await callLab()
  assert.equal(await lab.command(commands.queueCreate('support')), 'ok')
  assert.equal(await lab.command(commands.queueCreate('support')), 'queue-exists')
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  assert.equal(await lab.command(commands.queueDelete('support')), 'queue-not-empty')
  await lab.command(commands.leaveQueue('ann'))
  assert.equal(await lab.command(commands.queueDelete('support')), 'ok')
  assert.equal(await lab.command(commands.queueDelete('support')), 'queue-unknown')
  const told = lab.told().filter((line) => line.startsWith('queue-'))
  assert.deepEqual(told, ['queue-created support', 'queue-deleted support'])
})

test('C5: an empty queue goes after its time, looked at every minute; 0 keeps it', async () => {
  const lab = await callLab({ settings: { collectEmptyAfterMs: 120_000 } })
  await lab.command(commands.queueCreate('support'))
  await lab.advance(119_999)
  assert.deepEqual(lab.told(), ['queue-created support'])
  await lab.advance(60_001)
  assert.deepEqual(lab.told(), ['queue-deleted support'])
  const kept = await callLab({ settings: { collectEmptyAfterMs: 0 } })
  await kept.command(commands.queueCreate('support'))
  await kept.advance(10_000_000)
  assert.deepEqual(kept.told(), ['queue-created support'])
  const created = { collectEmptyAfterMs: 60_000, collectCreated: false }
  const chosen = await callLab({ settings: created })
  await chosen.command(commands.queueCreate('support'))
  await chosen.advance(600_000)
  assert.deepEqual(chosen.told(), ['queue-created support'])
})

test('C24: client_state of the command that dequeues is in call-dequeued', async () => {
  const lab = await waiting('ann')
  await lab.command(commands.leaveQueue('ann'), { clientState: 'bmV3' })
  const event = lab.stamped.at(-1)?.event
  assert.equal(event?.type === 'call-dequeued' && event.leg.clientState, 'bmV3')
})

test('hang-up by the API while queued', async () => {
  const lab = await waiting('ann')
  lab.told()
  assert.equal(await lab.command(commands.hangup('ann')), 'ok')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support hangup',
    'leg-ended ann normal_clearing callee unspecified',
  ])
  assert.equal(lab.signalled('bye', 'ann').length, 1)
})
