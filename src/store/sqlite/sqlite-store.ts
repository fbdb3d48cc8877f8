// The store of one machine: the queue book in memory answers verbs and reads, the journal thread writes down what
// changed. Nothing here waits for the disk except the promise that `commit` returns.
//
// The main thread turns rows into JSON text before it posts them: strings are cheap to hand over, objects are not, and
// nobody can change a row afterwards.
//
// Nothing is ever taken back: a batch that the disk refuses is written later, unchanged and in order, and what is decided
// meanwhile waits behind it, gathered into one batch so that it stays small (gathered-batch.ts).

import { assert } from '../../base/assert.ts'
import type {
  CommitBatch,
  LiveRows,
  OwedDeliveries,
  Store,
  StoreHealth,
} from '../../ports/store.ts'
import type { LegFacts, StampedEvent } from '../../ports/events.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { FinishedRecordings } from '../../ports/recorder.ts'
import type { Timers } from '../../ports/timers.ts'
import { QueueBook } from '../order/queue-book.ts'
import { DiskWatch, type DiskTrouble } from './disk-watch.ts'
import { GatheredBatch } from './gathered-batch.ts'
import { createRecordReader } from './record-reader.ts'
import { createRecordingReader } from './recordings.ts'
import type { Inspected, Inspection } from './records.ts'
import type {
  JournalBatch,
  JournalLink,
  JournalLive,
  JournalReply,
  JournalRequest,
  StartJournal,
} from './protocol.ts'

/** How long a stop waits for a disk that does not take the last writes. */
const closeMsMax = 30_000
/** Writes that the journal has and that are not on disk; more are gathered here. */
const postedMax = 32
/**
 * Characters of events and webhooks that wait for a disk that takes nothing: some 30,000 events. From then on health says
 * so, and whoever makes events leaves out what can be left out (engine/held-back.ts).
 */
const heldTextMax = 64 * 1024 * 1024

export interface SqliteStoreOptions {
  readonly directory: string
  readonly startJournal: StartJournal
  readonly timers: Timers
  /** Called once when the disk fails or stalls, and once, with undefined, when it is well again. */
  readonly onTrouble?: (trouble: DiskTrouble | undefined) => void
  /** The journal died and every later commit will hang: the process should end and be started anew. */
  readonly onGone?: (why: string) => void
  /** Instead of 64 MiB, for tests. */
  readonly heldTextMax?: number
}

/** With what is looked up afterwards. */
export interface RecordingStore extends Store {
  readonly records: RecordStore
}

