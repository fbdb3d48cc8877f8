// The latest events as they are sent, written out once for all readers. Found by cursor.

export interface LiveEvent {
  readonly cursor: string
  readonly text: string
}

export class EventRing {
  readonly #max: number
  #events: LiveEvent[] = []
  /** Of each event in `#events` and of what came before the first: how many were added up to it. */
  readonly #positions = new Map<string, number>()
  #added = 0
  #end: string | undefined

  constructor(max: number) {
    this.#max = max
  }

  /** Where it goes on; undefined: nowhere yet. */
  get end(): string | undefined {
    return this.#end
  }

  /** Empty, behind that cursor. */
  begin(cursor: string): void {
    this.clear()
    this.#end = cursor
    this.#positions.set(cursor, this.#added)
  }

  clear(): void {
    this.#events = []
    this.#positions.clear()
    this.#end = undefined
  }

  add(event: LiveEvent): void {
    this.#events.push(event)
    this.#added++
    this.#positions.set(event.cursor, this.#added)
    this.#end = event.cursor
    // In strides: to take the first off a long list each time would cost as much as the list is long.
    if (this.#events.length < this.#max * 2) return
    this.#events = this.#events.slice(-this.#max)
    const oldest = this.#added - this.#max
    for (const [cursor, position] of this.#positions) {
      if (position >= oldest) break
      this.#positions.delete(cursor)
    }
  }

  /** The events behind a cursor; undefined: it is not in here. */
  after(cursor: string): readonly LiveEvent[] | undefined {
    const position = this.#positions.get(cursor)
    if (position === undefined) return undefined
    return this.#events.slice(this.#events.length - (this.#added - position))
  }
}
