// One tone that stays: the beep of an answering machine, a ringback, a fax. A voice is never the same single frequency at the
// same loudness for long. Each 20 ms the energy is looked at in bins of 50 Hz; a tone lies in one or two of them.

import { SAMPLE_RATE } from './clip.ts'

const FROM_HZ = 350
const STEP_HZ = 50
const BINS = 46
/** Share of the window's energy that the tone and its neighbour bin must hold: a tone between two bins leaves 0.81 there. */
const SHARE_MIN = 0.66
/** Two windows show the same tone when their estimates are this close. */
const SAME_HZ = 30
/** And as loud: 4 dB either way. */
const SAME_POWER = 2.5
/** Mean absolute sample below which a window is nothing: the idle noise of G.711. */
const LEVEL_MIN = 60

const coefficients = Float64Array.from(
  { length: BINS },
  (_, bin) => 2 * Math.cos((2 * Math.PI * (FROM_HZ + bin * STEP_HZ)) / SAMPLE_RATE),
)

/** Follows the present tone. What it says is good until the next `hear`. */
export class SteadyTone {
  readonly #powers = new Float64Array(BINS)
  /** Frames of the present tone, one that was missed in between included; 0: none. */
  frames = 0
  /** Of the present tone, about. */
  hz = 0
  /** Frames of the tone that ended with this frame; 0: none did. */
  endedFrames = 0
  /** Of the tone that ended. */
  endedHz = 0
  /** Mean absolute sample of the tone that ended. */
  endedLevel = 0
  #power = 0
  #level = 0
  #missed = false
  #foundHz = 0
  #foundPower = 0
  #foundLevel = 0

  /** 160 samples of 8 kHz; undefined: nothing arrived. */
  hear(frame: Int16Array | undefined): void {
    this.endedFrames = 0
    if (frame !== undefined && this.#find(frame)) {
      if (this.frames > 0 && this.#isSame()) {
        this.frames += this.#missed ? 2 : 1
        this.hz += (this.#foundHz - this.hz) / 4
        this.#power += (this.#foundPower - this.#power) / 4
        this.#level = Math.max(this.#level, this.#foundLevel)
        this.#missed = false
        return
      }
      if (this.frames <= 1 || this.#missed) {
        this.#end()
        this.frames = 1
        this.hz = this.#foundHz
        this.#power = this.#foundPower
        this.#level = this.#foundLevel
        return
      }
    }
    // One window between two others may be spoilt by a lost packet.
    if (this.frames > 0 && !this.#missed) this.#missed = true
    else this.#end()
  }

  #end(): void {
    if (this.frames > 1) {
      this.endedFrames = this.frames
      this.endedHz = this.hz
      this.endedLevel = this.#level
    }
    this.frames = 0
    this.#missed = false
  }

  #isSame(): boolean {
    const ratio = this.#foundPower / this.#power
    return (
      Math.abs(this.#foundHz - this.hz) <= SAME_HZ && ratio < SAME_POWER && ratio > 1 / SAME_POWER
    )
  }

  /** Whether the window is one tone; which one is left in `#foundHz` and `#foundPower`. */
  #find(frame: Int16Array): boolean {
    let energy = 0
    let level = 0
    for (let i = 0; i < frame.length; i++) {
      const sample = frame[i]!
      energy += sample * sample
      level += Math.abs(sample)
    }
    if (level < LEVEL_MIN * frame.length) return false
    this.#foundLevel = level / frame.length
    let best = 0
    for (let bin = 0; bin < BINS; bin++) {
      const power = powerAt(frame, coefficients[bin]!)
      this.#powers[bin] = power
      if (power > this.#powers[best]!) best = bin
    }
    const peak = this.#powers[best]!
    const below = best === 0 ? 0 : this.#powers[best - 1]!
    const above = best === BINS - 1 ? 0 : this.#powers[best + 1]!
    const beside = Math.max(below, above)
    if (2 * (peak + beside) < SHARE_MIN * frame.length * energy) return false
    const part = Math.sqrt(beside) / (Math.sqrt(beside) + Math.sqrt(peak))
    this.#foundHz = FROM_HZ + STEP_HZ * (best + (above > below ? part : -part))
    this.#foundPower = peak + beside
    return true
  }
}

/** Goertzel's filter: the power of one Fourier bin. */
function powerAt(frame: Int16Array, coefficient: number): number {
  let s1 = 0
  let s2 = 0
  for (let i = 0; i < frame.length; i++) {
    const s0 = frame[i]! + coefficient * s1 - s2
    s2 = s1
    s1 = s0
  }
  return s1 * s1 + s2 * s2 - coefficient * s1 * s2
}
