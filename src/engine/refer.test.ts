// REFER in both directions through the whole call logic.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Bench, id } from '../../test/support/engine-bench.ts'

const refer = (name: string) =>
  ({
    kind: 'refer',
    legId: id(name),
    target: 'sip:other@127.0.0.1',
    customHeaders: [],
    sipHeaders: [],
    credentials: undefined,
  }) as const

const hears = (bench: Bench, name: string, target = 'sip:c@127.0.0.1'): void =>
  bench.fromSip({ kind: 'refer-received', legId: id(name), target })

const reports = (bench: Bench, name: string, status: number): void =>
  bench.fromSip({ kind: 'refer-progress', legId: id(name), status })

test('our REFER: started with 100, completed with the first final report', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(refer('a'))
  for (const status of [100, 180, 200, 200]) reports(bench, 'a', status)
  assert.deepEqual(bench.since('events'), ['refer-started a 100', 'refer-completed a 200'])
  assert.deepEqual(bench.since('sip'), ['refer a'])
})

test('a queued leg is dequeued at acceptance and stays parked when the REFER fails', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.enqueue('a')
  bench.forget()
  bench.ok(refer('a'))
  reports(bench, 'a', 603)
  assert.deepEqual(bench.since('events'), [
    'call-dequeued a bridging-in-process',
    'refer-started a 100',
    'refer-failed a 603',
  ])
  assert.equal(bench.state('a'), 'parked')
})

test('a bridged leg stays bridged until its far end acts', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.bridge('a', 'b')
  bench.ok(refer('a'))
  assert.equal(bench.state('b'), 'bridged')
  reports(bench, 'a', 200)
  bench.bye('a')
  assert.equal(bench.state('b'), 'ended')
})

test('a second REFER while one is under way is refused; afterwards it may go', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(refer('a'))
  bench.refused(refer('a'), 'unavailable')
  reports(bench, 'a', 408)
  bench.ok(refer('a'))
})

test('REFER cancels a transfer under way', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.transferCommand('a', 'b'))
  bench.ok(refer('a'))
  assert.equal(bench.state('b'), 'ended')
})

/** Phone `r` and caller `p` talk; `r` refers to a target; returns the name of the leg dialled for it. */
function referred(parkPeer = false): { bench: Bench; dialled: string } {
  const bench = new Bench()
  bench.parked('p', 'r')
  if (parkPeer) bench.bridge('p', 'r', true)
  else bench.bridge('r', 'p')
  bench.forget()
  hears(bench, 'r')
  const initiated = bench.told.findLast((event) => event.type === 'leg-initiated')
  assert(initiated)
  const dialled = initiated.leg.legId
  bench.invited(dialled)
  return { bench, dialled }
}

const words = (list: string[], dialled: string): string[] =>
  list.map((word) => word.replace(dialled, 'c'))

test('a phone refers its peer: accepted, dialled in the same session, told, bridged, the phone leaves', () => {
  const { bench, dialled } = referred()
  assert.equal(bench.leg(dialled).sessionId, bench.leg('r').sessionId)
  assert.equal(bench.leg(dialled).from, '+1555p')
  bench.progress(dialled, 180)
  bench.accepted(dialled)
  assert.deepEqual(words(bench.since('events'), dialled), [
    'leg-initiated c',
    'leg-answered c',
    'leg-bridged c',
    'leg-bridged p',
    'leg-ended r normal_clearing',
  ])
  assert.deepEqual(words(bench.since('sip'), dialled), [
    'refer-accept r',
    'invite c',
    'refer-notify r 180',
    'confirm c',
    'refer-notify r 200',
    'bye r',
  ])
  assert.equal(bench.state('p'), 'bridged')
})

