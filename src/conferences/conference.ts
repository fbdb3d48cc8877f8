// One conference from creation to the last participant: who is in, who hears whom, when it starts and why it ends. Pure:
// a step takes the conference and one input and returns the next one with its wishes in the order in which they must
// be told (E.11 of the contract: participant-left of each, then conference-ended, then hang-ups). Refusals are asked for
// before the step (`refuseJoin`, `refuseMembers`), so that a refused command changes nothing.

import type { ConferenceId, LegId, LegUuid, ParticipantId } from '../base/ids.ts'
import {
  beeps,
  enter,
  hearing,
  sameHearing,
  type BeepWhen,
  type Entrance,
  type Hearing,
  type Participant,
  type SupervisorRole,
} from './participant.ts'

export type ConferenceEnd = 'all_left' | 'ended_via_api' | 'host_left' | 'time_exceeded'

export interface Conference<Audio> {
  readonly conferenceId: ConferenceId
  readonly name: string
  /** `init`: everybody waits on hold until somebody with `startOnEnter` joins. */
  readonly status: 'init' | 'in_progress' | 'completed'
  readonly endReason: ConferenceEnd | undefined
  /** The leg whose leaving ended it; undefined when the API or the clock did. */
  readonly endedBy: LegId | undefined
  readonly participantsMax: number
  /** Heard while `init`. */
  readonly holdAudio: Audio | undefined
  /** For those who come and go without a setting of their own. */
  readonly beep: BeepWhen
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly expiresAtMs: number
  /** In order of joining, those who left included. */
  readonly participants: readonly Participant<Audio>[]
}

export type ConferenceInput<Audio> =
  | {
      readonly kind: 'join'
      readonly participantId: ParticipantId
      readonly legId: LegId
      readonly legUuid: LegUuid
      readonly entrance: Entrance<Audio>
    }
  /** By command, by moving elsewhere or by hang-up: the same to the others. */
  | {
      readonly kind: 'leave'
      readonly legId: LegId
      /** Overrides what the participant came with. */
      readonly beep?: BeepWhen | undefined
    }
  /** `legIds` empty: all. */
  | {
      readonly kind: 'hold'
      readonly legIds: readonly LegId[]
      readonly audio: Audio | undefined
    }
  | { readonly kind: 'unhold'; readonly legIds: readonly LegId[] }
  | { readonly kind: 'mute'; readonly legIds: readonly LegId[] }
  | { readonly kind: 'unmute'; readonly legIds: readonly LegId[] }
  | {
      readonly kind: 'update'
      readonly participantId: ParticipantId
      readonly endOnExit: boolean | undefined
      readonly softEndOnExit: boolean | undefined
      readonly beep: BeepWhen | undefined
    }
  /** `whisperTo` undefined: as before. */
  | {
      readonly kind: 'role'
      readonly legId: LegId
      readonly role: SupervisorRole
      readonly whisperTo: readonly LegId[] | undefined
    }
  | { readonly kind: 'end' }
  | { readonly kind: 'expire' }

export type ConferenceEffect<Audio> =
  | ({ readonly kind: 'mix-join'; readonly legId: LegId } & Hearing)
  | ({ readonly kind: 'mix-set'; readonly legId: LegId } & Hearing)
  | { readonly kind: 'mix-leave'; readonly legId: LegId }
  /** What this leg hears on hold; undefined: no longer on hold, or on hold in silence. */
  | { readonly kind: 'hold-audio'; readonly legId: LegId; readonly audio: Audio | undefined }
  /** Everybody who hears the conference hears this tone. */
  | { readonly kind: 'beep'; readonly which: 'enter' | 'exit' }
  | { readonly kind: 'joined'; readonly legId: LegId; readonly participantId: ParticipantId }
  | { readonly kind: 'left'; readonly legId: LegId; readonly participantId: ParticipantId }
  | { readonly kind: 'ended'; readonly reason: ConferenceEnd }
  /** The leg goes with the conference. */
  | { readonly kind: 'hang-up'; readonly legId: LegId }

export interface ConferenceStep<Audio> {
  readonly conference: Conference<Audio>
  readonly effects: readonly ConferenceEffect<Audio>[]
}

export type JoinRefusal = 'conference-ended' | 'already-participant' | 'conference-full'
export type MembersRefusal = 'conference-ended' | 'not-participant'

/** A conference lives 4 hours at most, and a completed one is shown for 4 hours more (contract C.0, C.7). */
export const conferenceLifeMaxMs = 4 * 3_600_000
export const conferenceShownMs = 4 * 3_600_000

/** Former participants that stay listed; legs that come and go for hours must not grow the conference without limit. */
const leftShownMax = 1000

