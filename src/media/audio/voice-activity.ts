// Is somebody speaking? Loudness against the noise of the line, 10 ms at a time. The noise is the quietest 20 ms of the
// last second: speech has such moments between its syllables, noise is hardly ever louder than twice that.

/** Of 20 ms each. */
const WINDOWS = 50
/** So much louder than the noise is a voice, and so much it must stay. */
const ON = 2.5
const OFF = 1.6
/** Until the noise is known, a voice that begins with the answer must not pass for it. */
const LEARNING_FLOOR_MAX = 500
/** Below this a window is digital silence, which says nothing about the noise that comes with the next word. */
const NOTHING = 8

export class VoiceActivity {
  readonly #least: number
  readonly #levels = new Float64Array(WINDOWS).fill(Infinity)
  #at = 0
  #windows = 0
  #half = 0
  #isHalf = false
  #floor = 0
  #loud = false

  /** `least`: mean absolute sample (of 32768) that is silence whatever the line is like. */
  constructor(least: number) {
    this.#least = least
  }

  /** Takes the mean absolute sample of 10 ms, which may be `noise` or is known not to be; true while somebody speaks. */
  hear(level: number, noise = true): boolean {
    if (noise) this.#learn(level)
    const factor = this.#loud ? OFF : ON
    this.#loud = level > Math.max(this.#least, factor * this.#floor)
    return this.#loud
  }

  #learn(level: number): void {
    this.#isHalf = !this.#isHalf
    if (this.#isHalf) {
      this.#half = level
      return
    }
    const both = (this.#half + level) / 2
    if (both < NOTHING) return
    this.#levels[this.#at] = both
    this.#at = (this.#at + 1) % WINDOWS
    this.#windows++
    let floor = Infinity
    for (let i = 0; i < WINDOWS; i++) floor = Math.min(floor, this.#levels[i]!)
    const isNew = this.#windows < WINDOWS
    this.#floor = isNew ? Math.min(floor, LEARNING_FLOOR_MAX) : floor
  }
}
