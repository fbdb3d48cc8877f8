// Which rows of a table differ from what is stored. Owners `touch` what may have changed, as often as they like; `take`
// reads each touched row once and gives out only those whose JSON text is new.

export interface ChangedRow {
  readonly id: string
  /** undefined: the row is gone. */
  readonly row: unknown
}

export class ChangedRows {
  readonly #read: (id: string) => unknown
  readonly #stored = new Map<string, string>()
  readonly #touched = new Set<string>()
  #listener: () => void = () => undefined

  /** `read` gives the row as it is now, undefined when there is none. */
  constructor(read: (id: string) => unknown) {
    this.#read = read
  }

  /** Called at the first touch after a `take`. */
  onChange(listener: () => void): void {
    this.#listener = listener
    if (this.#touched.size > 0) listener()
  }

  touch(id: string): void {
    this.#touched.add(id)
    if (this.#touched.size === 1) this.#listener()
  }

  /** The row came from the store: it is written again only when it changes. */
  adopt(id: string, row: unknown): void {
    this.#stored.set(id, JSON.stringify(row))
  }

  take(): readonly ChangedRow[] {
    if (this.#touched.size === 0) return []
    const changed: ChangedRow[] = []
    for (const id of this.#touched) {
      const row = this.#read(id)
      const text = row === undefined ? undefined : JSON.stringify(row)
      if (text === this.#stored.get(id)) continue
      if (text === undefined) this.#stored.delete(id)
      else this.#stored.set(id, text)
      changed.push({ id, row })
    }
    this.#touched.clear()
    return changed
  }
}