/** A new conference without participants; the creator's join follows at once. */
export function createConference<Audio>(facts: {
  readonly conferenceId: ConferenceId
  readonly name: string
  readonly startOnCreate: boolean
  readonly participantsMax: number
  readonly holdAudio: Audio | undefined
  readonly beep: BeepWhen
  readonly durationMs: number | undefined
  readonly nowMs: number
}): Conference<Audio> {
  const { conferenceId, name, participantsMax, holdAudio, nowMs } = facts
  return {
    conferenceId,
    name,
    status: facts.startOnCreate ? 'in_progress' : 'init',
    endReason: undefined,
    endedBy: undefined,
    participantsMax,
    holdAudio,
    beep: facts.beep,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: nowMs + Math.min(facts.durationMs ?? conferenceLifeMaxMs, conferenceLifeMaxMs),
    participants: [],
  }
}

/** The present membership of a leg; a leg that left has none. */
export function memberOf<Audio>(
  conference: Conference<Audio>,
  legId: LegId,
): Participant<Audio> | undefined {
  return conference.participants.find((one) => one.status === 'joined' && one.legId === legId)
}

/** Those who are in now. */
export function members<Audio>(conference: Conference<Audio>): readonly Participant<Audio>[] {
  return conference.participants.filter((one) => one.status === 'joined')
}

/** Hold as the participant's view tells it: by wish, or because the conference has not started. */
export function isOnHold(
  conference: Conference<unknown>,
  participant: Participant<unknown>,
): boolean {
  return participant.held || (conference.status === 'init' && participant.status === 'joined')
}

/** Why this leg cannot join, or undefined. */
export function refuseJoin(conference: Conference<unknown>, legId: LegId): JoinRefusal | undefined {
  if (conference.status === 'completed') return 'conference-ended'
  if (memberOf(conference, legId)) return 'already-participant'
  if (members(conference).length >= conference.participantsMax) return 'conference-full'
  return undefined
}

/** Why a command on these legs cannot be done: all of them must be in, or nothing happens. */
export function refuseMembers(
  conference: Conference<unknown>,
  legIds: readonly LegId[],
): MembersRefusal | undefined {
  if (conference.status === 'completed') return 'conference-ended'
  return legIds.every((legId) => memberOf(conference, legId)) ? undefined : 'not-participant'
}

/** One input. A completed conference, and legs that are not in, change nothing: late inputs are normal. */
export function stepConference<Audio>(
  conference: Conference<Audio>,
  input: ConferenceInput<Audio>,
  nowMs: number,
): ConferenceStep<Audio> {
  if (conference.status === 'completed') return { conference, effects: [] }
  switch (input.kind) {
    case 'join':
      return join(conference, input, nowMs)
    case 'leave':
      return leave(conference, input, nowMs)
    case 'hold':
      return adjust(conference, input.legIds, nowMs, (one) => ({
        held: true,
        holdAudio: input.audio ?? one.holdAudio,
      }))
    case 'unhold':
      return adjust(conference, input.legIds, nowMs, () => ({ held: false, holdAudio: undefined }))
    case 'mute':
      return adjust(conference, input.legIds, nowMs, () => ({ muted: true }))
    case 'unmute':
      return adjust(conference, input.legIds, nowMs, () => ({ muted: false }))
    case 'update':
      return update(conference, input, nowMs)
    case 'role':
      return adjust(conference, [input.legId], nowMs, (one) => ({
        role: input.role,
        whisperTo: input.whisperTo ?? one.whisperTo,
      }))
    case 'end':
      return finish(conference, 'ended_via_api', undefined, nowMs)
    case 'expire':
      return finish(conference, 'time_exceeded', undefined, nowMs)
  }
}

function join<Audio>(
  conference: Conference<Audio>,
  input: Extract<ConferenceInput<Audio>, { kind: 'join' }>,
  nowMs: number,
): ConferenceStep<Audio> {
  if (refuseJoin(conference, input.legId)) return { conference, effects: [] }
  const { participantId, legId, entrance } = input
  const joiner = enter(input, entrance, nowMs)
  const starts = conference.status === 'init' && entrance.startOnEnter
  const joined: Conference<Audio> = {
    ...conference,
    status: starts ? 'in_progress' : conference.status,
    participants: [...conference.participants, joiner],
    updatedAtMs: nowMs,
  }
  const effects: ConferenceEffect<Audio>[] = [
    { kind: 'joined', legId, participantId },
    { kind: 'mix-join', legId, ...hearing(joiner, joined.status === 'init') },
  ]
  if (isOnHold(joined, joiner)) {
    effects.push({ kind: 'hold-audio', legId, audio: heardOnHold(joined, joiner) })
  }
  if (starts) {
    for (const one of members(conference)) effects.push(...reseat(conference, one, joined, one))
  }
  if (beeps(joiner, joined.beep, 'enter')) effects.push({ kind: 'beep', which: 'enter' })
  return { conference: joined, effects }
}

