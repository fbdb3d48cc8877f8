// A position in a clip. The bytes are shared by all who hear them; only the position is the leg's own.

import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ulawToLinear } from '../audio/g711.ts'
import { feedClip } from './clip-frames.ts'
import type { RtpSender } from './sender.ts'

export class ClipPlayer {
  readonly clip: AudioClip
  #loopsLeft: number
  #position = 0

  /** `loops`: 1 or more, or Infinity. Clips are whole frames long. */
  constructor(clip: AudioClip, loops: number) {
    this.clip = clip
    this.#loopsLeft = loops
  }

  get ended(): boolean {
    return this.#loopsLeft <= 0
  }

  /** Gives the sender the next 20 ms. */
  feed(sender: RtpSender, nowMs: number): void {
    feedClip(sender, this.clip, this.#position, nowMs)
    this.#advance()
  }

  /** The next 20 ms as samples, for a mix. */
  read(into: Int16Array): void {
    const { pcmu } = this.clip
    for (let i = 0; i < FRAME_SAMPLES; i++) into[i] = ulawToLinear[pcmu[this.#position + i]!]!
    this.#advance()
  }

  #advance(): void {
    this.#position += FRAME_SAMPLES
    if (this.#position + FRAME_SAMPLES > this.clip.samples) {
      this.#position = 0
      this.#loopsLeft--
    }
  }
}
