// What one peer may send us before it counts as a flood: packets, and keys, each of which becomes an event that is stored.

/** Packets that a peer may send at once after a stall, and per tick on average: four times those of a ptime of 10 ms. */
const ARRIVALS_MAX = 200
const ARRIVALS_PER_TICK = 8
/** The fastest diallers press ten in a second. */
const KEYS_PER_SECOND_MAX = 25

export class Allowances {
  #arrivalsLeft = ARRIVALS_MAX
  #keysSinceMs = -Infinity
  #keyCount = 0

  tick(): void {
    this.#arrivalsLeft = Math.min(ARRIVALS_MAX, this.#arrivalsLeft + ARRIVALS_PER_TICK)
  }

  /** One more packet; false: it is too many. */
  takesPacket(): boolean {
    if (this.#arrivalsLeft <= 0) return false
    this.#arrivalsLeft--
    return true
  }

  /** One more key; false: it is too many. */
  takesKey(nowMs: number): boolean {
    if (nowMs - this.#keysSinceMs >= 1000) {
      this.#keysSinceMs = nowMs
      this.#keyCount = 0
    }
    return ++this.#keyCount <= KEYS_PER_SECOND_MAX
  }
}
