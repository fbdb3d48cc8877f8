// All conferences this process knows, found by id or by name, and how the API sees them. A name belongs to one active
// conference; when it ends the name is free, and the ended one is still found by it until a new one takes it.

import type { ApplicationId, ConferenceId, LegId, SessionId } from '../base/ids.ts'
import { audioRow, keptReference, restoredAudio, type AudioRow } from './audio-row.ts'
import type { LegAudio } from './audio-state.ts'
import { isOnHold, type Conference } from '../conferences/conference.ts'
import { isMuted, type Participant } from '../conferences/participant.ts'
import type { ConferenceView, ParticipantView } from '../ports/commands.ts'
import type { ConferenceFacts, LegFacts } from '../ports/events.ts'
import type { AudioReference } from '../ports/media-engine.ts'

/** A conference with what only the engine knows of it. */
export interface LiveConference {
  readonly machine: Conference<AudioReference>
  readonly applicationId: ApplicationId
  readonly region: string | undefined
  /** As it was at the creation: its client_state labels the conference. */
  readonly creator: LegFacts
  /** Session of the leg that ended it. */
  readonly endedBySession: SessionId | undefined
  /** What is played to everybody. */
  readonly audio: LegAudio
  /** Who was told to speak loudest. */
  readonly floor: LegId | undefined
}

/** A conference as the store keeps it: plain JSON. */
export interface ConferenceRow extends Omit<LiveConference, 'audio' | 'floor'> {
  /** This and `floor` are absent in rows of servers that did not write them. */
  readonly audio?: AudioRow | null
  readonly floor?: LegId | null
}

export interface ConferenceFilter {
  readonly name?: string
  readonly status?: ConferenceView['status']
}

export interface ParticipantFilter {
  readonly muted?: boolean
  readonly onHold?: boolean
  readonly whispering?: boolean
}

interface PageOf {
  readonly number: number
  readonly size: number
}

export class ConferenceState {
  readonly #byId = new Map<ConferenceId, LiveConference>()
  /** The active conference of a name, else the one that ended last. */
  readonly #byName = new Map<string, ConferenceId>()
  /** Completed ones stay for hours: they are not to be walked for a count. */
  readonly #active = new Set<ConferenceId>()

  /** Adds or replaces. */
  put(live: LiveConference): void {
    const { conferenceId, name, status } = live.machine
    this.#byId.set(conferenceId, live)
    if (status === 'completed') this.#active.delete(conferenceId)
    else this.#active.add(conferenceId)
    const holder = this.#byName.get(name)
    if (status !== 'completed' || holder === undefined) this.#byName.set(name, conferenceId)
  }

