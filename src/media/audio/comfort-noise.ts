// Comfort noise (RFC 3389): the peer says how loud its silence is instead of sending it. Only the level is used; the
// spectrum that may follow is for a filter that nobody misses.

/** -dBov of the loudest noise that is believed: louder is a mistake or mischief. */
const LEVEL_MIN = 30
const LEVEL_MAX = 127

export class ComfortNoise {
  #amplitude = 0
  #seed = 0x2545f491

  /** The first byte of a payload: noise level in -dBov (RFC 3389 §3.1). */
  set(level: number): void {
    const minusDb = Math.min(LEVEL_MAX, Math.max(LEVEL_MIN, level & 0x7f))
    // Power of white noise between -a and a is a^2/3.
    this.#amplitude = 32768 * 10 ** (-minusDb / 20) * Math.sqrt(3)
  }

  /** Noise of that level; white, from a generator of its own (xorshift, Marsaglia 2003). */
  fill(into: Int16Array): void {
    let seed = this.#seed
    for (let i = 0; i < into.length; i++) {
      seed ^= seed << 13
      seed ^= seed >>> 17
      seed ^= seed << 5
      into[i] = (seed / 0x8000_0000) * this.#amplitude
    }
    this.#seed = seed
  }
}
