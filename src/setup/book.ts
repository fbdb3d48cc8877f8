// One kind of row: what the file defines and what was made over the API, in one map, and the rows on their way to the
// store. A change is applied here first and committed in the same breath, so whatever is decided on it is on disk later
// than the change itself (the store commits in order).

import type { StoredRow } from '../ports/durable.ts'
import type { StateChange, StateTable, Store } from '../ports/store.ts'

/** Where rows go. */
export interface RowWriter {
  /** All or none. Resolves when they are on disk; undefined when the store takes nothing now. */
  write(rows: readonly StateChange[]): Promise<void> | undefined
}

/** Of one book, decided and not made. */
export interface Change {
  readonly row: StateChange
  readonly make: () => void
}

/** Commits handed over and not on disk, above which nothing new is begun; as for commands. */
const backlogMax = 200

export function rowWriter(store: Pick<Store, 'commit' | 'health'>): RowWriter {
  return {
    write(rows) {
      const { ok, backlog } = store.health()
      if (!ok || backlog > backlogMax) return undefined
      return store.commit({ changes: rows, events: [], deliveries: [] })
    },
  }
}

/** What belongs together, of several books, in one commit. Undefined: refused by the store, and nothing has changed. */
export function makeChanges(
  writer: RowWriter,
  changes: readonly Change[],
): Promise<void> | undefined {
  const written = writer.write(changes.map(({ row }) => row))
  if (written !== undefined) for (const { make } of changes) make()
  return written
}

export class Book<Id extends string, Kept extends { readonly origin: 'file' | 'api' }> {
  readonly #rows = new Map<Id, Kept>()
  readonly #table: StateTable
  readonly #writer: RowWriter

  constructor(table: StateTable, writer: RowWriter) {
    this.#table = table
    this.#writer = writer
  }

  get size(): number {
    return this.#rows.size
  }

  get(id: Id): Kept | undefined {
    return this.#rows.get(id)
  }

  values(): Iterable<Kept> {
    return this.#rows.values()
  }

  /** From the file or from a former process: nothing is written. */
  load(id: Id, kept: Kept): void {
    this.#rows.set(id, kept)
  }

  /** Nothing is written: the row on disk means nothing any more. */
  unload(id: Id): void {
    this.#rows.delete(id)
  }

  /** What a former process kept, as far as the file does not define the same. */
  restore(
    rows: readonly StoredRow[],
    shape: (row: object) => Kept,
    idOf: (kept: Kept) => Id,
  ): void {
    for (const { table, row } of rows) {
      if (table !== this.#table || typeof row !== 'object' || row === null) continue
      const kept = shape(row)
      if (!this.#rows.has(idOf(kept))) this.#rows.set(idOf(kept), kept)
    }
  }

  putting(id: Id, kept: Kept): Change {
    const row = { kind: 'put', table: this.#table, id, row: kept } as const
    return { row, make: () => this.#rows.set(id, kept) }
  }

  removing(id: Id): Change {
    const row = { kind: 'delete', table: this.#table, id } as const
    return { row, make: () => this.#rows.delete(id) }
  }

  /** Undefined: refused by the store, and nothing has changed. */
  put(id: Id, kept: Kept): Promise<void> | undefined {
    return makeChanges(this.#writer, [this.putting(id, kept)])
  }

  remove(id: Id): Promise<void> | undefined {
    return makeChanges(this.#writer, [this.removing(id)])
  }
}
