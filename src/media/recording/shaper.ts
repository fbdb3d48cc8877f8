// From the two directions of a leg to what goes into the file: which channel holds what, what is left out as silence, and
// when a recording is at its end by itself. Pure, frame by frame.

import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { SoundWriter } from './sound-writer.ts'

const FRAME_MS = 20
/** Root mean square below which a frame is silence: -47 dBFS, above the noise of a quiet line. */
const SILENCE_RMS = 150

export interface Shape {
  readonly channels: 1 | 2
  readonly track: 'both' | 'inbound' | 'outbound'
  /** 0: no limit. */
  readonly maxLengthMs: number
  /** 0: never. */
  readonly silenceMs: number
  readonly trim: boolean
}

/** `length` and `silence`: the recording is over by itself. */
export type ShapedFrame = 'going' | 'length' | 'silence'

export class Shaper {
  readonly #shape: Shape
  readonly #writer: Pick<SoundWriter, 'write'>
  readonly #frame: Int16Array
  readonly #empty: Int16Array
  #heard: boolean
  /** Frames since the last sound. */
  #quiet = 0
  /** Silent frames that are written only when sound comes again (`trim`). */
  #held = 0
  #written: number

  /** `writtenMs`: of a recording that goes on. */
  constructor(shape: Shape, writer: Pick<SoundWriter, 'write'>, writtenMs = 0) {
    this.#shape = shape
    this.#writer = writer
    this.#frame = new Int16Array(FRAME_SAMPLES * shape.channels)
    this.#empty = new Int16Array(FRAME_SAMPLES * shape.channels)
    this.#written = Math.round(writtenMs / FRAME_MS)
    this.#heard = writtenMs > 0
  }

  /** What the peer said and what it heard, 160 samples each. */
  take(inbound: Int16Array, outbound: Int16Array): ShapedFrame {
    const { maxLengthMs, silenceMs, trim } = this.#shape
    const isLoud = this.#mix(inbound, outbound)
    this.#heard ||= isLoud
    this.#quiet = isLoud ? 0 : this.#quiet + 1
    if (trim && !this.#heard) return 'going'
    if (trim && !isLoud) this.#held += 1
    else {
      for (; this.#held > 0; this.#held--) this.#writer.write(this.#empty)
      this.#writer.write(this.#frame)
    }
    this.#written += 1
    if (maxLengthMs > 0 && this.#written * FRAME_MS >= maxLengthMs) return 'length'
    const isOver = silenceMs > 0 && this.#heard && this.#quiet * FRAME_MS >= silenceMs
    return isOver ? 'silence' : 'going'
  }

  /** Fills the frame; whether there is sound in it. */
  #mix(inbound: Int16Array, outbound: Int16Array): boolean {
    const { channels, track } = this.#shape
    const frame = this.#frame
    let power = 0
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const a = track === 'outbound' ? 0 : inbound[i]!
      const b = track === 'inbound' ? 0 : outbound[i]!
      power += a * a + b * b
      if (channels === 2) {
        frame[2 * i] = a
        frame[2 * i + 1] = b
      } else {
        frame[i] = Math.max(-32_768, Math.min(32_767, a + b))
      }
    }
    return power > SILENCE_RMS * SILENCE_RMS * FRAME_SAMPLES
  }
}
