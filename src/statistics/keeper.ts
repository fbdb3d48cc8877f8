// Keeps the book: hears every committed event, writes what changed as rows of the state every few seconds, and after a
// start reads the events since the last such snapshot, so that kill -9 costs no call of the day. A snapshot is one
// commit: its rows and the mark of the last event in them belong together.
//
// While the events of an earlier process are still being read, new ones are not counted as they are told: they are on
// disk, and the reading comes to them.

import type { StampedEvent } from '../ports/events.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { QueueFigures, ServiceTarget, Statistics } from '../ports/statistics.ts'
import type { EventMark, EventPage, LiveRows, StateChange, Store } from '../ports/store.ts'
import type { TimerId, Timers } from '../ports/timers.ts'
import { Book } from './book.ts'
import { calendar } from './day.ts'
import type { TallyRow } from './tally.ts'

const snapshotEveryMs = 10_000
const pageEvents = 500
/** A list of events that cannot be read at all is tried again after so long. */
const readAgainMs = 5000
/** The age of the oldest owed webhook is asked of the disk at most so often. */
const owedEveryMs = 2000

const table = 'statistics'
const markId = 'mark'
const totalId = 'total'
const queuePrefix = 'queue:'

export interface KeeperOptions {
  readonly store: Pick<Store, 'commit' | 'readEvents' | 'pendingDeliveries'>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** Webhooks owed now. */
  readonly backlog: () => number
  /** IANA name. */
  readonly timeZone: string
  readonly standard: ServiceTarget
  readonly shortAbandonSecs: number
}

export interface RunningStatistics extends Statistics {
  /** Takes over what the store had when the process began, then counts what happened since the last snapshot. */
  start(live: Pick<LiveRows, 'rows' | 'queues' | 'entries' | 'lastSequence'>): Promise<void>
  /** These are on disk. */
  committed(events: readonly StampedEvent[]): void
  /** Writes the last snapshot; it goes with the store's last commits. */
  stop(): Promise<void>
}

export function createStatistics(options: KeeperOptions): RunningStatistics {
  return new Keeper(options)
}

