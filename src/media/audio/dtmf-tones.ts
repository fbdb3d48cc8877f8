// Keys as tones in the audio (ITU-T Q.23: one of four low and one of four high frequencies): made for peers that know no
// telephone-event, and told from speech in what such peers send.

import { FRAME_SAMPLES, SAMPLE_RATE } from './clip.ts'
import { energyShare, rms } from './goertzel.ts'

const LOW_HZ = [697, 770, 852, 941] as const
const HIGH_HZ = [1209, 1336, 1477, 1633] as const
const KEYS = ['123A', '456B', '789C', '*0#D'] as const

/** Of each of the two tones: together 10 dB under full scale, loud enough to be heard over a codec and no louder. */
const PEAK = 5000

/** The sound of keys, 20 ms at a time; the phase runs on, so that a key is one unbroken tone. */
export class DtmfTone {
  readonly #frame = new Int16Array(FRAME_SAMPLES)
  #at = 0

  /** The next frame of that key, used again; undefined for what is no key. `first`: the key is pressed now. */
  next(key: string, first: boolean): Int16Array | undefined {
    const pair = frequenciesOf(key)
    if (pair === undefined) return undefined
    if (first) this.#at = 0
    const [low, high] = pair.map((hz) => (2 * Math.PI * hz) / SAMPLE_RATE) as [number, number]
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const t = this.#at + i
      this.#frame[i] = Math.round(PEAK * (Math.sin(low * t) + Math.sin(high * t)))
    }
    this.#at += FRAME_SAMPLES
    return this.#frame
  }
}

/** The two frequencies of a key. */
export function frequenciesOf(key: string): readonly [number, number] | undefined {
  for (const [row, keys] of KEYS.entries()) {
    const column = key.length === 1 ? keys.indexOf(key) : -1
    if (column >= 0) return [LOW_HZ[row]!, HIGH_HZ[column]!]
  }
  return undefined
}

/** Below this a window is nothing: about -50 dB of full scale, under what ITU-T Q.24 asks to be heard. */
const RMS_MIN = 80
/** Share of the energy in the two tones: in a window that is sure, and in every one. */
const SHARE_SURE = 0.78
const SHARE_MIN = 0.45
/** How far the two tones may differ in power: 8 dB either way (ITU-T Q.24 asks for 4 and 8). */
const TWIST_MAX = 6.3
/** What any other frequency of the same group may have of the tone's power. */
const NEIGHBOUR_MAX = 0.2
/** Voices have harmonics, keys have none. */
const HARMONIC_MAX = 0.1
/** A key needs so many windows in a row: 40 ms, or 60 ms where none of them is sure. */
const WINDOWS_MIN = 2
const WINDOWS_UNSURE = 3
/** A pause of 40 ms that was heard ends a key; packets that are missing count half. */
const MISSES_MAX = 4

/** Finds keys in 20 ms frames of 8 kHz; each key once, when it has been held for 40 ms. */
export class DtmfDetector {
  #candidate: string | undefined
  #windows = 0
  #sure = false
  /** The key that is held, told already. */
  #held: string | undefined
  #misses = 0

  /** The key that this frame has made certain. `frame` undefined: nothing arrived. */
  hear(frame: Int16Array | undefined): string | undefined {
    const found = frame === undefined ? undefined : keyIn(frame)
    if (found !== undefined && found.key === this.#held) {
      this.#misses = 0
      return undefined
    }
    if (this.#held !== undefined) {
      this.#misses += frame === undefined ? 1 : 2
      if (this.#misses >= MISSES_MAX) this.#held = undefined
    }
    if (found === undefined) {
      if (frame !== undefined) this.#forget()
      return undefined
    }
    if (found.key !== this.#candidate) {
      this.#forget()
      this.#candidate = found.key
    }
    this.#windows++
    this.#sure ||= found.share >= SHARE_SURE
    if (this.#windows < (this.#sure ? WINDOWS_MIN : WINDOWS_UNSURE)) return undefined
    this.#held = found.key
    this.#misses = 0
    this.#forget()
    return found.key
  }

  #forget(): void {
    this.#candidate = undefined
    this.#windows = 0
    this.#sure = false
  }
}

const lowShares = new Float64Array(4)
const highShares = new Float64Array(4)

/** The key that one window shows. */
function keyIn(frame: Int16Array): { readonly key: string; readonly share: number } | undefined {
  if (rms(frame) < RMS_MIN) return undefined
  const row = strongest(frame, LOW_HZ, lowShares)
  const column = strongest(frame, HIGH_HZ, highShares)
  if (row < 0 || column < 0) return undefined
  const [low, high] = [lowShares[row]!, highShares[column]!]
  const share = low + high
  if (share < SHARE_MIN || low > high * TWIST_MAX || high > low * TWIST_MAX) return undefined
  const harmonics = energyShare(frame, 2 * LOW_HZ[row]!) + energyShare(frame, 2 * HIGH_HZ[column]!)
  // The second harmonic of some low tones lies beside a high one, which has been measured as itself.
  const beside = Math.abs(2 * LOW_HZ[row]! - HIGH_HZ[column]!) < 200
  if (!beside && harmonics > HARMONIC_MAX) return undefined
  return { key: KEYS[row]![column]!, share }
}

/** Place of the frequency that stands out of its group; -1: none does. */
function strongest(frame: Int16Array, group: readonly number[], shares: Float64Array): number {
  let best = 0
  for (let i = 0; i < group.length; i++) {
    shares[i] = energyShare(frame, group[i]!)
    if (shares[i]! > shares[best]!) best = i
  }
  const most = shares[best]! * NEIGHBOUR_MAX
  for (let i = 0; i < group.length; i++) if (i !== best && shares[i]! > most) return -1
  return best
}
