// What a leg hears of a stream in one tick, and how it lies over an overlay. Voices (voices.ts) give it, the leg reads it.

import { FRAME_SAMPLES } from '../audio/clip.ts'
import { Doubler } from '../audio/resample.ts'

/** Whoever can give the next 20 ms: 160 samples of 8 kHz or 320 of 16 kHz. */
export interface Layer {
  read(into: Int16Array): void
}

/** A leg's ear for a stream. */
export class VoiceLayer implements Layer {
  /** Something is said in this tick. */
  speaking = false
  readonly #frame = new Int16Array(FRAME_SAMPLES)
  #given = false
  #doubler: Doubler | undefined

  /** To be heard in the coming tick. */
  give(frame: Int16Array): void {
    this.#frame.set(frame)
    this.#given = true
  }

  /** The tick has come; whether there is something to hear. */
  turn(): boolean {
    this.speaking = this.#given
    this.#given = false
    return this.speaking
  }

  read(into: Int16Array): void {
    if (into.length === FRAME_SAMPLES) {
      into.set(this.#frame)
      return
    }
    this.#doubler ??= new Doubler()
    this.#doubler.double(this.#frame, into)
  }
}

const second = new Int16Array(2 * FRAME_SAMPLES)

/** What lies over the base in this tick: an overlay, a voice, both or nothing. */
export function layersOver(overlay: Layer | undefined, voice: VoiceLayer): Layer | undefined {
  if (!voice.turn()) return overlay
  return overlay === undefined ? voice : bothOf(overlay, voice)
}

function bothOf(a: Layer, b: Layer): Layer {
  return {
    read(into) {
      const other = second.subarray(0, into.length)
      a.read(into)
      b.read(other)
      for (let i = 0; i < into.length; i++) {
        into[i] = Math.max(-32_768, Math.min(32_767, into[i]! + other[i]!))
      }
    },
  }
}
