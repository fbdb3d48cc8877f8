// All readers of the live stream. While there are any, new events are read once for all of them, after each commit;
// figures that changed go out once a second. Without readers nothing is read and no timer runs.

import type { Clock } from '../../ports/clock.ts'
import type { EventFeed } from '../../ports/event-feed.ts'
import type { Statistics } from '../../ports/statistics.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import { figuresObject } from '../statistics/object.ts'
import { eventMessage, LiveReader, message } from './reader.ts'
import type { LiveSink, ReaderWorld } from './reader.ts'
import { EventRing } from './ring.ts'

const tickMs = 1000
const heartbeatTicks = 10
const pageEvents = 200
/** Events that are kept written out; a reader that is further behind reads from disk. */
const ringEvents = 1000
/** Queues whose figures go out in one second; the others follow in the next. */
const namesPerTick = 200

export interface HubOptions {
  readonly events: EventFeed
  readonly statistics: Statistics
  readonly timers: Timers
  readonly clock: Clock
  readonly readersMax: number
}

export class LiveHub {
  readonly #options: HubOptions
  readonly #readers = new Set<LiveReader>()
  readonly #ring = new EventRing(ringEvents)
  readonly #world: ReaderWorld
  /** Names whose figures the readers do not know yet. */
  readonly #changed = new Set<string | null>()
  #timer: TimerId | undefined
  #stopListening: (() => void) | undefined
  #ticks = 0
  #minute = 0
  #backlog = 0
  #filling = false
  #again = false
  #closed = false

  constructor(options: HubOptions) {
    this.#options = options
    const { events, timers, statistics } = options
    this.#world = {
      ...{ events, timers, ring: this.#ring },
      statistics: (names) => this.#statistics(names),
      names: () => (statistics.isReady() ? statistics.names() : []),
      left: (reader) => this.#left(reader),
    }
  }

  /** Undefined: there is no room. The reader is to be started. */
  open(sink: LiveSink, isValid: () => boolean): LiveReader | undefined {
    if (this.#closed || this.#readers.size >= this.#options.readersMax) return undefined
    const reader = new LiveReader(this.#world, sink, isValid)
    this.#readers.add(reader)
    if (this.#readers.size === 1) this.#begin()
    return reader
  }

  close(): void {
    this.#closed = true
    for (const reader of [...this.#readers]) reader.close()
  }

  #begin(): void {
    const { events, statistics } = this.#options
    const stopEvents = events.onCommit(() => void this.#fill())
    const stopFigures = statistics.onChange((name) => this.#changed.add(name))
    this.#stopListening = () => {
      stopEvents()
      stopFigures()
    }
    this.#timer = this.#options.timers.set(tickMs, () => this.#tick())
    void this.#fill()
  }

  #left(reader: LiveReader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer)
    this.#timer = undefined
    this.#changed.clear()
    this.#ring.clear()
  }

  /** Reads on from the end of the ring. Commits during a read lead to one more, however many they are. */
  async #fill(): Promise<void> {
    if (this.#filling) {
      this.#again = true
      return
    }
    this.#filling = true
    do {
      this.#again = false
      await this.#readOn()
    } while (this.#again && this.#readers.size > 0)
    this.#filling = false
  }

  async #readOn(): Promise<void> {
    const { events } = this.#options
    const from = this.#ring.end ?? 'newest'
    // What cannot be read now each reader asks for by itself.
    const answer = await events.read(from, pageEvents, 0).catch(() => undefined)
    if (this.#readers.size === 0) return
    if (answer?.kind !== 'events') this.#ring.clear()
    else if (this.#ring.end === undefined) this.#ring.begin(answer.next)
    else if (this.#ring.end === from) {
      for (const item of answer.items) this.#ring.add(eventMessage(item))
      if (answer.items.length === pageEvents) this.#again = true
    }
    for (const reader of this.#readers) void reader.pump()
  }

  #tick(): void {
    const { timers, statistics, clock } = this.#options
    this.#timer = timers.set(tickMs, () => this.#tick())
    this.#ticks++
    const minute = Math.floor(clock.wallMs() / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      for (const name of statistics.moving()) this.#changed.add(name)
    }
    void statistics.refresh()
    const backlog = statistics.figures(null)?.webhooks?.backlog ?? 0
    // As long as one is owed, the oldest grows older.
    if (backlog > 0 || backlog !== this.#backlog) this.#changed.add(null)
    this.#backlog = backlog
    this.#tellFigures()
    if (this.#ticks % heartbeatTicks !== 0) return
    for (const reader of [...this.#readers]) reader.heartbeat()
  }

  #tellFigures(): void {
    if (this.#changed.size === 0 || !this.#options.statistics.isReady()) return
    const names = [...this.#changed].slice(0, namesPerTick)
    for (const name of names) this.#changed.delete(name)
    const text = this.#statistics(names)
    for (const reader of [...this.#readers]) reader.broadcast(text)
  }

  #statistics(names: readonly (string | null)[]): string {
    const { statistics } = this.#options
    const found = names
      .map((name) => statistics.figures(name))
      .filter((figures) => figures !== undefined)
      .map((figures) => figuresObject(figures, statistics.shortAbandonSecs))
    return found.length === 0 ? '' : message('statistics', { data: found })
  }
}
