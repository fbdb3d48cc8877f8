// Audio of one leg on its way from the media thread to another thread (a recorder, a stream): a ring of 20 ms frames in
// shared memory, one writer and one reader. Nothing is allocated and no message is sent per frame. A reader that is
// slower than real time loses the oldest frames and is told how many; the writer never waits.

import { assert } from '../../base/assert.ts'
import { FRAME_SAMPLES } from './clip.ts'

/** Header of two 32-bit numbers: frames written, and 1 when no more will come. */
const HEADER_BYTES = 8
/** A flag (1: something arrived), then what the peer said and what it was sent. */
const SLOT_SAMPLES = 1 + 2 * FRAME_SAMPLES

/** Shared memory for `frames` frames, a power of two; 64 are 1.28 s and 41 kB. */
export function newFrameRing(frames: number): SharedArrayBuffer {
  assert(frames > 1 && (frames & (frames - 1)) === 0, 'frames is a power of two')
  return new SharedArrayBuffer(HEADER_BYTES + frames * SLOT_SAMPLES * 2)
}

/** The writing end. */
export class FrameRingWriter {
  readonly #counts: Int32Array
  readonly #slots: Int16Array
  readonly #frames: number

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, 2)
    this.#slots = new Int16Array(memory, HEADER_BYTES)
    this.#frames = this.#slots.length / SLOT_SAMPLES
  }

  /** 160 samples each; `inbound` undefined: nothing arrived. */
  write(inbound: Int16Array | undefined, outbound: Int16Array): void {
    const count = Atomics.load(this.#counts, 0)
    const at = (count & (this.#frames - 1)) * SLOT_SAMPLES
    const slots = this.#slots
    slots[at] = inbound === undefined ? 0 : 1
    if (inbound === undefined) slots.fill(0, at + 1, at + 1 + FRAME_SAMPLES)
    else slots.set(inbound, at + 1)
    slots.set(outbound, at + 1 + FRAME_SAMPLES)
    Atomics.store(this.#counts, 0, (count + 1) | 0)
    Atomics.notify(this.#counts, 0)
  }

  /** No more frames will come. */
  end(): void {
    Atomics.store(this.#counts, 1, 1)
    Atomics.notify(this.#counts, 0)
  }
}

/** The reading end; in any thread. */
export class FrameRingReader {
  /** What the peer said in the frame read last (zeros when nothing arrived), and what it was sent. */
  readonly inbound: Int16Array = new Int16Array(FRAME_SAMPLES)
  readonly outbound: Int16Array = new Int16Array(FRAME_SAMPLES)
  /** Whether something arrived in the frame read last. */
  arrived = false
  /** Frames that were overwritten before they were read. */
  lost = 0
  readonly #counts: Int32Array
  readonly #slots: Int16Array
  readonly #frames: number
  #next = 0

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, 2)
    this.#slots = new Int16Array(memory, HEADER_BYTES)
    this.#frames = this.#slots.length / SLOT_SAMPLES
  }

  /** The next frame into `inbound` and `outbound`; false when there is none yet. */
  read(): boolean {
    for (;;) {
      const written = Atomics.load(this.#counts, 0)
      if (written === this.#next) return false
      // The slot being written now is the oldest one, so one less than the ring holds is safe.
      const behind = (written - this.#next) | 0
      if (behind > this.#frames - 1) {
        this.lost += behind - (this.#frames - 1)
        this.#next = (written - (this.#frames - 1)) | 0
      }
      const at = (this.#next & (this.#frames - 1)) * SLOT_SAMPLES
      const slots = this.#slots
      this.arrived = slots[at] === 1
      for (let i = 0; i < FRAME_SAMPLES; i++) {
        this.inbound[i] = slots[at + 1 + i]!
        this.outbound[i] = slots[at + 1 + FRAME_SAMPLES + i]!
      }
      const overtaken = Atomics.load(this.#counts, 0) - this.#next
      if ((overtaken | 0) < this.#frames) {
        this.#next = (this.#next + 1) | 0
        return true
      }
    }
  }

  /** Whether the writer has ended; frames may still be there to read. */
  get ended(): boolean {
    return Atomics.load(this.#counts, 1) === 1
  }
}