function leave<Audio>(
  conference: Conference<Audio>,
  input: Extract<ConferenceInput<Audio>, { kind: 'leave' }>,
  nowMs: number,
): ConferenceStep<Audio> {
  const { legId } = input
  const member = memberOf(conference, legId)
  if (!member) return { conference, effects: [] }
  const leaver = { ...member, beep: input.beep ?? member.beep }
  const after: Conference<Audio> = {
    ...conference,
    updatedAtMs: nowMs,
    participants: forgetEldest(
      conference.participants.map((one) => (one === member ? departed(leaver, nowMs) : one)),
    ),
  }
  const effects = parting(leaver)
  if (leaver.endOnExit) return finish(after, 'host_left', legId, nowMs, effects)
  if (leaver.softEndOnExit) return finish(after, 'host_left', legId, nowMs, effects, true)
  if (members(after).length === 0) return finish(after, 'all_left', legId, nowMs, effects)
  if (beeps(leaver, after.beep, 'exit')) effects.push({ kind: 'beep', which: 'exit' })
  return { conference: after, effects }
}

/** Ends the conference after `before`; those left over are hung up, or merely parked when `soft`. */
function finish<Audio>(
  conference: Conference<Audio>,
  reason: ConferenceEnd,
  endedBy: LegId | undefined,
  nowMs: number,
  before: readonly ConferenceEffect<Audio>[] = [],
  soft = false,
): ConferenceStep<Audio> {
  const rest = members(conference)
  const hangUps: ConferenceEffect<Audio>[] = soft
    ? []
    : rest.map((one) => ({ kind: 'hang-up', legId: one.legId }))
  return {
    conference: {
      ...conference,
      status: 'completed',
      endReason: reason,
      endedBy,
      updatedAtMs: nowMs,
      participants: conference.participants.map((one) =>
        one.status === 'joined' ? departed(one, nowMs) : one,
      ),
    },
    effects: [...before, ...rest.flatMap(parting), { kind: 'ended', reason }, ...hangUps],
  }
}

function adjust<Audio>(
  conference: Conference<Audio>,
  legIds: readonly LegId[],
  nowMs: number,
  change: (one: Participant<Audio>) => Partial<Participant<Audio>>,
): ConferenceStep<Audio> {
  const meant = new Set(legIds)
  const effects: ConferenceEffect<Audio>[] = []
  const participants = conference.participants.map((one) => {
    if (one.status === 'left' || (meant.size > 0 && !meant.has(one.legId))) return one
    const changed = { ...one, ...change(one), updatedAtMs: nowMs }
    effects.push(...reseat(conference, one, conference, changed))
    return changed
  })
  return { conference: { ...conference, participants, updatedAtMs: nowMs }, effects }
}

function update<Audio>(
  conference: Conference<Audio>,
  input: Extract<ConferenceInput<Audio>, { kind: 'update' }>,
  nowMs: number,
): ConferenceStep<Audio> {
  const participants = conference.participants.map((one) => {
    if (one.participantId !== input.participantId || one.status === 'left') return one
    return {
      ...one,
      endOnExit: input.endOnExit ?? one.endOnExit,
      softEndOnExit: input.softEndOnExit ?? one.softEndOnExit,
      beep: input.beep ?? one.beep,
      updatedAtMs: nowMs,
    }
  })
  return { conference: { ...conference, participants }, effects: [] }
}

/** The media wishes that lead from one situation of a participant to the next; none when it sounds the same. */
function reseat<Audio>(
  before: Conference<Audio>,
  was: Participant<Audio>,
  after: Conference<Audio>,
  is: Participant<Audio>,
): ConferenceEffect<Audio>[] {
  const effects: ConferenceEffect<Audio>[] = []
  const old = hearing(was, before.status === 'init')
  const now = hearing(is, after.status === 'init')
  if (!sameHearing(old, now)) {
    effects.push({ kind: 'mix-set', legId: is.legId, ...now })
  }
  const audio = heardOnHold(after, is)
  if (heardOnHold(before, was) !== audio) {
    effects.push({ kind: 'hold-audio', legId: is.legId, audio })
  }
  return effects
}

/** Own hold audio first; that of the conference is for those who wait for its start. */
function heardOnHold<Audio>(
  conference: Conference<Audio>,
  participant: Participant<Audio>,
): Audio | undefined {
  const own = participant.held ? participant.holdAudio : undefined
  return own ?? (conference.status === 'init' ? conference.holdAudio : undefined)
}

function parting<Audio>(participant: Participant<Audio>): ConferenceEffect<Audio>[] {
  const { legId, participantId } = participant
  return [
    { kind: 'mix-leave', legId },
    { kind: 'hold-audio', legId, audio: undefined },
    { kind: 'left', legId, participantId },
  ]
}

function departed<Audio>(participant: Participant<Audio>, nowMs: number): Participant<Audio> {
  return { ...participant, status: 'left', updatedAtMs: nowMs }
}

function forgetEldest<Audio>(
  participants: readonly Participant<Audio>[],
): readonly Participant<Audio>[] {
  let surplus = participants.filter((one) => one.status === 'left').length - leftShownMax
  if (surplus <= 0) return participants
  return participants.filter((one) => one.status === 'joined' || surplus-- <= 0)
}
