// Living legs of one application in the order they began, so that a page of active calls is read without walking all
// calls. Rows lie in chunks: appending is O(1), removal and the k-th row cost one walk over the chunks (n / 512).

const CHUNK_ROWS = 512

export interface Ordered {
  /** Grows with every leg; never reused. */
  readonly order: number
}

export class OrderedIndex<T extends Ordered> {
  readonly #chunks: T[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Appends; `order` must be above every earlier one. */
  add(row: T): void {
    const last = this.#chunks.at(-1)
    if (last === undefined || last.length >= CHUNK_ROWS) this.#chunks.push([row])
    else last.push(row)
    this.#size += 1
  }

  delete(row: T): void {
    for (const [at, chunk] of this.#chunks.entries()) {
      const last = chunk.at(-1)
      if (last === undefined || last.order < row.order) continue
      const place = lowerBound(chunk, row.order)
      if (chunk[place]?.order !== row.order) return
      chunk.splice(place, 1)
      if (chunk.length === 0) this.#chunks.splice(at, 1)
      this.#size -= 1
      return
    }
  }

  /** Number of rows whose order is below `order`. */
  rank(order: number): number {
    let before = 0
    for (const chunk of this.#chunks) {
      const last = chunk.at(-1)
      if (last !== undefined && last.order < order) {
        before += chunk.length
        continue
      }
      return before + lowerBound(chunk, order)
    }
    return before
  }

  /** At most `count` rows from place `from` (0 is the oldest). */
  slice(from: number, count: number): T[] {
    const rows: T[] = []
    let skip = Math.max(0, from)
    for (const chunk of this.#chunks) {
      if (rows.length >= count) break
      if (skip >= chunk.length) {
        skip -= chunk.length
        continue
      }
      rows.push(...chunk.slice(skip, skip + count - rows.length))
      skip = 0
    }
    return rows
  }
}

function lowerBound<T extends Ordered>(chunk: readonly T[], order: number): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (chunk[middle]!.order < order) low = middle + 1
    else high = middle
  }
  return low
}