/** Rejects with a message for the operator when the data directory cannot be used. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<RecordingStore> {
  const { directory, startJournal } = options
  const opening = Promise.withResolvers<JournalLive>()
  let store: SqliteStore | undefined
  const onMessage = (value: unknown): void => {
    if (!isReply(value)) return
    if (value.kind === 'opened') opening.resolve(value.live)
    else if (value.kind === 'refused') opening.reject(new Error(value.why))
    else store?.receive(value)
  }
  const onGone = (why: string): void => {
    opening.reject(new Error(`the journal thread ended: ${why}`))
    store?.lose(why)
  }
  const link: JournalLink = startJournal({ onMessage, onGone })
  // A journal thread does not keep the program alive by itself; this deadline does until it has answered.
  const late = options.timers.set(closeMsMax, () => {
    opening.reject(new Error(`the data directory ${directory} did not open in ${closeMsMax} ms`))
  })
  link.post({ kind: 'open', directory })
  try {
    store = new SqliteStore(link, options, await opening.promise)
    return store
  } catch (error) {
    link.stop()
    throw error
  } finally {
    options.timers.clear(late)
  }
}

type Read = Extract<JournalReply, { readonly id: number }>
type Later = Exclude<JournalReply, { kind: 'opened' | 'refused' }>

class SqliteStore implements RecordingStore {
  readonly records: RecordStore
  readonly recordings: FinishedRecordings
  readonly #book = new QueueBook()
  readonly #link: JournalLink
  readonly #options: SqliteStoreOptions
  readonly #waiting = new Map<number, () => void>()
  readonly #reading = new Map<number, (reply: Read) => void>()
  #live: LiveRows | undefined
  #lastCommit: Promise<void> = Promise.resolve()
  #idNext = 1
  #backlog = 0
  #posted = 0
  #gathered:
    { readonly batch: GatheredBatch; readonly written: PromiseWithResolvers<void> } | undefined
  readonly #watch: DiskWatch
  #closed: (() => void) | undefined
  #gone: string | undefined

  constructor(link: JournalLink, options: SqliteStoreOptions, live: JournalLive) {
    this.#link = link
    this.#options = options
    this.#watch = new DiskWatch(options.timers, (trouble) => options.onTrouble?.(trouble))
    this.records = {
      ...createRecordReader((ask) => this.#inspect(ask), eventOf),
      recordCommands: (records) =>
        this.#request((id) => this.#link.post({ kind: 'commands', id, records })),
    }
    this.recordings = createRecordingReader(async (ask) => {
      const found = await this.#inspect(ask)
      if (found.kind === 'recordings') return found
      throw new Error(`recordings: answered by ${found.kind}`)
    })
    this.#book.restore(live.queues, live.entries)
    const rows = live.state.map(({ table, id, json }) => {
      const row: unknown = JSON.parse(json)
      return { table, id, row }
    })
    this.#live = { rows, ...this.#book.everything(), lastSequence: live.lastSequence }
  }

  execute: Store['execute'] = (operationId, verb, done) => {
    done(this.#book.execute(operationId, verb))
  }

  commit(batch: CommitBatch): Promise<void> {
    const journal = journalBatch(batch, this.#book)
    // Nothing to write is durable as soon as everything before it is.
    if (isEmpty(journal)) return this.#lastCommit
    this.#backlog++
    this.#lastCommit = this.#write(journal)
    return this.#lastCommit.then(() => {
      this.#backlog--
    })
  }

  health(): StoreHealth {
    const why = this.#gone ?? this.#watch.trouble?.why
    const isFull = (this.#gathered?.batch.size ?? 0) > (this.#options.heldTextMax ?? heldTextMax)
    const health = { ok: why === undefined, backlog: this.#backlog, why: why ?? '' }
    return isFull ? { ...health, isFull } : health
  }

  getQueue: Store['getQueue'] = (name) => Promise.resolve(this.#book.getQueue(name))
  pageQueues: Store['pageQueues'] = (page) => Promise.resolve(this.#book.pageQueues(page))
  getEntry: Store['getEntry'] = (name, leg) => Promise.resolve(this.#book.getEntry(name, leg))
  pageEntries: Store['pageEntries'] = (name, page) =>
    Promise.resolve(this.#book.pageEntries(name, page))

  loadLive(): Promise<LiveRows> {
    const live = this.#live
    assert(live !== undefined, 'loadLive is called once')
    this.#live = undefined
    return Promise.resolve(live)
  }

  pendingDeliveries: Store['pendingDeliveries'] = async (after, limit, applicationId) => {
    const reply = await this.#read((id) => ({ kind: 'pending', id, after, limit, applicationId }))
    return this.#known(reply, 'pending')?.deliveries ?? []
  }

  apartDeliveries: Store['apartDeliveries'] = async (applicationId, nowMs, limit) => {
    const reply = await this.#read((id) => ({ kind: 'apart', id, applicationId, nowMs, limit }))
    return this.#known(reply, 'pending')?.deliveries ?? []
  }

  async owedDeliveries(): Promise<readonly OwedDeliveries[]> {
    const reply = await this.#read((id) => ({ kind: 'owed', id }))
    return this.#known(reply, 'owed')?.owed ?? []
  }

  readEvents: Store['readEvents'] = async (after, limit) => {
    const reply = await this.#read((id) => ({ kind: 'events', id, after, limit }))
    if (reply.kind === 'uninspected') throw new Error(`the events cannot be read: ${reply.why}`)
    if (reply.kind !== 'events' || reply.page === undefined) return undefined
    const { from, events } = reply.page
    return { from, events: events.map(({ json, ...stamp }) => ({ ...stamp, ...eventOf(json) })) }
  }

  recordProgress: Store['recordProgress'] = (progress) =>
    progress.length === 0
      ? Promise.resolve()
      : this.#request((id) => this.#link.post({ kind: 'progress', id, progress }))

  /** Rejects when what is old lies on damaged pages. */
  async prune(olderThanMs: number): Promise<void> {
    let why: string | undefined
    await this.#request((id) => {
      this.#reading.set(id, (reply) => {
        if (reply.kind === 'uninspected') why = reply.why
        this.#waiting.get(id)?.()
        this.#waiting.delete(id)
      })
      this.#link.post({ kind: 'prune', id, olderThanMs })
    })
    if (why !== undefined) throw new Error(why)
  }

  /** Resolves when all writes are on disk, or after 30 s when the disk does not take them. */
  async close(): Promise<void> {
    if (this.#closed !== undefined || this.#gone !== undefined) return
    const { timers } = this.#options
    await new Promise<void>((resolve) => {
      const late = timers.set(closeMsMax, resolve)
      this.#closed = () => {
        timers.clear(late)
        resolve()
      }
      this.#postGathered()
      this.#link.post({ kind: 'close' })
    })
    this.#watch.stop()
    this.#link.stop()
  }

  receive(reply: Later): void {
    switch (reply.kind) {
      case 'done':
        for (const id of reply.ids) {
          this.#waiting.get(id)?.()
          this.#waiting.delete(id)
          this.#reading.delete(id)
        }
        if (this.#posted < postedMax) this.#postGathered()
        return this.#watch.wrote(this.#waiting.size > 0)
      case 'pending':
      case 'owed':
      case 'events':
      case 'inspected':
      case 'uninspected':
        this.#reading.get(reply.id)?.(reply)
        this.#reading.delete(reply.id)
        return
      case 'failing':
        return this.#watch.failing(`writing to the data directory fails: ${reply.why}`)
      case 'closed':
        this.#closed?.()
        return
    }
  }

  lose(why: string): void {
    this.#gone = `the journal thread ended: ${why}`
    this.#watch.stop()
    this.#closed?.()
    this.#options.onGone?.(why)
  }

  #write(batch: JournalBatch): Promise<void> {
    if (this.#gathered === undefined && this.#posted < postedMax) return this.#post(batch)
    this.#gathered ??= { batch: new GatheredBatch(), written: Promise.withResolvers() }
    this.#gathered.batch.add(batch)
    return this.#gathered.written.promise
  }

  #post(batch: JournalBatch): Promise<void> {
    this.#posted++
    return this.#request(
      (id) => this.#link.post({ kind: 'write', id, batch }),
      () => this.#posted--,
    )
  }

  #postGathered(): void {
    const gathered = this.#gathered
    if (gathered === undefined) return
    this.#gathered = undefined
    void this.#post(gathered.batch.whole).then(gathered.written.resolve)
  }

  /** Webhooks on damaged pages cannot be sent, but calls go on: it is said, and nothing waits for it. */
  #known<K extends 'pending' | 'owed'>(
    reply: Read,
    kind: K,
  ): Extract<Read, { readonly kind: K }> | undefined {
    if (isOf(reply, kind)) return reply
    if (reply.kind === 'uninspected') {
      this.#watch.failing(`webhooks that are owed cannot be read: ${reply.why}`)
      this.#watch.wrote(this.#waiting.size > 0)
    }
    return undefined
  }

  async #inspect(ask: Inspection): Promise<Inspected> {
    const reply = await this.#read((id) => ({ kind: 'inspect', id, ask }))
    if (reply.kind === 'inspected') return reply.found
    throw new Error(reply.kind === 'uninspected' ? reply.why : `answered by ${reply.kind}`)
  }

  #read(request: (id: number) => JournalRequest): Promise<Read> {
    const id = this.#idNext++
    return new Promise((resolve) => {
      this.#reading.set(id, resolve)
      this.#link.post(request(id))
    })
  }

  /** `done` runs before the promise resolves. */
  #request(post: (id: number) => void, done?: () => void): Promise<void> {
    const id = this.#idNext++
    return new Promise((resolve) => {
      this.#waiting.set(id, () => {
        done?.()
        resolve()
      })
      post(id)
      this.#watch.waiting()
    })
  }
}

