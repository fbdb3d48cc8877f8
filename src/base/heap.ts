// Binary heap of deadlines with removal by key: the one timer table of a process keeps its rows in it.
// Ties are broken by insertion order, so that virtual time replays exactly.

interface Row<K> {
  readonly key: K
  readonly at: number
  readonly sequence: number
}

/** Keys ordered by deadline; `set` replaces, all operations are O(log n). */
export class DeadlineHeap<K> {
  readonly #rows: Row<K>[] = []
  readonly #places = new Map<K, number>()
  #nextSequence = 0

  get size(): number {
    return this.#rows.length
  }

  /** Adds or moves `key` to deadline `at` (any monotonic unit). */
  set(key: K, at: number): void {
    this.delete(key)
    this.#rows.push({ key, at, sequence: this.#nextSequence++ })
    this.#places.set(key, this.#rows.length - 1)
    this.#up(this.#rows.length - 1)
  }

  /** Removes `key`; false when it was not there. */
  delete(key: K): boolean {
    const place = this.#places.get(key)
    if (place === undefined) return false
    const last = this.#rows.length - 1
    if (place !== last) this.#swap(place, last)
    this.#rows.pop()
    this.#places.delete(key)
    if (place !== last) {
      this.#up(place)
      this.#down(place)
    }
    return true
  }

  /** The earliest deadline, or undefined when empty. */
  nextAt(): number | undefined {
    return this.#rows[0]?.at
  }

  /** Removes and returns the earliest key that is due at or before `now`, or undefined. */
  popDue(now: number): K | undefined {
    const first = this.#rows[0]
    if (first === undefined || first.at > now) return undefined
    this.delete(first.key)
    return first.key
  }

  #before(a: number, b: number): boolean {
    const left = this.#rows[a]!
    const right = this.#rows[b]!
    return left.at < right.at || (left.at === right.at && left.sequence < right.sequence)
  }

  #swap(a: number, b: number): void {
    const left = this.#rows[a]!
    const right = this.#rows[b]!
    this.#rows[a] = right
    this.#rows[b] = left
    this.#places.set(right.key, a)
    this.#places.set(left.key, b)
  }

  #up(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#before(place, parent)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #down(from: number): void {
    let place = from
    for (;;) {
      const left = 2 * place + 1
      const right = left + 1
      let least = place
      if (left < this.#rows.length && this.#before(left, least)) least = left
      if (right < this.#rows.length && this.#before(right, least)) least = right
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }
}
