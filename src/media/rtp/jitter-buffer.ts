// Evens out one party's packets for the mixer: samples are written where their timestamp says and read 20 ms at a time
// from a point that follows 60 ms behind. Loss leaves silence, duplicates write the same samples twice, reordering
// disappears. When the two clocks drift apart a frame is left out; when it ran dry it starts again with a full delay.

import { timestampDelta } from './sequence.ts'

/** Power of two, so that wrapping is a mask; 512 ms at 8 kHz. */
const CAPACITY = 4096
const FRAME = 160
const TARGET = 480
const TOO_FULL = 2 * TARGET
/** A timestamp this far from the last one is another time line, not a gap: 2 s. */
const JUMP = 16_000

export class JitterBuffer {
  readonly #ring = new Int16Array(CAPACITY)
  #running = false
  #started = false
  #ssrc = 0
  #readAt = 0
  #writtenTo = 0

  /** Stores `length` G.711 bytes from `at`, decoded by `table`. */
  put(
    ssrc: number,
    timestamp: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    table: Int16Array,
  ): void {
    if (length === 0 || length > CAPACITY - TOO_FULL) return
    const jump = timestampDelta(this.#writtenTo, timestamp)
    if (!this.#started || ssrc !== this.#ssrc || jump > JUMP || jump < -JUMP) this.clear()
    if (!this.#running) {
      this.#running = true
      this.#started = true
      this.#ssrc = ssrc
      this.#readAt = (timestamp - TARGET) | 0
      this.#writtenTo = timestamp
    }
    const ahead = timestampDelta(this.#readAt, timestamp)
    if (ahead < 0) return
    // A burst after a stall: what does not fit any more pushes the reading point on.
    const over = ahead + length - CAPACITY
    if (over > 0) this.#skip(over)
    const ring = this.#ring
    for (let i = 0; i < length; i++) ring[(timestamp + i) & (CAPACITY - 1)] = table[bytes[at + i]!]!
    if (timestampDelta(this.#writtenTo, timestamp + length) > 0) {
      this.#writtenTo = (timestamp + length) | 0
    }
  }

  /** Moves the next 20 ms into `into` (160 samples); false when there is nothing to hear yet or any more. */
  take(into: Int16Array): boolean {
    if (!this.#running) return false
    const depth = timestampDelta(this.#readAt, this.#writtenTo)
    if (depth <= 0) {
      this.#running = false
      return false
    }
    if (depth > TOO_FULL + FRAME) this.#skip(FRAME)
    const ring = this.#ring
    for (let i = 0; i < FRAME; i++) {
      const place = (this.#readAt + i) & (CAPACITY - 1)
      into[i] = ring[place]!
      ring[place] = 0
    }
    this.#readAt = (this.#readAt + FRAME) | 0
    return true
  }

  /** Forgets everything; the next packet starts anew. */
  clear(): void {
    this.#ring.fill(0)
    this.#running = false
    this.#started = false
  }

  #skip(samples: number): void {
    for (let i = 0; i < Math.min(samples, CAPACITY); i++) {
      this.#ring[(this.#readAt + i) & (CAPACITY - 1)] = 0
    }
    this.#readAt = (this.#readAt + samples) | 0
  }
}
