import { test } from 'node:test'
import assert from 'node:assert/strict'
import {
  brandAs,
  type ConferenceId,
  type LegId,
  type LegUuid,
  type ParticipantId,
} from '../base/ids.ts'
import {
  conferenceLifeMaxMs,
  createConference,
  isOnHold,
  memberOf,
  members,
  refuseJoin,
  refuseMembers,
  stepConference,
  type Conference,
  type ConferenceEffect,
  type ConferenceInput,
} from './conference.ts'
import type { BeepWhen, Entrance } from './participant.ts'

const leg = (name: string): LegId => brandAs<LegId>(name)
const seat = (name: string): ParticipantId => brandAs<ParticipantId>(`p-${name}`)
const plain: Entrance<string> = {
  startOnEnter: false,
  endOnExit: false,
  softEndOnExit: false,
  hold: false,
  holdAudio: undefined,
  mute: false,
  role: 'none',
  whisperTo: [],
  beep: undefined,
}
const join = (name: string, entrance: Partial<Entrance<string>> = {}): ConferenceInput<string> => ({
  kind: 'join',
  participantId: seat(name),
  legId: leg(name),
  legUuid: brandAs<LegUuid>(`u-${name}`),
  entrance: { ...plain, ...entrance },
})
const leave = (name: string): ConferenceInput<string> => ({ kind: 'leave', legId: leg(name) })
const on = (kind: 'unhold' | 'mute' | 'unmute', ...names: string[]): ConferenceInput<string> => ({
  kind,
  legIds: names.map(leg),
})
const hold = (audio: string | undefined, ...names: string[]): ConferenceInput<string> => ({
  kind: 'hold',
  legIds: names.map(leg),
  audio,
})

function word(effect: ConferenceEffect<string>): string {
  switch (effect.kind) {
    case 'mix-join':
    case 'mix-set': {
      const ears = `${effect.hears ? 'hears' : 'deaf'} ${effect.heard ? 'heard' : 'unheard'}`
      const only = effect.only === undefined ? '' : ` only ${effect.only.join()}`
      return `${effect.kind} ${effect.legId} ${ears}${only}`
    }
    case 'hold-audio':
      return `music ${effect.legId} ${effect.audio ?? 'none'}`
    case 'beep':
      return `beep ${effect.which}`
    case 'ended':
      return `ended ${effect.reason}`
    case 'mix-leave':
    case 'joined':
    case 'left':
    case 'hang-up':
      return `${effect.kind} ${effect.legId}`
  }
}

function make(
  options: {
    startOnCreate?: boolean
    max?: number
    durationMs?: number
    holdAudio?: string
    beep?: BeepWhen
  } = {},
): Conference<string> {
  return createConference({
    conferenceId: brandAs<ConferenceId>('c1'),
    name: 'support-42',
    startOnCreate: options.startOnCreate ?? true,
    participantsMax: options.max ?? 250,
    holdAudio: options.holdAudio,
    beep: options.beep ?? 'never',
    durationMs: options.durationMs,
    nowMs: 1000,
  })
}

/** The words of the last input only. */
function run(
  conference: Conference<string>,
  ...inputs: ConferenceInput<string>[]
): { last: string[]; conference: Conference<string> } {
  let last: string[] = []
  for (const input of inputs) {
    const step = stepConference(conference, input, 2000)
    conference = step.conference
    last = step.effects.map(word)
  }
  return { last, conference }
}

test('a running conference: who joins hears and is heard at once', () => {
  const { last, conference } = run(make(), join('a'))
  assert.deepEqual(last, ['joined a', 'mix-join a hears heard'])
  assert.equal(conference.status, 'in_progress')
  assert.equal(conference.expiresAtMs, 1000 + conferenceLifeMaxMs)
})

test('before the start everybody waits with the hold audio, and the one who may start lets them in', () => {
  const waiting = run(make({ startOnCreate: false, holdAudio: 'wait' }), join('a'))
  assert.deepEqual(waiting.last, ['joined a', 'mix-join a deaf unheard', 'music a wait'])
  assert.equal(waiting.conference.status, 'init')
  const { last, conference } = run(
    waiting.conference,
    join('b', { hold: true, holdAudio: 'own' }),
    join('c', { mute: true }),
    join('host', { startOnEnter: true }),
  )
  assert.deepEqual(last, [
    'joined host',
    'mix-join host hears heard',
    'mix-set a hears heard',
    'music a none',
    'mix-set c hears unheard',
    'music c none',
  ])
  assert.equal(conference.status, 'in_progress')
  assert.equal(isOnHold(conference, memberOf(conference, leg('b'))!), true)
})

test('unhold before the start takes back the wish, not the waiting', () => {
  const { last, conference } = run(
    make({ startOnCreate: false, holdAudio: 'wait' }),
    join('a', { hold: true, holdAudio: 'own' }),
    on('unhold', 'a'),
  )
  assert.deepEqual(last, ['music a wait'])
  assert.equal(isOnHold(conference, memberOf(conference, leg('a'))!), true)
})

