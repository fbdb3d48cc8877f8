// Evens out the packets of a codec that sends one byte per tick of its 8 kHz clock (G.711, G.722): bytes are written
// where their timestamp says and read 10 ms at a time from a point that starts 60 ms behind. Duplicates are written
// twice, reordering disappears, what is missing is told, so that it can be concealed. When packets come later than they
// did, the reading point waits for them (what is heard meanwhile is a concealment that takes time) and the delay
// grows; when it is above 120 ms, 10 ms are left out. Nothing for 60 ms: it starts anew with the next packet.

import { timestampDelta } from './sequence.ts'

/** Power of two, so that wrapping is a mask; 512 ms. */
const CAPACITY = 4096
/** Bytes of 10 ms. */
export const BLOCK_BYTES = 80
const TARGET = 480
const TOO_FULL = 2 * TARGET + BLOCK_BYTES
const STALE = 2400
/** A timestamp this far from the last one is another time line, not a gap: 2 s. */
const JUMP = 16_000
const DRY_BLOCKS_MAX = 6

/** `none`: nothing is heard; `held`: the bytes are there; `lost`: they are missing. */
export type Taken = 'none' | 'held' | 'lost'

export class ByteBuffer {
  readonly #ring = new Uint8Array(CAPACITY)
  /** 1 where `#ring` has a byte that was not read yet. */
  readonly #held = new Uint8Array(CAPACITY)
  #running = false
  #started = false
  #ssrc = 0
  #readAt = 0
  #writtenTo = 0
  /** The first packet's timestamp, and whether it was reached. */
  #firstAt = 0
  #begun = false
  /** Blocks told as lost while it was dry, without moving on. */
  #dry = 0

  /** Stores `length` bytes from `at`. */
  put(ssrc: number, timestamp: number, bytes: Uint8Array, at: number, length: number): void {
    if (length === 0 || length > CAPACITY - TOO_FULL) return
    const jump = timestampDelta(this.#writtenTo, timestamp)
    if (!this.#started || ssrc !== this.#ssrc || jump > JUMP || jump < -JUMP) this.clear()
    if (!this.#running) {
      this.#running = true
      this.#started = true
      this.#ssrc = ssrc
      this.#readAt = (timestamp - TARGET) | 0
      this.#writtenTo = timestamp
      this.#firstAt = timestamp
      this.#begun = false
      this.#held.fill(0)
    }
    const ahead = timestampDelta(this.#readAt, timestamp)
    if (ahead < 0) return
    // A burst after a stall: what does not fit any more pushes the reading point on.
    const over = ahead + length - CAPACITY
    if (over > 0) this.#skip(over)
    for (let i = 0; i < length; i++) {
      const place = (timestamp + i) & (CAPACITY - 1)
      this.#ring[place] = bytes[at + i]!
      this.#held[place] = 1
    }
    if (timestampDelta(this.#writtenTo, timestamp + length) > 0) {
      this.#writtenTo = (timestamp + length) | 0
    }
  }

  /** Moves the next 10 ms into `into` from `at`; what is written there unless it is `held` means nothing. */
  take(into: Uint8Array, at: number): Taken {
    if (!this.#running) return 'none'
    let depth = timestampDelta(this.#readAt, this.#writtenTo)
    if (depth > STALE) {
      // Nobody read for a while: what is old is not wanted any more.
      this.#skip(depth - TARGET)
      depth = TARGET
    } else if (depth > TOO_FULL) {
      this.#skip(BLOCK_BYTES)
      depth -= BLOCK_BYTES
    }
    if (depth <= 0) {
      if (++this.#dry <= DRY_BLOCKS_MAX) return 'lost'
      this.stop()
      return 'none'
    }
    const waiting = !this.#begun && timestampDelta(this.#readAt, this.#firstAt) >= BLOCK_BYTES
    let taken = this.#read(into, at)
    // Until the first packet is 60 ms old nothing is heard, and nothing lost.
    if (waiting) return 'none'
    this.#begun = true
    // It was really lost, not late: the time for it has passed already.
    while (taken === 'lost' && this.#dry > 0 && depth > BLOCK_BYTES) {
      this.#dry--
      depth -= BLOCK_BYTES
      taken = this.#read(into, at)
    }
    this.#dry = 0
    return taken
  }

  /** What follows starts anew, with the full delay. */
  stop(): void {
    this.#running = false
    this.#dry = 0
  }

  /** Forgets everything. */
  clear(): void {
    this.stop()
    this.#started = false
  }

  #read(into: Uint8Array, at: number): Taken {
    let missing = 0
    for (let i = 0; i < BLOCK_BYTES; i++) {
      const place = (this.#readAt + i) & (CAPACITY - 1)
      into[at + i] = this.#ring[place]!
      missing |= this.#held[place]! ^ 1
      this.#held[place] = 0
    }
    this.#readAt = (this.#readAt + BLOCK_BYTES) | 0
    return missing === 0 ? 'held' : 'lost'
  }

  #skip(bytes: number): void {
    for (let i = 0; i < Math.min(bytes, CAPACITY); i++) {
      this.#held[(this.#readAt + i) & (CAPACITY - 1)] = 0
    }
    this.#readAt = (this.#readAt + bytes) | 0
  }
}
