// One leg's membership in one conference, as data with the few rules that look at nothing else. Hold and mute are kept
// apart: a held participant that is unmuted stays unheard, and one that is muted on hold stays muted afterwards.

import type { LegId, LegUuid, ParticipantId } from '../base/ids.ts'

/**
 * `barge` is a participant like any other (`none`); `monitor` hears all and is heard by nobody; `whisper` hears all and is
 * heard by those it names.
 */
export type SupervisorRole = 'none' | 'barge' | 'whisper' | 'monitor'

/** When a tone tells the others that somebody comes or goes. */
export type BeepWhen = 'always' | 'never' | 'on_enter' | 'on_exit'

/** What a join brings; `Audio` is opaque to this room. */
export interface Entrance<Audio> {
  readonly startOnEnter: boolean
  readonly endOnExit: boolean
  readonly softEndOnExit: boolean
  readonly hold: boolean
  readonly holdAudio: Audio | undefined
  readonly mute: boolean
  readonly role: SupervisorRole
  /** Whom a whisper is for; legs that are not in the conference (yet) may be named. */
  readonly whisperTo: readonly LegId[]
  /** undefined: as the conference has it. */
  readonly beep: BeepWhen | undefined
}

export interface Participant<Audio> {
  readonly participantId: ParticipantId
  readonly legId: LegId
  /** Kept for those who look at the list after the leg is forgotten. */
  readonly legUuid: LegUuid
  readonly status: 'joined' | 'left'
  readonly muted: boolean
  /** On hold by wish; waiting for the start of the conference comes on top and is the conference's. */
  readonly held: boolean
  /** What it hears while `held`; undefined is silence. */
  readonly holdAudio: Audio | undefined
  readonly endOnExit: boolean
  readonly softEndOnExit: boolean
  readonly role: SupervisorRole
  readonly whisperTo: readonly LegId[]
  readonly beep: BeepWhen | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Its part in the mix. */
export interface Hearing {
  readonly hears: boolean
  readonly heard: boolean
  /** By whom it is heard, when not by everybody. */
  readonly only: readonly LegId[] | undefined
}

/** A participant that has just joined. */
export function enter<Audio>(
  who: { participantId: ParticipantId; legId: LegId; legUuid: LegUuid },
  entrance: Entrance<Audio>,
  nowMs: number,
): Participant<Audio> {
  return {
    participantId: who.participantId,
    legId: who.legId,
    legUuid: who.legUuid,
    status: 'joined',
    muted: entrance.mute,
    held: entrance.hold,
    holdAudio: entrance.holdAudio,
    endOnExit: entrance.endOnExit,
    softEndOnExit: entrance.softEndOnExit,
    role: entrance.role,
    whisperTo: entrance.whisperTo,
    beep: entrance.beep,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  }
}

/**
 * Hold: neither hears nor is heard. Mute: hears, is not heard. A monitor is not heard whatever its mute says.
 * `waiting`: the conference has not started.
 */
export function hearing(participant: Participant<unknown>, waiting: boolean): Hearing {
  const onHold = participant.held || waiting
  return {
    hears: !onHold,
    heard: !onHold && !isMuted(participant),
    only: participant.role === 'whisper' ? participant.whisperTo : undefined,
  }
}

/** Whether two situations sound the same. */
export function sameHearing(a: Hearing, b: Hearing): boolean {
  if (a.hears !== b.hears || a.heard !== b.heard) return false
  if (a.only === undefined || b.only === undefined) return a.only === b.only
  const { only } = b
  return a.only.length === only.length && a.only.every((legId, place) => legId === only[place])
}

/** Mute as its view tells it: by wish, or because a monitor always is. */
export function isMuted(participant: Participant<unknown>): boolean {
  return participant.muted || participant.role === 'monitor'
}

/** Whether `side` of a stay has its tone. Who listens or whispers comes and goes unnoticed unless its own setting says otherwise. */
export function beeps(
  participant: Participant<unknown>,
  setting: BeepWhen,
  side: 'enter' | 'exit',
): boolean {
  const isHidden = participant.role === 'monitor' || participant.role === 'whisper'
  const when = participant.beep ?? (isHidden ? 'never' : setting)
  return when === 'always' || when === `on_${side}`
}
