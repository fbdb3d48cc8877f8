// Transfer through the whole call logic: what A hears while B rings, and who wins when both move at once.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { brandAs, type QueueId, type QueueName } from '../base/ids.ts'
import { audio, Bench, id, plainDial } from '../../test/support/engine-bench.ts'

function transferring(): Bench {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  return bench
}

test('the plain case: initiated, answered, bridged B, bridged A', () => {
  const bench = transferring()
  bench.progress('b', 180)
  bench.accepted('b')
  assert.deepEqual(bench.since('events'), [
    'leg-initiated b',
    'leg-answered b',
    'leg-bridged b',
    'leg-bridged a',
  ])
  assert.deepEqual(bench.since('sip'), ['invite b', 'confirm b'])
  assert.deepEqual(bench.since('media'), [
    'create-leg b',
    'hear a ringback',
    'set-remote b',
    'start b',
    'link a b',
  ])
  assert.equal(bench.leg('b').sessionId, bench.leg('a').sessionId)
  assert.equal(bench.leg('b').from, '+15550100')
})

test('keys after the answer are pressed before anything else, and nothing waits for them (C129)', () => {
  const bench = new Bench()
  bench.parked('a')
  const dial = { ...plainDial, sendDigits: '12w#' }
  bench.ok(bench.transferCommand('a', 'b', { dial }))
  bench.invited('b')
  bench.forget()
  bench.accepted('b')
  const media = bench.since('media')
  assert.deepEqual(media.slice(-3), ['start b', 'send-dtmf b 12w#', 'link a b'])
})

test('client states: of A with the command, of B its own; webhooks are those of B', () => {
  const bench = new Bench()
  bench.parked('a')
  const command = bench.transferCommand('a', 'b', { targetClientState: 'Qg==' })
  bench.ok(command, 'QQ==')
  assert.equal(bench.leg('a').clientState, 'QQ==')
  assert.equal(bench.leg('b').clientState, 'Qg==')
})

test('a queued leg is dequeued at acceptance, and its music plays until B answers', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.enqueue('a')
  bench.ok(bench.play('a', 'music', { loops: Infinity }))
  bench.playbackStarted('a', 'music')
  bench.forget()
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.progress('b', 180)
  assert.deepEqual(bench.since('events'), [
    'call-dequeued a bridging-in-process',
    'leg-initiated b',
  ])
  bench.accepted('b')
  assert.deepEqual(bench.since('events'), [
    'leg-answered b',
    'playback-ended a music cancelled',
    'leg-bridged b',
    'leg-bridged a',
  ])
})

test('early media of B stops the music of A and is heard; a later 180 does not take it away', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.play('a', 'music', { loops: Infinity }))
  bench.playbackStarted('a', 'music')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.forget()
  bench.progress('b', 183, 'early')
  assert.deepEqual(bench.since('events'), ['playback-ended a music cancelled'])
  assert.deepEqual(bench.since('media'), [
    'set-remote b',
    'stop-playback a music',
    'start b',
    'hear a leg b',
  ])
  bench.progress('b', 180)
  assert.deepEqual(bench.since('media'), [])
})

test('early_media false: ringing of ours, not the early media', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b', { earlyMedia: false }))
  bench.invited('b')
  bench.forget()
  bench.progress('b', 183, 'early')
  assert.deepEqual(bench.since('media'), ['set-remote b', 'hear a ringback'])
})

test('A still rings: B early media by one 183, A is answered when B answers', () => {
  const bench = new Bench()
  bench.rings('a')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.forget()
  bench.progress('b', 180)
  assert.deepEqual(bench.since('sip'), [])
  bench.progress('b', 183, 'early')
  bench.progress('b', 183, 'early again')
  assert.deepEqual(bench.since('sip'), ['progress a'])
  bench.accepted('b')
  assert.deepEqual(bench.since('events'), [
    'leg-answered b',
    'leg-answered a',
    'leg-bridged b',
    'leg-bridged a',
  ])
  assert.deepEqual(bench.since('sip'), ['confirm b', 'accept a'])
})