class Keeper implements RunningStatistics {
  readonly shortAbandonSecs: number
  readonly #options: KeeperOptions
  #book: Book
  readonly #listeners = new Set<(name: string | null) => void>()
  /** What the disk does not have yet. */
  readonly #unsaved = new Set<string | null>()
  #mark: EventMark = { sequence: 0, eventId: '' }
  #phase: 'reading' | 'running' | 'stopped' = 'reading'
  /** Queues that came and went while an earlier process is caught up with. */
  readonly #heardEarly: StampedEvent[] = []
  /** The highest event that was told while reading. */
  #toldTo = 0
  #timer: TimerId | undefined
  #writing: Promise<void> | undefined
  #owed: { readonly askedAtMs: number; readonly createdAtMs: number | undefined } | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
    this.shortAbandonSecs = options.shortAbandonSecs
    this.#book = this.#newBook()
  }

  async start(live: Parameters<RunningStatistics['start']>[0]): Promise<void> {
    this.#restore(live.rows)
    this.#setPresent(live)
    let from: EventMark | 'oldest' = this.#mark.sequence === 0 ? 'oldest' : this.#mark
    let isSettled = false
    const settleBefore = (sequence: number, atMs: number): void => {
      if (isSettled || sequence <= live.lastSequence) return
      isSettled = true
      this.#book.settle(atMs)
    }
    for (;;) {
      const page = await this.#pageBehind(from)
      if (this.#phase === 'stopped') return
      if (page === undefined) {
        // The snapshot is older than what is kept, or of another data directory: what is kept is counted anew.
        this.#startOver(live)
        from = 'oldest'
        isSettled = false
        continue
      }
      for (const stamped of page.events) {
        settleBefore(stamped.sequence, stamped.occurredAtUs / 1000)
        this.#book.apply(stamped, !isSettled)
      }
      this.#mark = page.events.at(-1) ?? page.from
      from = this.#mark
      if (page.events.length < pageEvents && this.#toldTo <= this.#mark.sequence) break
    }
    settleBefore(Infinity, this.#options.clock.wallMs())
    // Calls of queues that went meanwhile were read after that was heard, and brought them back.
    for (const stamped of this.#heardEarly.splice(0)) this.#book.apply(stamped)
    this.#phase = 'running'
    this.#changed(null)
    // Who listened already was told of nothing.
    for (const name of this.#book.names()) for (const listener of this.#listeners) listener(name)
  }

  /** Undefined: it is not kept any more. Behind events that are damaged on disk, the end of the list: better some than none. */
  async #pageBehind(from: EventMark | 'oldest'): Promise<EventPage | undefined> {
    const { store, log, timers } = this.#options
    try {
      return await store.readEvents(from, pageEvents)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.error(
        { code: 'STATISTICS', error: why },
        'statistics lack the events that cannot be read',
      )
    }
    for (;;) {
      if (this.#phase === 'stopped') return undefined
      try {
        return await store.readEvents('newest', pageEvents)
      } catch {
        // The disk itself is ill, which is told elsewhere: calls go on without figures until it is well.
        await new Promise<void>((resolve) => timers.set(readAgainMs, resolve))
      }
    }
  }

  committed(events: readonly StampedEvent[]): void {
    for (const stamped of events) {
      if (stamped.legSequence === undefined) {
        // Queues that come and go: nobody can read that later, so it is heard at once.
        this.#book.apply(stamped)
        if (this.#phase === 'reading') this.#heardEarly.push(stamped)
      } else if (this.#phase === 'reading') {
        this.#toldTo = stamped.sequence
      } else if (stamped.sequence > this.#mark.sequence) {
        this.#book.apply(stamped)
        this.#mark = { sequence: stamped.sequence, eventId: stamped.eventId }
      }
    }
  }

  async stop(): Promise<void> {
    const wasRunning = this.#phase === 'running'
    this.#phase = 'stopped'
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer)
    this.#timer = undefined
    if (!wasRunning) return
    await this.#write()
  }

  isReady(): boolean {
    return this.#phase !== 'reading'
  }

  names(): readonly (string | null)[] {
    return [null, ...this.#book.names()]
  }

  figures(name: string | null): QueueFigures | undefined {
    if (name !== null && !this.#book.has(name)) return undefined
    const nowMs = this.#options.clock.wallMs()
    const webhooks = name === null ? this.#webhooks(nowMs) : undefined
    return { ...this.#book.figures(name, nowMs), webhooks }
  }

  page(page: Parameters<Statistics['page']>[0]): ReturnType<Statistics['page']> {
    const names = this.names()
    const asked = names.slice((page.number - 1) * page.size, page.number * page.size)
    return {
      rows: asked.map((name) => this.figures(name)).filter((one) => one !== undefined),
      total: names.length,
    }
  }

  async setTarget(name: string, target: ServiceTarget): Promise<QueueFigures | undefined> {
    if (!this.#book.has(name)) return undefined
    this.#book.setTarget(name, target)
    await this.#write()
    return this.figures(name)
  }

  async refresh(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#options.backlog() === 0) return
    if (this.#owed !== undefined && nowMs - this.#owed.askedAtMs < owedEveryMs) return
    const [first] = await this.#options.store.pendingDeliveries(0, 1)
    this.#owed = { askedAtMs: nowMs, createdAtMs: first?.row.createdAtMs }
  }

  onChange(changed: (name: string | null) => void): () => void {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  moving(): readonly (string | null)[] {
    return this.#book.moving(this.#options.clock.wallMs())
  }

  #newBook(): Book {
    const { timeZone, standard, shortAbandonSecs: shortSecs } = this.#options
    const bookOptions = { dayOf: calendar(timeZone), standard, shortSecs }
    return new Book(bookOptions, (name) => this.#changed(name))
  }

  #restore(rows: LiveRows['rows']): void {
    for (const { table: kind, id, row } of rows) {
      if (kind !== table) continue
      // Our own JSON, written by `#write`.
      if (id === markId) this.#mark = row as EventMark
      else if (id === totalId) this.#book.restore(null, row as TallyRow)
      else this.#book.restore(id.slice(queuePrefix.length), row as TallyRow)
    }
  }

  #setPresent(live: Pick<LiveRows, 'queues' | 'entries'>): void {
    this.#book.setPresent(
      live.queues.map(({ queueName }) => queueName),
      live.entries.map(({ queueName, entry, enqueuedAtMs }) => ({
        ...{ queueName, enqueuedAtMs },
        legId: entry.legId,
      })),
    )
  }

  /** Only the targets stay. */
  #startOver(live: Pick<LiveRows, 'queues' | 'entries'>): void {
    const former = this.#book
    this.#options.log.warn({ code: 'STATISTICS' }, 'statistics are counted anew from the events')
    this.#book = this.#newBook()
    for (const name of former.names()) {
      const target = former.row(name)?.target
      if (target !== undefined) this.#book.setTarget(name, target)
      this.#changed(name)
    }
    this.#setPresent(live)
  }

  #changed(name: string | null): void {
    this.#unsaved.add(name)
    for (const listener of this.#listeners) listener(name)
    if (this.#timer !== undefined || this.#phase !== 'running') return
    this.#timer = this.#options.timers.set(snapshotEveryMs, () => {
      this.#timer = undefined
      void this.#write()
    })
  }

  /** One at a time: while a disk takes nothing, what changes gathers here, once per queue. */
  async #write(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    const { store, clock } = this.#options
    const changes: StateChange[] = this.#book
      .sweep(clock.wallMs())
      .map((name) => ({ kind: 'delete', table, id: `${queuePrefix}${name}` }))
    for (const name of this.#unsaved) {
      const row = this.#book.row(name)
      const id = name === null ? totalId : `${queuePrefix}${name}`
      // Without figures since they were counted anew: what an earlier process wrote must not come back.
      changes.push(
        row === undefined ? { kind: 'delete', table, id } : { kind: 'put', table, id, row },
      )
    }
    changes.push({ kind: 'put', table, id: markId, row: { ...this.#mark } })
    this.#unsaved.clear()
    this.#writing = store.commit({ changes, events: [], deliveries: [] })
    await this.#writing
    this.#writing = undefined
  }

  #webhooks(nowMs: number): QueueFigures['webhooks'] {
    const backlog = this.#options.backlog()
    const since = backlog === 0 ? undefined : this.#owed?.createdAtMs
    const oldestSecs = since === undefined ? null : Math.max(0, Math.floor((nowMs - since) / 1000))
    return { backlog, oldestSecs }
  }
}
