// Supervisors of bridged calls, and calls that are dialled into a conference: who is told what, and who goes with whom.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { brandAs, type ConferenceId, type ParticipantId } from '../base/ids.ts'
import type { Command, DialConference } from '../ports/commands.ts'
import { applicationId, Bench, id, plainDial, plainJoin } from '../../test/support/engine-bench.ts'

type Dial = Extract<Command, { kind: 'dial' }>

function dial(bench: Bench, name: string, more: Partial<Dial>): Command {
  const { fresh } = bench.transferCommand('x', name) as Extract<Command, { kind: 'transfer' }>
  return {
    kind: 'dial',
    fresh,
    applicationId,
    dial: plainDial,
    retryOnTimeout: true,
    linkTo: undefined,
    bridgeIntent: false,
    bridgeOnAnswer: false,
    parkAfterUnbridge: false,
    preventDoubleBridge: false,
    ...more,
  }
}

const listens = (target: string, role: 'barge' | 'whisper' | 'monitor' = 'monitor') => ({
  supervise: { target: id(target), role },
})
const switchTo = (name: string, role: 'barge' | 'whisper' | 'monitor') =>
  ({ kind: 'switch-supervisor-role', legId: id(name), role }) as const

const into = (name: string, more: Partial<DialConference> = {}): { joins: DialConference } => ({
  joins: {
    by: 'name',
    conference: name,
    conferenceId: brandAs<ConferenceId>(`made-${name}`),
    participantId: brandAs<ParticipantId>(`seat-${name}`),
    earlyMedia: true,
    startOnCreate: true,
    participantsMax: 10,
    beep: 'never',
    options: plainJoin,
    ...more,
  },
})

/** A bridged pair and a supervisor that has answered. */
function supervised(role: 'barge' | 'whisper' | 'monitor' = 'monitor'): Bench {
  const bench = new Bench()
  bench.parked('agent', 'caller')
  bench.bridge('agent', 'caller')
  bench.ok(dial(bench, 'boss', listens('agent', role)))
  bench.invited('boss')
  bench.accepted('boss')
  return bench
}

const lastSupervise = (bench: Bench): string | undefined =>
  bench.media.findLast((word) => word.startsWith('supervise'))

test('a supervisor listens from its answer on; the pair stays bridged, it is parked itself', () => {
  const bench = supervised()
  assert.equal(lastSupervise(bench), 'supervise agent caller: boss monitor agent')
  assert.deepEqual(
    ['boss', 'agent', 'caller'].map((name) => bench.state(name)),
    ['parked', 'bridged', 'bridged'],
  )
  assert.ok(!bench.events.includes('leg-bridged boss'))
})

test('only a bridged call can be supervised, and an unknown or ended one is named', () => {
  const bench = new Bench()
  bench.parked('agent', 'gone')
  bench.bye('gone')
  bench.refused(dial(bench, 'boss', listens('agent')), 'supervised-not-bridged')
  bench.refused(dial(bench, 'boss', listens('gone')), 'supervised-ended')
  bench.refused(dial(bench, 'boss', listens('nobody')), 'supervised-unknown')
})

test('roles are switched while it rings and while it listens; the same role again says nothing', () => {
  const bench = supervised()
  bench.ok(switchTo('boss', 'whisper'))
  assert.equal(lastSupervise(bench), 'supervise agent caller: boss whisper agent')
  bench.forget()
  bench.ok(switchTo('boss', 'whisper'))
  assert.deepEqual(bench.media, [])
  bench.refused(switchTo('agent', 'barge'), 'not-supervising')
  bench.ok(dial(bench, 'second', listens('caller')))
  bench.ok(switchTo('second', 'barge'))
  bench.invited('second')
  bench.accepted('second')
  assert.equal(
    lastSupervise(bench),
    'supervise agent caller: boss whisper agent, second barge caller',
  )
})

test('the supervisor hangs up: the pair hears each other as before', () => {
  const bench = supervised('barge')
  bench.bye('boss')
  assert.equal(lastSupervise(bench), 'supervise agent caller: ')
  assert.equal(bench.state('agent'), 'bridged')
})

test('the supervised call ends: its supervisor goes with it, ringing or not', () => {
  const bench = supervised()
  bench.ok(dial(bench, 'late', listens('agent')))
  bench.invited('late')
  bench.forget()
  bench.bye('agent')
  assert.deepEqual(bench.since('events'), [
    'leg-ended agent normal_clearing',
    'leg-ended boss normal_clearing',
    'leg-ended late originator_cancel',
    'leg-ended caller normal_clearing',
  ])
})