  /** Forgets it, name included. */
  remove(conferenceId: ConferenceId): void {
    const live = this.#byId.get(conferenceId)
    if (!live) return
    this.#byId.delete(conferenceId)
    this.#active.delete(conferenceId)
    if (this.#byName.get(live.machine.name) === conferenceId) this.#byName.delete(live.machine.name)
  }

  get(conferenceId: ConferenceId): LiveConference | undefined {
    return this.#byId.get(conferenceId)
  }

  /** By id, else by name; completed ones too. */
  find(idOrName: string): LiveConference | undefined {
    const named = this.#byName.get(idOrName)
    const id = idOrName as ConferenceId // A look-up of an unchecked id finds nothing.
    return this.#byId.get(id) ?? (named === undefined ? undefined : this.#byId.get(named))
  }

  /** Whether an active conference has this name. */
  isTaken(name: string): boolean {
    const id = this.#byName.get(name)
    return id !== undefined && this.#byId.get(id)?.machine.status !== 'completed'
  }

  /** Conferences that have not ended. */
  activeCount(): number {
    return this.#active.size
  }

  all(): IterableIterator<LiveConference> {
    return this.#byId.values()
  }

  /** By `expires_at` descending, then by id so that pages are stable. */
  page(
    filter: ConferenceFilter,
    page: PageOf,
  ): { readonly rows: readonly ConferenceView[]; readonly total: number } {
    const found = [...this.#byId.values()]
      .filter(({ machine }) => filter.name === undefined || machine.name === filter.name)
      .filter(({ machine }) => filter.status === undefined || machine.status === filter.status)
      .sort((a, b) => byExpiry(a.machine, b.machine))
    return { rows: slice(found, page).map(viewOfConference), total: found.length }
  }
}

/** What GET /conferences/{id} shows. */
export function viewOfConference(live: LiveConference): ConferenceView {
  const { machine } = live
  return {
    conferenceId: machine.conferenceId,
    name: machine.name,
    applicationId: live.applicationId,
    region: live.region,
    status: machine.status,
    endReason: machine.endReason ?? null,
    endedBy:
      machine.endedBy !== undefined && live.endedBySession !== undefined
        ? { legId: machine.endedBy, sessionId: live.endedBySession }
        : null,
    createdAtMs: machine.createdAtMs,
    updatedAtMs: machine.updatedAtMs,
    expiresAtMs: machine.expiresAtMs,
  }
}

/** Participants in order of joining, those who left included. */
export function pageOfParticipants(
  live: LiveConference,
  filter: ParticipantFilter,
  page: PageOf,
): { readonly rows: readonly ParticipantView[]; readonly total: number } {
  const found = live.machine.participants
    .filter((one) => filter.muted === undefined || isMuted(one) === filter.muted)
    .filter(
      (one) => filter.whispering === undefined || (one.role === 'whisper') === filter.whispering,
    )
    .filter((one) => filter.onHold === undefined || isOnHold(live.machine, one) === filter.onHold)
  return {
    rows: slice(found, page).map((one) => viewOfParticipant(live, one)),
    total: found.length,
  }
}

/** By participant id or by leg; of several stays of one leg the latest. */
export function findParticipant(
  live: LiveConference,
  participantOrLeg: string,
): Participant<AudioReference> | undefined {
  return live.machine.participants.findLast(
    (one) => one.participantId === participantOrLeg || one.legId === participantOrLeg,
  )
}

export function viewOfParticipant(
  live: LiveConference,
  participant: Participant<AudioReference>,
): ParticipantView {
  return {
    participantId: participant.participantId,
    legId: participant.legId,
    legUuid: participant.legUuid,
    conferenceId: live.machine.conferenceId,
    conferenceName: live.machine.name,
    muted: isMuted(participant),
    onHold: isOnHold(live.machine, participant),
    status: participant.status,
    endOnExit: participant.endOnExit,
    softEndOnExit: participant.softEndOnExit,
    whisperTo: participant.whisperTo,
    createdAtMs: participant.createdAtMs,
    updatedAtMs: participant.updatedAtMs,
  }
}

/** The conference as its events carry it. */
export function factsOfConference(live: LiveConference): ConferenceFacts {
  return {
    conferenceId: live.machine.conferenceId,
    name: live.machine.name,
    applicationId: live.applicationId,
    creator: live.creator,
  }
}

function byExpiry(a: Conference<AudioReference>, b: Conference<AudioReference>): number {
  if (a.expiresAtMs !== b.expiresAtMs) return b.expiresAtMs - a.expiresAtMs
  return a.conferenceId < b.conferenceId ? -1 : 1
}

function slice<T>(rows: readonly T[], page: PageOf): readonly T[] {
  return rows.slice((page.number - 1) * page.size, page.number * page.size)
}

/** No conferences. */
export function createConferenceState(): ConferenceState {
  return new ConferenceState()
}

/** Hold audio that is bytes may be megabytes and is left out. */
export function conferenceRow(live: LiveConference): ConferenceRow {
  return {
    ...live,
    audio: audioRow(live.audio) ?? null,
    floor: live.floor ?? null,
    machine: {
      ...live.machine,
      holdAudio: keptReference(live.machine.holdAudio),
      participants: live.machine.participants.map((one) => ({
        ...one,
        holdAudio: keptReference(one.holdAudio),
      })),
    },
  }
}

/** Rows of servers that knew neither roles nor beeps lack those fields. */
export function restoredConference(row: ConferenceRow): LiveConference {
  const { machine } = row
  return {
    ...row,
    audio: restoredAudio(row.audio),
    floor: row.floor ?? undefined,
    machine: {
      ...machine,
      beep: machine.beep ?? 'never',
      participants: machine.participants.map((one) => ({
        ...one,
        role: one.role ?? 'none',
        whisperTo: one.whisperTo ?? [],
      })),
    },
  }
}
