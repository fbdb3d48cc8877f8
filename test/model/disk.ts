// The disk that outlives the process, and the store on it: order and claims are those of the product's queue book, and a
// commit waits until the search lets it through, or never comes there.

import type { LegId, OperationId, QueueName } from '../../src/base/ids.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type {
  CommitBatch,
  QueueRecord,
  QueueVerb,
  StateTable,
  Store,
  VerbOutcome,
} from '../../src/ports/store.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { QueueBook, type BookChanges, type PlacedCall } from '../../src/store/order/queue-book.ts'
import type { Spec } from './spec.ts'
import type { Told } from './told.ts'

export interface Write {
  readonly book: BookChanges
  readonly rows: readonly Row[]
  readonly events: readonly StampedEvent[]
  readonly done: () => void
  /** What must be on disk with it. */
  spec: Spec
}

export interface Row {
  readonly table: StateTable
  readonly id: string
  /** Undefined: the row is gone. The product never changes a row that it has handed over. */
  readonly row: unknown
}

export class ModelDisk {
  readonly rows = new Map<string, Row>()
  readonly entries = new Map<LegId, PlacedCall>()
  readonly queues = new Map<QueueName, QueueRecord>()
  readonly told: Told
  /** Handed over and not written, oldest first. */
  waiting: Write[] = []
  /** Writes ever handed over, and ever carried out. */
  posted = 0
  written = 0
  spec: Spec

  constructor(told: Told, spec: Spec) {
    this.told = told
    this.spec = spec
  }

  get line(): readonly PlacedCall[] {
    return [...this.entries.values()].sort((a, b) => a.place - b.place)
  }

  /** Only while nothing waits. */
  copy(): ModelDisk {
    const copy = new ModelDisk(this.told.copy(), this.spec.copy())
    for (const [key, row] of this.rows) copy.rows.set(key, row)
    for (const [legId, entry] of this.entries) copy.entries.set(legId, entry)
    for (const [name, queue] of this.queues) copy.queues.set(name, queue)
    copy.posted = copy.written = this.written
    return copy
  }

  /** The oldest write is on the disk; whoever waits for it has not heard. */
  carryOut(): Write | undefined {
    const write = this.waiting.shift()
    if (write === undefined) return undefined
    for (const row of write.rows) {
      const key = `${row.table} ${row.id}`
      if (row.row === undefined) this.rows.delete(key)
      else this.rows.set(key, row)
    }
    for (const { name, queue } of write.book.queues) {
      if (queue === undefined) this.queues.delete(name)
      else this.queues.set(name, queue)
    }
    for (const { legId, entry } of write.book.entries) {
      if (entry === undefined) this.entries.delete(legId)
      else this.entries.set(legId, entry)
    }
    this.written += 1
    this.spec = write.spec
    for (const event of write.events) this.told.take(event)
    return write
  }

  row(table: StateTable, id: string): unknown {
    return this.rows.get(`${table} ${id}`)?.row
  }
}

/** A verb on its way to a remote store, or its outcome on the way back. */
export interface Travelling {
  readonly operationId: OperationId
  readonly verb: QueueVerb
  readonly done: (outcome: VerbOutcome) => void
  outcome: VerbOutcome | undefined
}

export interface ModelStore extends Store {
  readonly book: QueueBook
  readonly travelling: Travelling[]
  failing: boolean
}

export function createModelStore(disk: ModelDisk, clock: Clock, remote: boolean): ModelStore {
  const book = new QueueBook()
  book.restore([...disk.queues.values()], disk.line)
  const travelling: Travelling[] = []
  let last: Promise<void> = Promise.resolve()
  const commit = (batch: CommitBatch): Promise<void> => {
    const changes = book.takeChanges()
    const rows = batch.changes.map((change): Row => {
      const { table, id } = change
      return { table, id, row: change.kind === 'put' ? change.row : undefined }
    })
    const size = rows.length + changes.queues.length + changes.entries.length + batch.events.length
    if (size === 0) return last
    const { promise: written, resolve } = Promise.withResolvers<void>()
    disk.waiting.push({ book: changes, rows, events: batch.events, done: resolve, spec: disk.spec })
    disk.posted += 1
    last = written
    return written
  }
  const store: ModelStore = {
    ...createMemoryStore({ clock }),
    book,
    travelling,
    failing: false,
    execute: (operationId, verb, done) => {
      if (remote) travelling.push({ operationId, verb, done, outcome: undefined })
      else done(book.execute(operationId, verb))
    },
    commit,
    health: () => ({ ok: !store.failing, backlog: disk.waiting.length, why: 'the disk is full' }),
    loadLive: () => {
      // As text and back, as every disk does.
      const rows = [...disk.rows.values()].map(({ table, id, row }) => {
        const read: unknown = JSON.parse(rowJson(row))
        return { table, id, row: read }
      })
      const { queues, entries } = book.everything()
      return Promise.resolve({ rows, queues, entries, lastSequence: disk.told.sequence })
    },
  }
  return store
}

const jsonOf = new WeakMap<object, string>()

/** Rows are read at many starts. */
function rowJson(row: unknown): string {
  if (typeof row !== 'object' || row === null) return JSON.stringify(row)
  const known = jsonOf.get(row)
  if (known !== undefined) return known
  const json = JSON.stringify(row)
  jsonOf.set(row, json)
  return json
}