test('the agent goes on to the next caller: the supervisor goes with the agent', () => {
  const bench = supervised()
  bench.parked('next')
  bench.forget()
  bench.bridge('agent', 'next')
  assert.equal(bench.state('caller'), 'ended')
  assert.equal(lastSupervise(bench), 'supervise agent next: boss monitor agent')
  bench.enqueue('agent')
  assert.equal(bench.state('boss'), 'parked')
})

test('a supervisor that is moved by a command supervises nobody any more', () => {
  const bench = supervised('barge')
  bench.parked('other')
  bench.bridge('boss', 'other')
  assert.equal(lastSupervise(bench), 'supervise agent caller: ')
  bench.bye('agent')
  assert.equal(bench.state('boss'), 'bridged')
})

test('after a restart the supervisor listens again; one whose call is gone is hung up', () => {
  const bench = supervised('whisper')
  bench.ok(switchTo('boss', 'barge'))
  const next = bench.restarted('agent', 'caller', 'boss')
  assert.equal(lastSupervise(next), 'supervise agent caller: boss barge agent')
  next.ok(switchTo('boss', 'whisper'))
  const alone = bench.restarted('boss')
  assert.equal(alone.state('boss'), 'ended')
})

test('dialled into a conference that runs, by name and by id', () => {
  const bench = new Bench()
  bench.parked('host')
  bench.ok(bench.createConference('host', 'room'))
  bench.ok(dial(bench, 'guest', into('room')))
  bench.invited('guest')
  bench.forget()
  bench.accepted('guest')
  assert.deepEqual(bench.since('events'), ['leg-answered guest', 'participant-joined guest'])
  assert.equal(bench.state('guest'), 'in-conference')
  const live = bench.engine.state.conferences.find('room')
  const conference = String(live?.machine.conferenceId)
  bench.ok(dial(bench, 'second', into(conference, { by: 'id' })))
  bench.invited('second')
  bench.accepted('second')
  assert.equal(bench.state('second'), 'in-conference')
  bench.refused(dial(bench, 'third', into('nowhere', { by: 'id' })), 'conference-unknown')
})

test('a named conference that does not run is made at the answer, with its creator told', () => {
  const bench = new Bench()
  bench.ok(dial(bench, 'guest', into('room', { startOnCreate: false })))
  bench.invited('guest')
  bench.forget()
  bench.accepted('guest')
  assert.deepEqual(bench.since('events'), [
    'leg-answered guest',
    'conference-created room',
    'participant-joined guest',
  ])
  assert.equal(bench.engine.state.conferences.find('room')?.machine.status, 'init')
})

test('full or over at the answer: the call has no place and is hung up', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room', { participantsMax: 2 }))
  const conference = String(bench.engine.state.conferences.find('room')?.machine.conferenceId)
  bench.ok(dial(bench, 'late', into(conference, { by: 'id' })))
  bench.ok(dial(bench, 'later', into(conference, { by: 'id' })))
  bench.invited('late')
  bench.invited('later')
  bench.ok(bench.joinConference('b', 'room'))
  bench.accepted('late')
  assert.equal(bench.state('late'), 'ended')
  bench.ok({ kind: 'conference-end', conference })
  bench.accepted('later')
  assert.equal(bench.state('later'), 'ended')
})

test('early media is heard in the conference, not that of a listener; the answer makes it a participant', () => {
  const bench = new Bench()
  bench.parked('host')
  bench.ok(bench.createConference('host', 'room'))
  const spy = into('room', { options: { ...plainJoin, role: 'monitor' } })
  bench.ok(dial(bench, 'guest', into('room')))
  bench.ok(dial(bench, 'spy', spy))
  bench.invited('guest')
  bench.invited('spy')
  bench.forget()
  bench.progress('guest', 183, 'early')
  bench.progress('spy', 183, 'early')
  const mixed = bench.media.filter((word) => word.startsWith('mix-join'))
  assert.deepEqual(mixed, ['mix-join guest deaf heard'])
  bench.accepted('guest')
  assert.ok(bench.media.includes('mix-join guest hears heard'))
})

test('what is played at the answer comes before the conference, and a restart in between loses nothing', () => {
  const bench = new Bench()
  bench.parked('host')
  bench.ok(bench.createConference('host', 'room'))
  const audio = { kind: 'url', url: 'http://127.0.0.1/hello.wav', cache: true } as const
  bench.ok(dial(bench, 'guest', { ...into('room'), dial: { ...plainDial, audio } }))
  bench.invited('guest')
  bench.accepted('guest')
  assert.equal(bench.state('guest'), 'parked')
  const next = bench.restarted('host', 'guest')
  assert.equal(next.state('guest'), 'parked')
  next.playbackEnded('guest', 'answer-guest')
  assert.equal(next.state('guest'), 'in-conference')
})
