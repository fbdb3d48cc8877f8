// A position in a clip, or in one that comes in pieces. The bytes are shared by all who hear them; only the position is
// the leg's own.

import { clipFromSamples, FRAME_SAMPLES } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ulawToLinear } from '../audio/g711.ts'
import { feedClip } from './clip-frames.ts'
import type { RtpSender } from './sender.ts'

/** Heard while the next piece is not there yet. */
const silence = clipFromSamples(new Int16Array(FRAME_SAMPLES))

export class ClipPlayer {
  readonly #pieces: AudioClip[]
  #loopsLeft: number
  #open: boolean
  #piece = 0
  #position = 0

  /** `loops`: 1 or more, or Infinity. `open`: more pieces are appended. Clips are whole frames long. */
  constructor(clip: AudioClip, loops: number, open = false) {
    this.#pieces = [clip]
    this.#loopsLeft = loops
    this.#open = open
  }

  append(clip: AudioClip | undefined): void {
    if (clip !== undefined) this.#pieces.push(clip)
  }

  /** There are no more pieces. */
  close(): void {
    this.#open = false
    // It waited for one more.
    if (this.#piece === this.#pieces.length) this.#startAgain()
  }

  get ended(): boolean {
    return this.#loopsLeft <= 0
  }

  /** Gives the sender the next 20 ms. */
  feed(sender: RtpSender, nowMs: number): void {
    feedClip(sender, this.#pieces[this.#piece] ?? silence, this.#position, nowMs)
    this.#advance()
  }

  /** The next 20 ms as samples, for a mix. */
  read(into: Int16Array): void {
    const { pcmu } = this.#pieces[this.#piece] ?? silence
    for (let i = 0; i < FRAME_SAMPLES; i++) into[i] = ulawToLinear[pcmu[this.#position + i]!]!
    this.#advance()
  }

  #advance(): void {
    const piece = this.#pieces[this.#piece]
    // Silence between two pieces moves nothing.
    if (piece === undefined) return
    this.#position += FRAME_SAMPLES
    if (this.#position + FRAME_SAMPLES <= piece.samples) return
    this.#position = 0
    this.#piece++
    if (this.#piece === this.#pieces.length && !this.#open) this.#startAgain()
  }

  #startAgain(): void {
    this.#piece = 0
    this.#loopsLeft--
  }
}
