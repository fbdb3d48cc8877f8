// Sound on its way from another thread to a leg in the media thread: a ring of 20 ms frames of 8 kHz in shared memory, one
// writer, one reader. Nothing is allocated and no message is sent per frame. The writer sees how far the reader is, so that
// it knows what has been heard, and can take back what has not.

import { assert } from '../../base/assert.ts'
import { FRAME_SAMPLES } from './clip.ts'

/** Header of three 32-bit numbers: frames written, frames read, and the frame before which everything is to be skipped. */
const HEADER_NUMBERS = 3
const WRITTEN = 0
const READ = 1
const CLEARED = 2

/** Shared memory for `frames` frames, a power of two. */
export function newPlayRing(frames: number): SharedArrayBuffer {
  assert(frames > 1 && (frames & (frames - 1)) === 0, 'frames is a power of two')
  return new SharedArrayBuffer(HEADER_NUMBERS * 4 + frames * FRAME_SAMPLES * 2)
}

export class PlayRingWriter {
  readonly #counts: Int32Array
  readonly #slots: Int16Array
  readonly #frames: number

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, HEADER_NUMBERS)
    this.#slots = new Int16Array(memory, HEADER_NUMBERS * 4)
    this.#frames = this.#slots.length / FRAME_SAMPLES
  }

  /** Frames since the beginning, and those that have been heard; both wrap around at 32 bits. */
  get written(): number {
    return Atomics.load(this.#counts, WRITTEN)
  }

  get read(): number {
    return Atomics.load(this.#counts, READ)
  }

  /** Frames that wait to be heard. */
  get queued(): number {
    return (this.written - this.read) | 0
  }

  /** One slot stays free, so that the one being read is never written. */
  get full(): boolean {
    return this.queued >= this.#frames - 1
  }

  write(frame: Int16Array): void {
    assert(!this.full, 'a ring with room is written to')
    const count = this.written
    this.#slots.set(frame, (count & (this.#frames - 1)) * FRAME_SAMPLES)
    Atomics.store(this.#counts, WRITTEN, (count + 1) | 0)
  }

  /** What is written and not yet heard will not be. */
  clear(): void {
    Atomics.store(this.#counts, CLEARED, this.written)
  }
}

export class PlayRingReader {
  readonly #counts: Int32Array
  readonly #slots: Int16Array
  readonly #frames: number

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, HEADER_NUMBERS)
    this.#slots = new Int16Array(memory, HEADER_NUMBERS * 4)
    this.#frames = this.#slots.length / FRAME_SAMPLES
  }

  /** The next 160 samples into `into`; false when there are none. */
  take(into: Int16Array): boolean {
    let count = Atomics.load(this.#counts, READ)
    const cleared = Atomics.load(this.#counts, CLEARED)
    if (((cleared - count) | 0) > 0) {
      count = cleared
      Atomics.store(this.#counts, READ, count)
    }
    if (Atomics.load(this.#counts, WRITTEN) === count) return false
    const at = (count & (this.#frames - 1)) * FRAME_SAMPLES
    for (let i = 0; i < FRAME_SAMPLES; i++) into[i] = this.#slots[at + i]!
    Atomics.store(this.#counts, READ, (count + 1) | 0)
    return true
  }
}
