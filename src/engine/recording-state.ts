// The recordings under way. They outlive their calls, so each carries what its event and its row in the store need; those
// that are over are in the store alone (`FinishedRecordings`), because there may be very many.

import type { ConferenceId, LegId, RecordingId } from '../base/ids.ts'
import type { RecordingAt } from '../calls/recording.ts'
import type { LegFacts, RecordingFacts } from '../ports/events.ts'
import type { FinishedRecording, RecordedSound, RecordingOrder } from '../ports/recorder.ts'

/** Plain data: this is the stored row. */
export interface Recording {
  readonly order: RecordingOrder
  readonly of: RecordedSound
  /** The leg, or the one that made the conference, as it was at the start. */
  readonly leg: LegFacts
  readonly fileName: string
  readonly startedAtUs: number
  readonly at: RecordingAt
  /** When it was stopped, or ended by itself. */
  readonly endedAtUs: number | null
  readonly durationMs: number
  readonly updatedAtMs: number
}

/** Whose sound, without the detail of its channels. */
export type Recorded =
  | { readonly kind: 'leg'; readonly legId: LegId }
  | { readonly kind: 'conference'; readonly conferenceId: ConferenceId }

/** Deleted ones that are known as such: those that a question from before the delete may still name. */
const deletedMax = 1000

export class RecordingState {
  /** In the order in which they began. */
  readonly #byId = new Map<RecordingId, Recording>()
  /** The same, by whose sound they are. */
  readonly #open = new Map<string, Set<RecordingId>>()
  readonly #deleted = new Set<RecordingId>()

  /** Adds or replaces one that is not over. */
  put(recording: Recording): void {
    const { recordingId } = recording.order
    this.#byId.set(recordingId, recording)
    const subject = subjectKey(recording.of)
    const open = this.#open.get(subject) ?? new Set()
    this.#open.set(subject, open.add(recordingId))
  }

  /** It is over: the store knows it from now on. */
  remove({ order: { recordingId }, of }: Recording): void {
    this.#byId.delete(recordingId)
    const open = this.#open.get(subjectKey(of))
    open?.delete(recordingId)
    if (open?.size === 0) this.#open.delete(subjectKey(of))
  }

  /** False: it was deleted before, by somebody who had asked at the same time. */
  noteDeleted(recordingId: RecordingId): boolean {
    if (this.#deleted.has(recordingId)) return false
    this.#deleted.add(recordingId)
    const [oldest] = this.#deleted
    if (this.#deleted.size > deletedMax && oldest !== undefined) this.#deleted.delete(oldest)
    return true
  }

  get(recordingId: RecordingId): Recording | undefined {
    return this.#byId.get(recordingId)
  }

  /** Those of a leg or a conference. */
  openOf(of: Recorded): readonly Recording[] {
    const ids = this.#open.get(subjectKey(of)) ?? []
    return [...ids].flatMap((id) => this.#byId.get(id) ?? [])
  }

  all(): IterableIterator<Recording> {
    return this.#byId.values()
  }
}

export function createRecordingState(): RecordingState {
  return new RecordingState()
}

/** Its row in the store, once it is over. */
export function finishedRecording(recording: Recording, endedAtUs: number): FinishedRecording {
  const { order, of, leg, startedAtUs } = recording
  return {
    recordingId: order.recordingId,
    status: recording.at === 'saved' ? 'completed' : 'failed',
    legId: leg.legId,
    legUuid: leg.legUuid,
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    conferenceId: of.kind === 'conference' ? of.conferenceId : undefined,
    from: leg.from,
    to: leg.to,
    format: order.format,
    channels: channelsOf(order),
    fileName: recording.fileName,
    durationMs: recording.durationMs,
    startedAtUs,
    endedAtUs,
    startedAtMs: Math.floor(startedAtUs / 1000),
    endedAtMs: Math.floor(endedAtUs / 1000),
    updatedAtMs: recording.updatedAtMs,
  }
}

/** As its event tells it. */
export function factsOfRecording(recording: Recording, endedAtUs: number): RecordingFacts {
  const { order, fileName, startedAtUs } = recording
  const { recordingId, format } = order
  return { recordingId, format, channels: channelsOf(order), fileName, startedAtUs, endedAtUs }
}

/** One direction alone is one channel, whatever was asked for. */
function channelsOf(order: RecordingOrder): 'single' | 'dual' {
  return order.track === 'both' ? order.channels : 'single'
}

/** Names in the folder of recordings: what a client named, made harmless, then the second, then a piece of the id. */
export function fileNameOf(order: RecordingOrder, legUuid: string, startedAtUs: number): string {
  const asked = order.customFileName ?? legUuid
  const name = asked.replace(/[^\p{L}\p{N}_-]/gu, '_')
  const seconds = Math.floor(startedAtUs / 1_000_000)
  return `${name}-${seconds}-${order.recordingId.slice(0, 8)}.${order.format}`
}

function subjectKey(of: Recorded): string {
  return of.kind === 'leg' ? `leg ${of.legId}` : `conference ${of.conferenceId}`
}