test('A rings without an offer: no 183 can carry our offer, it goes on ringing', () => {
  const bench = new Bench()
  bench.rings('a', false)
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.forget()
  bench.progress('b', 183, 'early')
  assert.deepEqual(bench.since('sip'), [])
  bench.accepted('b')
  assert.equal(bench.state('a'), 'bridged')
})

test('B is never reached: A stays, hears silence and takes commands', () => {
  const bench = transferring()
  bench.progress('b', 180)
  bench.forget()
  bench.refusedBy('b', 486)
  assert.deepEqual(bench.since('events'), ['leg-ended b user_busy'])
  assert.equal(bench.since('media').at(-1), 'hear a silence')
  assert.equal(bench.state('a'), 'parked')
  bench.enqueue('a')
})

test('B does not answer in time: cancelled, cause timeout, A stays', () => {
  const bench = transferring()
  bench.progress('b', 180)
  bench.forget()
  bench.pass(30_000)
  assert.deepEqual(bench.since('events'), ['leg-ended b timeout'])
  assert.deepEqual(bench.since('sip'), ['cancel b'])
  assert.equal(bench.state('a'), 'parked')
})

test('A hangs up while B rings: B is cancelled', () => {
  const bench = transferring()
  bench.progress('b', 180)
  bench.forget()
  bench.bye('a')
  assert.deepEqual(bench.since('events'), [
    'leg-ended a normal_clearing',
    'leg-ended b originator_cancel',
  ])
  assert.deepEqual(bench.since('sip'), ['cancel b'])
})

test('A still ringing gives up: B is cancelled', () => {
  const bench = new Bench()
  bench.rings('a')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.forget()
  bench.fromSip({ kind: 'leg-cancelled', legId: id('a') })
  assert.deepEqual(bench.since('events'), [
    'leg-ended a originator_cancel',
    'leg-ended b originator_cancel',
  ])
})

test('the answer of B crosses our CANCEL: acknowledged and ended, nobody is bridged, no second end', () => {
  const bench = transferring()
  bench.bye('a')
  bench.forget()
  bench.accepted('b')
  assert.deepEqual(bench.since('events'), [])
  assert.deepEqual(bench.since('sip'), ['confirm b', 'bye b'])
})

test('B answers and A hangs up in the same turn, in this order: an ordinary hang-up while bridged', () => {
  const bench = transferring()
  bench.forget()
  bench.accepted('b')
  bench.bye('a')
  assert.deepEqual(bench.since('events'), [
    'leg-answered b',
    'leg-bridged b',
    'leg-bridged a',
    'leg-ended a normal_clearing',
    'leg-ended b normal_clearing',
  ])
  assert.deepEqual(bench.since('sip'), ['confirm b', 'bye b'])
})

test('another command moves A: B is cancelled, and its crossing answer bridges nobody', () => {
  const bench = transferring()
  bench.forget()
  bench.enqueue('a')
  assert.ok(bench.events.includes('leg-ended b originator_cancel'))
  bench.accepted('b')
  assert.equal(bench.state('a'), 'queued')
  assert.ok(!bench.events.some((word) => word.startsWith('leg-bridged')))
})

test('transfer twice: the second one cancels the first', () => {
  const bench = transferring()
  bench.forget()
  bench.ok(bench.transferCommand('a', 'c'))
  assert.deepEqual(bench.since('events'), ['leg-initiated c', 'leg-ended b originator_cancel'])
  bench.invited('c')
  bench.accepted('c')
  assert.equal(bench.state('a'), 'bridged')
  assert.equal(bench.state('c'), 'bridged')
})

test('the same command_id twice: one leg', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  const first = bench.submit(bench.transferCommand('a', 'b'), undefined, 'same')
  const second = bench.submit(bench.transferCommand('a', 'c'), undefined, 'same')
  assert.deepEqual(bench.answers.get(second), bench.answers.get(first))
  assert.deepEqual(bench.since('events'), ['leg-initiated b'])
})

