// A position in a clip, or in one that comes in pieces. The bytes are shared by all who hear them; only the position is
// the leg's own.

import { FRAME_SAMPLES, silentClip } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { decodeUlaw } from '../audio/g711.ts'
import { G722Decoder } from '../audio/g722.ts'
import { feedClip } from './clip-frames.ts'
import type { RtpSender } from './sender.ts'

/** Heard while the next piece is not there yet. */
const silence = silentClip(20)

export class ClipPlayer {
  readonly #pieces: AudioClip[]
  #loopsLeft: number
  #open: boolean
  #piece = 0
  #position = 0
  #decoder: G722Decoder | undefined

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

  /** The next 20 ms as samples, for a mix: 160 of 8 kHz or 320 of 16 kHz. */
  read(into: Int16Array): void {
    const { pcmu, g722 } = this.#pieces[this.#piece] ?? silence
    if (into.length === FRAME_SAMPLES) {
      decodeUlaw(pcmu, into, this.#position, FRAME_SAMPLES)
      // It would be loud still when it is wanted again (C178).
      this.#decoder = undefined
    } else {
      this.#decoder ??= new G722Decoder()
      this.#decoder.decode(g722, this.#position, FRAME_SAMPLES, into)
    }
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
