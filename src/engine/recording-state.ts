// All recordings this server knows: those under way and those that can be listed and downloaded. They outlive their
// calls, so each carries what its event and its row in the list need.

import { brandAs, type ConferenceId, type LegId, type RecordingId } from '../base/ids.ts'
import { isOpen, type RecordingAt } from '../calls/recording.ts'
import type { LegFacts, RecordingFacts } from '../ports/events.ts'
import type {
  RecordedSound,
  RecordingFilter,
  RecordingOrder,
  RecordingView,
} from '../ports/recorder.ts'

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

export class RecordingState {
  /** In the order in which they began. */
  readonly #byId = new Map<RecordingId, Recording>()
  /** Neither saved nor failed, by whose sound they are. */
  readonly #open = new Map<string, Set<RecordingId>>()

  /** Adds or replaces. */
  put(recording: Recording): void {
    const { recordingId } = recording.order
    this.#byId.set(recordingId, recording)
    const subject = subjectKey(recording.of)
    if (isOpen(recording.at)) {
      const open = this.#open.get(subject) ?? new Set()
      this.#open.set(subject, open.add(recordingId))
      return
    }
    const open = this.#open.get(subject)
    open?.delete(recordingId)
    if (open?.size === 0) this.#open.delete(subject)
  }

  remove(recordingId: RecordingId): void {
    this.#byId.delete(recordingId)
  }

  get(recordingId: RecordingId): Recording | undefined {
    return this.#byId.get(recordingId)
  }

  /** Those of a leg or a conference that are not over. */
  openOf(of: Recorded): readonly Recording[] {
    const ids = this.#open.get(subjectKey(of)) ?? []
    return [...ids].flatMap((id) => this.#byId.get(id) ?? [])
  }

  all(): IterableIterator<Recording> {
    return this.#byId.values()
  }

  /** Finished ones, the newest first. */
  page(
    filter: RecordingFilter,
    page: { readonly number: number; readonly size: number },
  ): { readonly rows: readonly RecordingView[]; readonly total: number } {
    const first = (page.number - 1) * page.size
    const rows: RecordingView[] = []
    let total = 0
    for (const recording of [...this.#byId.values()].reverse()) {
      if (isOpen(recording.at) || !fits(recording, filter)) continue
      const isOnPage = total >= first && rows.length < page.size
      total += 1
      const view = isOnPage ? viewOfRecording(recording) : undefined
      if (view !== undefined) rows.push(view)
    }
    return { rows, total }
  }
}

export function createRecordingState(): RecordingState {
  return new RecordingState()
}

/** What GET /recordings shows; undefined while it is under way. */
export function viewOfRecording(recording: Recording): RecordingView | undefined {
  const { order, of, leg, endedAtUs } = recording
  if (isOpen(recording.at) || endedAtUs === null) return undefined
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
    startedAtMs: Math.floor(recording.startedAtUs / 1000),
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

function fits({ leg, of, startedAtUs }: Recording, filter: RecordingFilter): boolean {
  const conferenceId = of.kind === 'conference' ? of.conferenceId : brandAs<ConferenceId>('')
  // In the milliseconds that the API shows: who asks with a time that was read there must find it.
  const startedAtMs = Math.floor(startedAtUs / 1000)
  return (
    same(filter.legUuid, leg.legUuid) &&
    same(filter.sessionId, leg.sessionId) &&
    same(filter.applicationId, leg.applicationId) &&
    same(filter.conferenceId, conferenceId) &&
    same(filter.from, leg.from) &&
    same(filter.to, leg.to) &&
    startedAtMs >= (filter.sinceMs ?? -Infinity) &&
    startedAtMs <= (filter.untilMs ?? Infinity)
  )
}

function same(wanted: string | undefined, found: string): boolean {
  return wanted === undefined || wanted === found
}