test('hold, mute, unhold: the mute outlives the hold', () => {
  const first = run(make(), join('a'), join('b'), hold('music', 'a'))
  assert.deepEqual(first.last, ['mix-set a deaf unheard', 'music a music'])
  const second = run(first.conference, on('mute', 'a'))
  assert.deepEqual(second.last, [], 'a held leg is unheard already')
  assert.deepEqual(run(second.conference, on('unhold', 'a')).last, [
    'mix-set a hears unheard',
    'music a none',
  ])
})

test('no ids mean all, and a repetition changes nothing', () => {
  const first = run(make(), join('a'), join('b'), on('mute'))
  assert.deepEqual(first.last, ['mix-set a hears unheard', 'mix-set b hears unheard'])
  assert.deepEqual(run(first.conference, on('mute')).last, [])
})

test('hold and mute on a leg that left are refused, and change nothing if they come late', () => {
  const { conference } = run(make(), join('a'), join('b'), leave('b'))
  assert.equal(refuseMembers(conference, [leg('a'), leg('b')]), 'not-participant')
  assert.equal(refuseMembers(conference, [leg('a')]), undefined)
  assert.deepEqual(run(conference, hold('music', 'b')).last, [])
  assert.deepEqual(run(conference, leave('b')).last, [])
})

test('joins are refused to members, to a full house and after the end', () => {
  const { conference } = run(make({ max: 2 }), join('a'))
  assert.equal(refuseJoin(conference, leg('a')), 'already-participant')
  assert.equal(refuseJoin(conference, leg('b')), undefined)
  const full = run(conference, join('b')).conference
  assert.equal(refuseJoin(full, leg('c')), 'conference-full')
  assert.equal(refuseJoin(run(full, leave('b')).conference, leg('c')), undefined)
  const over = run(full, { kind: 'end' }).conference
  assert.equal(refuseJoin(over, leg('c')), 'conference-ended')
  assert.deepEqual(run(over, join('c')).last, [], 'a join that meets the end')
})

test('a leg that left may come back as a new participant', () => {
  const { conference } = run(make(), join('a'), join('b'), leave('b'))
  const back = stepConference(
    conference,
    {
      kind: 'join',
      participantId: seat('b2'),
      legId: leg('b'),
      legUuid: brandAs<LegUuid>('u-b'),
      entrance: plain,
    },
    3000,
  ).conference
  assert.equal(back.participants.length, 3)
  assert.equal(memberOf(back, leg('b'))?.participantId, 'p-b2')
})

test('the last one leaving ends it', () => {
  const { last, conference } = run(make(), join('a'), join('b'), leave('a'), leave('b'))
  assert.deepEqual(last, ['mix-leave b', 'music b none', 'left b', 'ended all_left'])
  assert.equal(conference.status, 'completed')
  assert.equal(conference.endedBy, 'b')
})

test('the host leaving: all have left before it ends, and are hung up after it', () => {
  const { last, conference } = run(
    make(),
    join('a'),
    join('host', { endOnExit: true }),
    join('b'),
    leave('host'),
  )
  assert.deepEqual(
    last.filter((line) => /^(left|ended|hang-up)/.test(line)),
    ['left host', 'left a', 'left b', 'ended host_left', 'hang-up a', 'hang-up b'],
  )
  assert.equal(conference.endedBy, 'host')
  assert.equal(members(conference).length, 0)
})

test('the soft end hangs nobody up', () => {
  const { last } = run(make(), join('a'), join('host', { softEndOnExit: true }), leave('host'))
  assert.ok(!last.some((line) => line.startsWith('hang-up')))
  assert.equal(last.at(-1), 'ended host_left')
})

test('a participant becomes the host by update', () => {
  const { last } = run(
    make(),
    join('a'),
    join('b'),
    {
      kind: 'update',
      participantId: seat('a'),
      endOnExit: true,
      softEndOnExit: undefined,
      beep: undefined,
    },
    leave('a'),
  )
  assert.equal(last.at(-1), 'hang-up b')
})

test('ended by command or by the clock: everybody is hung up', () => {
  const { conference } = run(make({ durationMs: 60_000 }), join('a'), join('b'))
  assert.equal(conference.expiresAtMs, 61_000)
  for (const [kind, reason] of [
    ['end', 'ended_via_api'],
    ['expire', 'time_exceeded'],
  ] as const) {
    const { last, conference: over } = run(conference, { kind })
    assert.deepEqual(
      last.filter((line) => /^(left|ended|hang-up)/.test(line)),
      ['left a', 'left b', `ended ${reason}`, 'hang-up a', 'hang-up b'],
    )
    assert.equal(over.endedBy, undefined)
    assert.deepEqual(run(over, { kind: 'end' }).last, [], 'it ends once')
  }
})

test('no duration makes it live longer than four hours', () => {
  assert.equal(make({ durationMs: 10 * 3_600_000 }).expiresAtMs, 1000 + conferenceLifeMaxMs)
})

test('legs that come and go for hours do not grow the list without limit', () => {
  let conference = run(make(), join('stays')).conference
  for (let round = 0; round < 1100; round++) {
    conference = run(conference, join(`x${round}`), leave(`x${round}`)).conference
  }
  assert.equal(conference.participants.length, 1001)
  assert.equal(conference.participants[0]?.legId, 'stays')
  assert.equal(conference.participants.at(-1)?.legId, 'x1099')
})
