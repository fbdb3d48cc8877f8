// One leg's membership in one conference, as data with the few rules that look at nothing else. Hold and mute are kept
// apart: a held participant that is unmuted stays unheard, and one that is muted on hold stays muted afterwards.

import type { LegId, LegUuid, ParticipantId } from '../base/ids.ts'

/** What a join brings; `Audio` is opaque to this room. */
export interface Entrance<Audio> {
  readonly startOnEnter: boolean
  readonly endOnExit: boolean
  readonly softEndOnExit: boolean
  readonly hold: boolean
  readonly holdAudio: Audio | undefined
  readonly mute: boolean
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
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Its part in the mix. */
export interface Hearing {
  readonly hears: boolean
  readonly heard: boolean
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
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  }
}

/** Hold: neither hears nor is heard. Mute: hears, is not heard. `waiting`: the conference has not started. */
export function hearing(participant: Participant<unknown>, waiting: boolean): Hearing {
  const onHold = participant.held || waiting
  return { hears: !onHold, heard: !onHold && !participant.muted }
}
