// The same events as the webhooks, for readers who come and ask: consumers that were away pick up where they stopped.
// Nothing is kept in memory but who waits; every answer is read from the store, so it is on disk before it is told.
// One page is read at a time, whoever reads: reading shares a thread with the commits that calls wait for, and a crowd of
// readers who begin at the oldest event would hold them up for a second (measured with 200 of them).

import type { EventFeed, FeedAnswer, FeedItem } from '../ports/event-feed.ts'
import type { StampedEvent } from '../ports/events.ts'
import type { EventMark, Store } from '../ports/store.ts'
import type { Timers } from '../ports/timers.ts'
import { eventData, noRecordingUrl, webhookOf } from './payloads.ts'
import type { RecordingUrl } from './payloads.ts'

/** Events read and rendered at once: between two of them calls have their turn. */
const chunkMax = 200
/** Readers that may wait at the same time; more are answered at once. */
const waitingMax = 200

export interface EventFeedOptions {
  readonly store: Pick<Store, 'readEvents'>
  readonly timers: Timers
  /** Comma list for `connection_codecs`. */
  readonly connectionCodecs: string
  readonly recordingUrl?: RecordingUrl
}

export interface RunningFeed extends EventFeed {
  /** These are on disk. */
  committed(events: readonly StampedEvent[]): void
  /** Answers everybody who waits; nobody waits any more. */
  close(): void
}

export function createEventFeed(options: EventFeedOptions): RunningFeed {
  const { store, timers, connectionCodecs, recordingUrl = noRecordingUrl } = options
  const waiting = new Set<() => void>()
  const listeners = new Set<() => void>()
  /** Commits so far: what happens during a read is not slept through. */
  let commits = 0
  let closed = false

  const readPage = oneAtATime(store.readEvents.bind(store))

  const wake = (): void => {
    const all = [...waiting]
    waiting.clear()
    for (const resume of all) resume()
  }

  const nextCommit = (atMost: number): Promise<void> =>
    new Promise((resolve) => {
      const resume = (): void => {
        timers.clear(late)
        waiting.delete(resume)
        resolve()
      }
      const late = timers.set(atMost, resume)
      waiting.add(resume)
    })

  const readOnce = async (after: Start, limit: number): Promise<FeedAnswer> => {
    const items: FeedItem[] = []
    // The latest are read in pieces like all others: first the place where they begin.
    let from = after === 'latest' ? ((await readPage({ last: limit }, 0))?.from ?? 'oldest') : after
    for (;;) {
      const asked = Math.min(chunkMax, limit - items.length)
      const page = await readPage(from, asked)
      if (page === undefined) {
        // Pruned while we read: what was read before is without a gap.
        return items.length === 0 ? { kind: 'gone' } : answerOf(items, from)
      }
      for (const event of page.events) {
        const webhook = webhookOf(event, connectionCodecs, recordingUrl)
        if (webhook === undefined) continue
        items.push({ cursor: cursorOf(event), data: eventData(event, webhook) })
      }
      from = page.events.at(-1) ?? page.from
      if (page.events.length < asked || items.length >= limit) return answerOf(items, from)
    }
  }

  return {
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async read(after, limit, waitMs) {
      const start = startOf(after)
      if (start === undefined) return { kind: 'malformed' }
      const before = commits
      const answer = await readOnce(start, limit)
      const nothing = answer.kind === 'events' && answer.items.length === 0
      if (!nothing || waitMs <= 0 || start === 'newest' || start === 'latest') return answer
      if (commits === before) {
        if (closed || waiting.size >= waitingMax) return answer
        await nextCommit(waitMs)
      }
      return readOnce(start, limit)
    },
    committed(events) {
      if (!events.some(({ legSequence }) => legSequence !== undefined)) return
      commits++
      wake()
      for (const listener of listeners) listener()
    },
    close() {
      closed = true
      wake()
    },
  }
}

/** Calls that come while one is under way wait for their turn, in order. */
function oneAtATime<A extends readonly unknown[], R>(
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve()
  return (...args) => {
    const mine = last.then(() => work(...args))
    last = mine.catch(() => undefined)
    return mine
  }
}

type Start = EventMark | 'oldest' | 'newest' | 'latest'

function answerOf(items: readonly FeedItem[], mark: Start): FeedAnswer {
  return { kind: 'events', items, next: typeof mark === 'string' ? '' : cursorOf(mark) }
}

/** The id beside the sequence tells a reader who comes with the cursor of another data directory, or of a later backup. */
function cursorOf({ sequence, eventId }: EventMark): string {
  return sequence === 0 ? '0' : `${sequence}.${eventId}`
}

function startOf(after: string | undefined): Start | undefined {
  if (after === undefined || after === '') return 'oldest'
  if (after === 'newest' || after === 'latest') return after
  if (after === '0') return { sequence: 0, eventId: '' }
  const match = /^([1-9]\d{0,14})\.([0-9a-f-]{36})$/.exec(after)
  return match === null ? undefined : { sequence: Number(match[1]), eventId: match[2] ?? '' }
}
