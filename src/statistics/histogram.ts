// How long calls waited until they were answered, in a bounded number of buckets: exact to the second below ten minutes,
// to ten seconds below an hour, to a minute below eight hours; longer waits count as eight hours. Sum and count are exact.

const exactMax = 600
const tensMax = 3600
const minutesMax = 28_800

/** Empty buckets take no room: the pairs are [wait in seconds, calls]. */
export interface HistogramRow {
  readonly waits: readonly (readonly [number, number])[]
  readonly sumSecs: number
}

export class WaitHistogram {
  readonly #counts = new Map<number, number>()
  #sumSecs = 0
  #total = 0

  get total(): number {
    return this.#total
  }

  get averageSecs(): number | null {
    return this.#total === 0 ? null : Math.round((this.#sumSecs / this.#total) * 10) / 10
  }

  add(waitSecs: number): void {
    const bucket = bucketOf(waitSecs)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#sumSecs += waitSecs
    this.#total++
  }

  /** Calls that waited less than so long; exact up to ten minutes. */
  below(secs: number): number {
    let sum = 0
    for (const [bucket, count] of this.#counts) if (bucket < secs) sum += count
    return sum
  }

  /** Nearest rank: the shortest wait that at least `share` (0 to 1) of the calls did not exceed. */
  quantile(share: number): number | null {
    let left = Math.max(1, Math.ceil(share * this.#total))
    for (const [bucket, count] of this.#sorted()) {
      left -= count
      if (left <= 0) return bucket
    }
    return null
  }

  clear(): void {
    this.#counts.clear()
    this.#sumSecs = 0
    this.#total = 0
  }

  row(): HistogramRow {
    return { waits: this.#sorted(), sumSecs: this.#sumSecs }
  }

  restore({ waits, sumSecs }: HistogramRow): void {
    this.clear()
    for (const [bucket, count] of waits) {
      this.#counts.set(bucket, count)
      this.#total += count
    }
    this.#sumSecs = sumSecs
  }

  #sorted(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b)
  }
}

/** The shortest wait that counts as the same. */
export function bucketOf(waitSecs: number): number {
  const secs = Math.max(0, Math.floor(waitSecs))
  if (secs < exactMax) return secs
  if (secs < tensMax) return secs - (secs % 10)
  return Math.min(minutesMax, secs - (secs % 60))
}