test('out of a bridge: the old peer goes at acceptance, after the new leg is told', () => {
  const bench = new Bench()
  bench.parked('a', 'x')
  bench.bridge('a', 'x')
  bench.forget()
  bench.ok(bench.transferCommand('a', 'b'))
  assert.deepEqual(bench.since('events'), ['leg-initiated b', 'leg-ended x normal_clearing'])
  assert.equal(bench.state('a'), 'parked')
})

test('park_after_unbridge: B hangs up, A is parked', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b', { parkAfterUnbridge: true }))
  bench.invited('b')
  bench.accepted('b')
  bench.bye('b')
  assert.equal(bench.state('a'), 'parked')
})

test('a transfer waits for the claim that is deciding over the leg, then leaves the bridge it made', () => {
  const bench = new Bench()
  bench.parked('a', 'agent')
  bench.enqueue('a')
  bench.forget()
  bench.holdStore = true
  bench.submit(bench.bridgeCommand('agent', 'a'))
  const token = bench.submit(bench.transferCommand('a', 'b'))
  assert.equal(bench.answers.get(token), undefined)
  bench.holdStore = false
  bench.release()
  assert.equal(bench.answers.get(token)?.ok, true)
  assert.deepEqual(bench.since('events'), [
    'call-dequeued a bridged',
    'leg-bridged a',
    'leg-bridged agent',
    'leg-initiated b',
    'leg-ended agent normal_clearing',
  ])
})

test('B hears its audio first, A meanwhile no music; the bridge follows its end', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.play('a', 'music', { loops: Infinity }))
  bench.playbackStarted('a', 'music')
  bench.forget()
  bench.ok(bench.transferCommand('a', 'b', { dial: { ...plainDial, audio: audio('whisper') } }))
  bench.invited('b')
  bench.accepted('b')
  assert.equal(bench.state('b'), 'parked')
  bench.playbackStarted('b', 'answer-b')
  bench.playbackEnded('b', 'answer-b')
  assert.deepEqual(bench.since('events'), [
    'leg-initiated b',
    'leg-answered b',
    'playback-ended a music cancelled',
    'playback-started b answer-b',
    'playback-ended b answer-b completed',
    'leg-bridged b',
    'leg-bridged a',
  ])
})

test('the audio before the bridge is stopped by command, or cannot be had: bridged all the same', () => {
  for (const how of ['stop', 'missing'] as const) {
    const bench = new Bench()
    bench.parked('a')
    bench.ok(bench.transferCommand('a', 'b', { dial: { ...plainDial, audio: audio('x') } }))
    bench.invited('b')
    bench.accepted('b')
    if (how === 'missing') bench.playbackEnded('b', 'answer-b', 'file_not_found')
    else bench.ok({ kind: 'playback-stop', legId: id('b'), stop: 'all', overlay: false })
    assert.equal(bench.state('a'), 'bridged', how)
  }
})

test('A hangs up while B hears its audio: B, answered, goes by BYE as a normal end', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b', { dial: { ...plainDial, audio: audio('x') } }))
  bench.invited('b')
  bench.accepted('b')
  bench.playbackStarted('b', 'answer-b')
  bench.forget()
  bench.bye('a')
  assert.deepEqual(bench.since('events'), [
    'leg-ended a normal_clearing',
    'playback-ended b answer-b call_hangup',
    'leg-ended b normal_clearing',
  ])
  assert.deepEqual(bench.since('sip'), ['bye b'])
})

test('the media side cannot make B: told as its end, A stays', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.forget()
  bench.fromMedia({ kind: 'media-leg-refused', legId: id('b'), status: 500, why: 'no port' })
  assert.deepEqual(bench.since('events'), ['leg-ended b unspecified'])
  assert.equal(bench.state('a'), 'parked')
})

test('refusals change nothing: destination, channel limit, unanswered outbound leg', () => {
  const closed = new Bench({ checkDestination: () => 'no-trunk' })
  closed.parked('a')
  closed.enqueue('a')
  closed.forget()
  closed.refused(closed.transferCommand('a', 'b'), 'destination-refused')
  assert.equal(closed.state('a'), 'queued')
  assert.deepEqual(closed.since('events'), [])

  const narrow = new Bench({ application: { outboundChannelLimit: 1 } })
  narrow.parked('a', 'c')
  narrow.ok(narrow.transferCommand('a', 'b'))
  narrow.refused(narrow.transferCommand('c', 'd'), 'channel-limit')
  narrow.refused(narrow.transferCommand('b', 'd'), 'not-answered')
})