function journalBatch(batch: CommitBatch, book: QueueBook): JournalBatch {
  return {
    ...book.takeChanges(),
    state: batch.changes.map((change) => ({
      table: change.table,
      id: change.id,
      json: change.kind === 'put' ? JSON.stringify(change.row) : undefined,
    })),
    events: batch.events.map((stamped) => ({
      sequence: stamped.sequence,
      eventId: stamped.eventId,
      occurredAtUs: stamped.occurredAtUs,
      legId: legOf(stamped),
      legSequence: stamped.legSequence,
      type: stamped.event.type,
      json: JSON.stringify({ event: stamped.event, quality: stamped.quality }),
      call: callOf(stamped),
    })),
    deliveries: batch.deliveries,
  }
}

function isEmpty({ state, queues, entries, events, deliveries }: JournalBatch): boolean {
  const lengths = [state, queues, entries, events, deliveries].map((list) => list.length)
  return lengths.every((length) => length === 0)
}

/** JSON has no undefined: missing figures come back as a missing key. */
function eventOf(json: string): Pick<StampedEvent, 'event' | 'quality'> {
  // Written by `journalBatch`.
  return { quality: undefined, ...(JSON.parse(json) as Pick<StampedEvent, 'event'>) }
}

function legOf({ event }: StampedEvent): string | undefined {
  return 'leg' in event ? event.leg.legId : undefined
}

/** Conferences are told under the call that made them. */
function callOf({ event, legSequence }: StampedEvent): JournalBatch['events'][number]['call'] {
  if (legSequence === undefined) return undefined
  const leg: LegFacts | undefined =
    'leg' in event ? event.leg : 'conference' in event ? event.conference.creator : undefined
  if (leg === undefined) return undefined
  const { legUuid, sessionId, applicationId } = leg
  return { legUuid, sessionId, applicationId }
}

function isOf<K extends Read['kind']>(reply: Read, kind: K): reply is Extract<Read, { kind: K }> {
  return reply.kind === kind
}

function isReply(value: unknown): value is JournalReply {
  return typeof value === 'object' && value !== null && 'kind' in value
}
