// One reader of the live stream. Events come from the ring of the latest, or page by page from disk as long as the
// reader is behind. Nothing is queued for a reader that does not read: what it has not taken is fetched again when
// it has room, and after a while without room it is closed; its program comes back with the cursor it has.

import type { EventFeed, FeedAnswer } from '../../ports/event-feed.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { EventRing, LiveEvent } from './ring.ts'

const pageEvents = 200
/** A reader that takes nothing for so long is closed. */
const blockedMsMax = 10_000
/** Statistics of so many queues in one message. */
const namesPerMessage = 50

/** The connection. */
export interface LiveSink {
  /** False: it has more than it can send; `LiveReader.drained` says when it has room again. */
  write(text: string): boolean
  /** Ends the answer, and the connection. */
  close(): void
}

export interface ReaderWorld {
  readonly events: EventFeed
  readonly timers: Timers
  readonly ring: EventRing
  /** The message with the figures of these queues; empty when there are none. */
  statistics(names: readonly (string | null)[]): string
  /** All there are; empty while they are being counted. */
  names(): readonly (string | null)[]
  left(reader: LiveReader): void
}

export class LiveReader {
  readonly #world: ReaderWorld
  readonly #sink: LiveSink
  readonly #isValid: () => boolean
  /** Undefined until the first answer of the feed. */
  #cursor: string | undefined
  #blocked: TimerId | undefined
  #closed = false
  #pumping = false
  #again = false
  /** Figures that are still to be sent. */
  #names: (string | null)[] = []
  /** All are: written into `#names` when there is room, so that who does not read costs nothing. */
  #allDue = false

  constructor(world: ReaderWorld, sink: LiveSink, isValid: () => boolean) {
    this.#world = world
    this.#sink = sink
    this.#isValid = isValid
  }

  /** `hello`: its data. `after`: as in GET /v2/events; undefined is `newest`. */
  async start(hello: object, after: string | undefined): Promise<void> {
    const first = await this.#read(after ?? 'newest', 1)
    const lost = first.kind !== 'events'
    const isNew = lost || after === undefined || after === 'newest'
    const cursor = isNew ? await this.#newest().catch(() => undefined) : after
    if (cursor === undefined) return this.close()
    if (this.#closed) return
    // Its id lets a reader that loses the connection before the first event go on from here.
    this.#write(message('hello', hello, cursor))
    if (lost) this.#reset(cursor)
    this.#cursor = cursor
    this.allStatistics()
    await this.pump()
  }

  /** Something may be there for it. */
  async pump(): Promise<void> {
    if (this.#pumping) {
      this.#again = true
      return
    }
    this.#pumping = true
    try {
      do {
        this.#again = false
        await this.#send()
      } while (this.#again)
    } catch {
      // Not even the newest events can be read from the disk. It comes again, with its cursor.
      this.close()
    }
    this.#pumping = false
  }

  /** What all are told at the same time; a reader without room gets all figures later. */
  broadcast(text: string): void {
    if (this.#cursor === undefined || this.#closed) return
    if (this.#blocked === undefined) this.#write(text)
    else this.#allDue = true
  }

  /** A comment, so that neither side takes the connection for dead; ends it when the session has ended. */
  heartbeat(): void {
    if (!this.#isValid()) return this.close()
    if (this.#blocked === undefined) this.#write(': heartbeat\n\n')
  }

  allStatistics(): void {
    this.#allDue = true
  }

  drained(): void {
    if (this.#blocked === undefined) return
    this.#world.timers.clear(this.#blocked)
    this.#blocked = undefined
    void this.pump()
  }

  close(): void {
    if (this.#closed) return
    this.gone()
    this.#sink.close()
  }

  /** The connection is gone. */
  gone(): void {
    this.#closed = true
    if (this.#blocked !== undefined) this.#world.timers.clear(this.#blocked)
    this.#blocked = undefined
    this.#world.left(this)
  }

  async #send(): Promise<void> {
    if (this.#allDue && this.#hasRoom()) {
      this.#allDue = false
      this.#names = [...this.#world.names()]
    }
    while (this.#hasRoom() && this.#names.length > 0) {
      this.#write(this.#world.statistics(this.#names.splice(0, namesPerMessage)))
    }
    while (this.#hasRoom() && this.#cursor !== undefined) {
      const next = this.#world.ring.after(this.#cursor) ?? (await this.#page(this.#cursor))
      if (next.length === 0) return
      for (const { cursor, text } of next) {
        if (!this.#hasRoom()) return
        this.#write(text)
        this.#cursor = cursor
      }
    }
  }

  /** Reading from disk: also what `ring` will have in a moment. */
  async #page(after: string): Promise<readonly LiveEvent[]> {
    const answer = await this.#read(after, pageEvents)
    if (answer.kind === 'events') return answer.items.map(eventMessage)
    const cursor = await this.#newest()
    if (this.#hasRoom()) this.#reset(cursor)
    this.#cursor = cursor
    this.allStatistics()
    this.#again = true
    return []
  }

  /** Events on damaged pages are gone like those that are not kept any more. */
  #read(after: string, limit: number): Promise<FeedAnswer> {
    return this.#world.events.read(after, limit, 0).catch(() => ({ kind: 'gone' }))
  }

  async #newest(): Promise<string> {
    const answer = await this.#world.events.read('newest', 1, 0)
    return answer.kind === 'events' ? answer.next : '0'
  }

  /** Events were missed: what was built from them must be fetched anew. */
  #reset(cursor: string): void {
    this.#write(message('reset', { reason: 'events_gone', cursor }, cursor))
  }

  #hasRoom(): boolean {
    return this.#blocked === undefined && !this.#closed
  }

  #write(text: string): void {
    if (text === '' || this.#sink.write(text) || this.#closed) return
    this.#blocked ??= this.#world.timers.set(blockedMsMax, () => {
      this.#blocked = undefined
      this.close()
    })
  }
}

/** One event of the feed as it is sent. */
export function eventMessage({ cursor, data }: LiveItem): LiveEvent {
  return { cursor, text: message('event', { cursor, ...data }, cursor) }
}

interface LiveItem {
  readonly cursor: string
  readonly data: Readonly<Record<string, unknown>>
}

/** The HTML standard §9.2.5: JSON has no line ends, so one `data` line is enough. */
export function message(event: string, data: object, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
