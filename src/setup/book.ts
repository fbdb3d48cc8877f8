// One kind of row: what the file defines and what was made over the API, in one map, and the rows on their way to the
// store. A change is applied here first and committed in the same breath, so whatever is decided on it is on disk later
// than the change itself (the store commits in order).

import type { StoredRow } from '../ports/durable.ts'
import type { StateTable, Store } from '../ports/store.ts'

/** Where rows go. */
export interface RowWriter {
  /** Resolves when it is on disk; undefined when the store takes nothing now. */
  put(table: StateTable, id: string, row: object | undefined): Promise<void> | undefined
}

/** Commits handed over and not on disk, above which nothing new is begun; as for commands. */
const backlogMax = 200

export function rowWriter(store: Pick<Store, 'commit' | 'health'>): RowWriter {
  return {
    put(table, id, row) {
      const { ok, backlog } = store.health()
      if (!ok || backlog > backlogMax) return undefined
      const change =
        row === undefined
          ? ({ kind: 'delete', table, id } as const)
          : ({ kind: 'put', table, id, row } as const)
      return store.commit({ changes: [change], events: [], deliveries: [] })
    },
  }
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

  /** Undefined: refused by the store, and nothing has changed. */
  put(id: Id, kept: Kept): Promise<void> | undefined {
    const written = this.#writer.put(this.#table, id, kept)
    if (written !== undefined) this.#rows.set(id, kept)
    return written
  }

  remove(id: Id): Promise<void> | undefined {
    const written = this.#writer.put(this.#table, id, undefined)
    if (written !== undefined) this.#rows.delete(id)
    return written
  }
}
