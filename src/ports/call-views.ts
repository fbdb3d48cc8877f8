// Calls, conferences and participants as they are read: plain copies, in our own words.

import type {
  ApplicationId,
  ConferenceId,
  LegId,
  LegUuid,
  ParticipantId,
  QueueName,
  SessionId,
} from '../base/ids.ts'

export interface KeptCaller {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly from: string
  readonly to: string
  readonly clientState: string | null
  readonly queueName: QueueName
  readonly waitSecs: number
}

/** GET /calls/{id}. */
export interface CallView {
  readonly from: string
  readonly to: string
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly clientState: string | null
  readonly alive: boolean
  readonly startedAtMs: number
  readonly answeredAtMs: number | undefined
  readonly endedAtMs: number | undefined
  readonly state:
    'ringing-in' | 'dialing' | 'parked' | 'queued' | 'bridged' | 'in-conference' | 'ended'
}

export interface ConferenceView {
  readonly conferenceId: ConferenceId
  readonly name: string
  readonly applicationId: ApplicationId
  readonly region: string | undefined
  readonly status: 'init' | 'in_progress' | 'completed'
  readonly endReason: 'all_left' | 'ended_via_api' | 'host_left' | 'time_exceeded' | null
  readonly endedBy: { readonly legId: LegId; readonly sessionId: SessionId } | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly expiresAtMs: number
}

export interface ParticipantView {
  readonly participantId: ParticipantId
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly conferenceId: ConferenceId
  readonly conferenceName: string
  readonly muted: boolean
  readonly onHold: boolean
  readonly status: 'joining' | 'joined' | 'left'
  readonly endOnExit: boolean
  readonly softEndOnExit: boolean
  readonly whisperTo: readonly LegId[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}