test('the ids of a leg that no command made are well formed', () => {
  const { bench, dialled } = referred()
  assert.match(dialled, /^v3:[\w-]{43}$/)
  assert.match(
    bench.leg(dialled).legUuid,
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})

test('the phone hangs up by itself after the answer: one end', () => {
  const { bench, dialled } = referred()
  bench.accepted(dialled)
  bench.bye('r')
  const ends = bench.events.filter((word) => word.startsWith('leg-ended r'))
  assert.equal(ends.length, 1)
  assert.equal(bench.state('p'), 'bridged')
})

test('the target refuses: NOTIFY says so and the old bridge stays; the phone may try again', () => {
  const { bench, dialled } = referred()
  bench.refusedBy(dialled, 486)
  assert.deepEqual(words(bench.since('sip'), dialled), [
    'refer-accept r',
    'invite c',
    'refer-notify r 486',
  ])
  assert.equal(bench.state('p'), 'bridged')
  assert.equal(bench.state('r'), 'bridged')
  hears(bench, 'r')
  assert.equal(bench.sip[0], 'refer-accept r')
})

test('the target does not answer in time: NOTIFY 487', () => {
  const { bench } = referred()
  bench.forget()
  bench.pass(30_000)
  assert.ok(bench.sip.includes('refer-notify r 487'))
  assert.equal(bench.state('p'), 'bridged')
})

test('the phone hangs up at once: its peer stays, hears ringing, and gets the target', () => {
  const { bench, dialled } = referred()
  bench.forget()
  bench.bye('r')
  assert.equal(bench.state('p'), 'parked')
  assert.equal(bench.media.at(-1), 'hear p ringback')
  bench.accepted(dialled)
  assert.equal(bench.state('p'), 'bridged')
  assert.equal(bench.state(dialled), 'bridged')
})

test('the phone has gone and the target refuses: nobody is left for the peer', () => {
  const { bench, dialled } = referred()
  bench.bye('r')
  bench.refusedBy(dialled, 404)
  assert.equal(bench.state('p'), 'ended')
})

test('the phone has gone, but the peer is kept by its own setting: parked', () => {
  const { bench, dialled } = referred(true)
  bench.bye('r')
  bench.refusedBy(dialled, 404)
  assert.equal(bench.state('p'), 'parked')
})

test('the peer hangs up while the target rings: target cancelled, phone released', () => {
  const { bench, dialled } = referred()
  bench.forget()
  bench.bye('p')
  assert.equal(bench.state(dialled), 'ended')
  assert.equal(bench.state('r'), 'ended')
  assert.ok(bench.sip.some((word) => word === `cancel ${dialled}`))
})

test('the peer hangs up and the target answers in the same turn: nobody is bridged', () => {
  const { bench, dialled } = referred()
  bench.forget()
  bench.bye('p')
  bench.accepted(dialled)
  assert.ok(!bench.events.some((word) => word.startsWith('leg-bridged')))
  assert.deepEqual(bench.sip.slice(-2), [`confirm ${dialled}`, `bye ${dialled}`])
})

test('a command takes the peer away: target cancelled, phone released', () => {
  const { bench, dialled } = referred()
  bench.enqueue('p')
  assert.equal(bench.state(dialled), 'ended')
  assert.equal(bench.state('r'), 'ended')
  assert.equal(bench.state('p'), 'queued')
})

test('refused: not bridged, a second REFER, Replaces, no way there', () => {
  const lonely = new Bench()
  lonely.parked('a')
  lonely.forget()
  hears(lonely, 'a')
  assert.deepEqual(lonely.since('sip'), ['refer-refuse a 603'])

  const { bench } = referred()
  bench.forget()
  hears(bench, 'r', 'sip:d@127.0.0.1')
  assert.deepEqual(bench.since('sip'), ['refer-refuse r 491'])
  hears(bench, 'p', 'sip:d@127.0.0.1?Replaces=abc')
  assert.deepEqual(bench.since('sip'), ['refer-refuse p 501'])

  for (const [why, status] of [
    ['malformed', 400],
    ['forbidden-host', 403],
    ['no-trunk', 404],
    ['unknown-user', 404],
  ] as const) {
    const closed = new Bench({ checkDestination: () => why })
    closed.parked('p', 'r')
    closed.bridge('r', 'p')
    closed.forget()
    hears(closed, 'r')
    assert.deepEqual(closed.since('sip'), [`refer-refuse r ${status}`])
    assert.deepEqual(closed.since('events'), [])
  }
})
