// What one peer may send us before it counts as a flood: packets, and keys, each of which becomes an event that is stored.
// Allowances grow with the time that passed, not with our ticks: after a standstill of ours everything that lay in the
// socket comes at once, and nothing of it may be lost for that. Keys have an allowance of their own beside the audio.

/** Packets that a peer may send at once after a stall: four seconds of them, as many as the socket holds. */
const BURST_MAX = 200
/** On average: four times those of a ptime of 10 ms. */
const PACKETS_PER_SECOND = 400
/** The fastest diallers press ten in a second; after a stall those of some seconds come at once. */
const KEYS_BURST_MAX = 40
const KEYS_PER_SECOND = 25

class Bucket {
  readonly #max: number
  readonly #perMs: number
  #left: number
  #sinceMs = -Infinity

  constructor(max: number, perSecond: number) {
    this.#max = max
    this.#perMs = perSecond / 1000
    this.#left = max
  }

  takes(nowMs: number): boolean {
    this.#left = Math.min(this.#max, this.#left + (nowMs - this.#sinceMs) * this.#perMs)
    this.#sinceMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

export class Allowances {
  readonly #audio = new Bucket(BURST_MAX, PACKETS_PER_SECOND)
  readonly #events = new Bucket(BURST_MAX, PACKETS_PER_SECOND)
  readonly #keys = new Bucket(KEYS_BURST_MAX, KEYS_PER_SECOND)

  /** One more packet, of a key or of anything else; false: it is too many. */
  takesPacket(isEvent: boolean, nowMs: number): boolean {
    return (isEvent ? this.#events : this.#audio).takes(nowMs)
  }

  /** One more key; false: it is too many. */
  takesKey(nowMs: number): boolean {
    return this.#keys.takes(nowMs)
  }
}