test('A hangs up before the media side has made B: no INVITE leaves', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.forget()
  bench.bye('a')
  bench.invited('b')
  assert.ok(!bench.sip.includes('invite b'))
  assert.equal(bench.state('b'), 'ended')
})

test('B answers while an enqueue of A is with the store: the enqueue was first, B goes', () => {
  const bench = transferring()
  bench.forget()
  bench.holdStore = true
  bench.submit({
    kind: 'enqueue',
    legId: id('a'),
    queueName: brandAs<QueueName>('support'),
    newQueueId: brandAs<QueueId>('q'),
    maxWaitMs: undefined,
    maxSize: undefined,
    keepAfterHangup: false,
  })
  bench.accepted('b')
  bench.holdStore = false
  bench.release()
  assert.equal(bench.state('a'), 'queued')
  assert.deepEqual(bench.since('events'), [
    'leg-answered b',
    'queue-created support',
    'call-enqueued a',
    'leg-ended b normal_clearing',
  ])
})

test('B answers while an enqueue of A is with the store, which refuses it: bridged', () => {
  const bench = new Bench()
  bench.parked('a', 'x')
  bench.ok({
    kind: 'queue-create',
    queueName: brandAs<QueueName>('support'),
    newQueueId: brandAs<QueueId>('q'),
    maxSize: 1,
  })
  bench.enqueue('x')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.invited('b')
  bench.holdStore = true
  const token = bench.submit({
    kind: 'enqueue',
    legId: id('a'),
    queueName: brandAs<QueueName>('support'),
    newQueueId: brandAs<QueueId>('q2'),
    maxWaitMs: undefined,
    maxSize: undefined,
    keepAfterHangup: false,
  })
  bench.accepted('b')
  bench.holdStore = false
  bench.release()
  assert.equal(bench.answers.get(token)?.ok, false)
  assert.equal(bench.state('a'), 'bridged')
})

test('A hangs up while its transfer waits for the store: one dequeued, one end, no new leg', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.enqueue('a')
  bench.forget()
  bench.holdStore = true
  const token = bench.submit(bench.transferCommand('a', 'b'))
  bench.bye('a')
  bench.holdStore = false
  bench.release()
  const answer = bench.answers.get(token)
  assert.equal(answer?.ok === false && answer.refusal.code, 'leg-ended')
  assert.deepEqual(bench.since('events'), ['call-dequeued a hangup', 'leg-ended a normal_clearing'])
})

test('an agent takes the caller off the queue while its transfer is with the store, answers in either order', () => {
  for (const reversed of [false, true]) {
    const bench = new Bench()
    bench.parked('a', 'agent')
    bench.enqueue('a')
    bench.forget()
    bench.holdStore = true
    const bridged = bench.submit({
      kind: 'bridge',
      legId: id('agent'),
      target: { kind: 'queue', queueName: brandAs<QueueName>('support'), legIdToo: undefined },
      playRingtone: false,
      ringtone: 'us',
      muteDtmf: 'none',
      preventDoubleBridge: false,
      parkAfterUnbridge: true,
      holdAfterUnbridge: false,
    })
    const transferred = bench.submit(bench.transferCommand('a', 'b'))
    bench.holdStore = false
    if (reversed) bench.releaseReversed()
    else bench.release()
    bench.release()
    assert.equal(bench.answers.get(bridged)?.ok, true)
    assert.equal(bench.answers.get(transferred)?.ok, true)
    const dequeued = bench.events.filter((word) => word.startsWith('call-dequeued'))
    assert.deepEqual(dequeued, ['call-dequeued a bridged'])
    assert.equal(bench.state('agent'), 'parked')
    assert.equal(bench.state('a'), 'parked')
    assert.equal(bench.state('b'), 'dialing')
  }
})
