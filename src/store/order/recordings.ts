// Which finished recordings a question means and in which order they are told, over rows in memory: for the forms of the
// store without tables.

import type { FinishedRecording, RecordingFilter } from '../../ports/recorder.ts'
import type { Page, Paged } from '../../ports/store.ts'

/** The newest first, by their beginning. */
export function pageOfRecordings(
  all: readonly FinishedRecording[],
  filter: RecordingFilter,
  page: Page,
): Paged<FinishedRecording> {
  const found = all.filter((one) => fits(one, filter)).toSorted(newestFirst)
  const first = (page.number - 1) * page.size
  return { rows: found.slice(first, first + page.size), total: found.length }
}

/** Some that ended before that wall ms, the oldest first. */
export function recordingsEndedBefore(
  all: readonly FinishedRecording[],
  wallMs: number,
  limit: number,
): readonly FinishedRecording[] {
  return all
    .filter(({ endedAtUs }) => endedAtUs < wallMs * 1000)
    .toSorted((a, b) => a.endedAtUs - b.endedAtUs)
    .slice(0, limit)
}

/** From JSON, which has no undefined. Our own text, written by the call logic. */
export function finishedRecordingOf(json: string): FinishedRecording {
  const read = JSON.parse(json) as Omit<FinishedRecording, 'conferenceId'>
  return { conferenceId: undefined, ...read }
}

/** Wall µs of a span in the milliseconds that the API shows: who asks with a time that was read there must find it. */
export function spanUs({ sinceMs, untilMs }: RecordingFilter): {
  readonly from: number | undefined
  readonly before: number | undefined
} {
  return {
    from: sinceMs === undefined ? undefined : sinceMs * 1000,
    before: untilMs === undefined ? undefined : (untilMs + 1) * 1000,
  }
}

function newestFirst(a: FinishedRecording, b: FinishedRecording): number {
  return b.startedAtUs - a.startedAtUs || (a.recordingId < b.recordingId ? 1 : -1)
}

function fits(one: FinishedRecording, filter: RecordingFilter): boolean {
  const { from = -Infinity, before = Infinity } = spanUs(filter)
  return (
    one.legUuid === (filter.legUuid ?? one.legUuid) &&
    one.sessionId === (filter.sessionId ?? one.sessionId) &&
    one.applicationId === (filter.applicationId ?? one.applicationId) &&
    one.conferenceId === (filter.conferenceId ?? one.conferenceId) &&
    one.from === (filter.from ?? one.from) &&
    one.to === (filter.to ?? one.to) &&
    one.startedAtUs >= from &&
    one.startedAtUs < before
  )
}
