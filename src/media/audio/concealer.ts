// What is heard where a packet was lost: the last period of the voice goes on and fades (in the manner of ITU-T G.711
// Appendix I). Speech repeats itself 66 to 200 times a second, so the last period is found by correlation; it is
// repeated as it is for 10 ms, then loses a fifth per 10 ms, and after 60 ms there is silence. The first good samples
// are blended in. Works on 10 ms of any rate, and adds no delay: unlike the Appendix it does not rework the past.

/** Milliseconds. */
const PERIOD_MIN = 5
const PERIOD_MAX = 15
const COMPARED = 20
const BLEND = 4
const FADE_BLOCKS = 6

export class Concealer {
  /** Samples of 10 ms. */
  readonly block: number
  readonly #perMs: number
  /** The last 50 ms of what was heard: a window to compare and the longest period. */
  readonly #past: Int16Array
  readonly #cycle: Float64Array
  #period = 0
  #place = 0
  #lost = 0

  /** `rate`: 8000 or 16000. */
  constructor(rate: number) {
    this.#perMs = rate / 1000
    this.block = 10 * this.#perMs
    this.#past = new Int16Array((COMPARED + PERIOD_MAX + PERIOD_MAX) * this.#perMs)
    this.#cycle = new Float64Array(PERIOD_MAX * this.#perMs)
  }

  /** Whether enough was lost in a row that there is nothing left to repeat. */
  get exhausted(): boolean {
    return this.#lost >= FADE_BLOCKS
  }

  /** Nothing was heard before: what follows has no past. */
  reset(): void {
    this.#past.fill(0)
    this.#lost = 0
  }

  /** 10 ms arrived: `samples` from `at` are remembered, and blended with the concealment if some was lost before. */
  good(samples: Int16Array, at: number): void {
    if (this.#lost > 0) this.#blend(samples, at)
    this.#lost = 0
    this.#remember(samples, at)
  }

  /** 10 ms were lost: writes what is to be heard instead. */
  conceal(into: Int16Array, at: number): void {
    const { block } = this
    if (this.#lost === 0) this.#findPeriod()
    const from = fadeAt(this.#lost)
    const to = fadeAt(this.#lost + 1)
    for (let i = 0; i < block; i++) {
      into[at + i] = Math.round(this.#next() * (from + ((to - from) * i) / block))
    }
    this.#lost = Math.min(this.#lost + 1, FADE_BLOCKS)
    this.#remember(into, at)
  }

  #blend(samples: Int16Array, at: number): void {
    const length = BLEND * this.#perMs
    const loudness = fadeAt(this.#lost)
    for (let i = 0; i < length; i++) {
      const share = i / length
      samples[at + i] = Math.round(samples[at + i]! * share + this.#next() * loudness * (1 - share))
    }
  }

  #next(): number {
    const sample = this.#cycle[this.#place]!
    this.#place = this.#place + 1 === this.#period ? 0 : this.#place + 1
    return sample
  }

  #remember(samples: Int16Array, at: number): void {
    const past = this.#past
    past.copyWithin(0, this.block)
    const start = past.length - this.block
    for (let i = 0; i < this.block; i++) past[start + i] = samples[at + i]!
  }

  /** The lag with the best normalised correlation over the last 20 ms; every second sample tells enough. */
  #findPeriod(): void {
    const past = this.#past
    const end = past.length
    const from = end - COMPARED * this.#perMs
    const step = this.#perMs >> 2
    let best = 0
    this.#period = PERIOD_MAX * this.#perMs
    for (let lag = PERIOD_MIN * this.#perMs; lag <= PERIOD_MAX * this.#perMs; lag++) {
      let product = 0
      let energy = 1
      for (let i = from; i < end; i += step) {
        const earlier = past[i - lag]!
        product += past[i]! * earlier
        energy += earlier * earlier
      }
      const score = product <= 0 ? 0 : (product * product) / energy
      if (score <= best) continue
      best = score
      this.#period = lag
    }
    this.#place = 0
    this.#fillCycle()
  }

  /** The last period; its last quarter leads over to its own beginning. */
  #fillCycle(): void {
    const past = this.#past
    const period = this.#period
    const start = past.length - period
    const overlap = period >> 2
    for (let i = 0; i < period; i++) this.#cycle[i] = past[start + i]!
    for (let i = 0; i < overlap; i++) {
      const share = (i + 1) / (overlap + 1)
      const place = period - overlap + i
      this.#cycle[place] = this.#cycle[place]! * (1 - share) + past[start - overlap + i]! * share
    }
  }
}

/** Loudness after `blocks` of 10 ms: 1 for the first, then a fifth less each. */
function fadeAt(blocks: number): number {
  return blocks <= 1 ? 1 : Math.max(0, 1 - (blocks - 1) / (FADE_BLOCKS - 1))
}
