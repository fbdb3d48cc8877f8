// 8 kHz to 16 kHz and back, 20 ms at a time, for legs of unlike codecs. A half-band filter: every second coefficient is
// zero, so doubling costs 16 multiplications for each new sample, halving as many for each that stays. 3.4 kHz is 1 dB
// down, 4.6 kHz 20 dB and 5 kHz 39 dB; what is halved once for many to hear can afford a steeper one. State is kept
// between frames; both directions delay by 1 ms at most, a steep filter by 4 ms.

/** Coefficients at distance 1, 3, 5 ... from the middle; the sum of both sides is 1/2 and the middle itself is 1/2. */
const SIDES = halfBand(8)
const REACH = SIDES.length

export class Doubler {
  #past: Float64Array = new Float64Array(2 * REACH + 160)

  /** `from` 8 kHz, `into` twice as many at 16 kHz. */
  double(from: Int16Array, into: Int16Array): void {
    const kept = 2 * REACH - 1
    this.#past = withFrame(this.#past, kept, from)
    const past = this.#past
    for (let n = 0; n < from.length; n++) {
      const middle = n + REACH - 1
      let between = 0
      for (let i = 0; i < REACH; i++) {
        between += SIDES[i]! * (past[middle - i]! + past[middle + 1 + i]!)
      }
      into[2 * n] = past[middle]!
      into[2 * n + 1] = clamp(Math.round(2 * between))
    }
    past.copyWithin(0, from.length, from.length + kept)
  }
}

/** For `Halver`: 4 kHz is cut within 0.4 kHz, for four times the work. */
export const STEEP_REACH = 32

export class Halver {
  readonly #sides: Float64Array
  #past: Float64Array

  /** `reach`: multiplications per sample. */
  constructor(reach: number = REACH) {
    this.#sides = reach === REACH ? SIDES : halfBand(reach)
    this.#past = new Float64Array(4 * reach + 320)
  }

  /** `from` 16 kHz, `into` half as many at 8 kHz. */
  halve(from: Int16Array, into: Int16Array): void {
    const sides = this.#sides
    const reach = sides.length
    const kept = 4 * reach - 2
    this.#past = withFrame(this.#past, kept, from)
    const past = this.#past
    for (let n = 0; n < into.length; n++) {
      const middle = 2 * (n + reach)
      let sum = past[middle]! / 2
      for (let i = 0; i < reach; i++) {
        const distance = 2 * i + 1
        sum += sides[i]! * (past[middle - distance]! + past[middle + distance]!)
      }
      into[n] = clamp(Math.round(sum))
    }
    past.copyWithin(0, from.length, from.length + kept)
  }
}

/** Puts a frame behind the `kept` samples of the past; a longer frame than before needs more room. */
function withFrame(past: Float64Array, kept: number, frame: Int16Array): Float64Array {
  let room = past
  if (past.length < kept + frame.length) {
    room = new Float64Array(kept + frame.length)
    room.set(past.subarray(0, kept))
  }
  room.set(frame, kept)
  return room
}

/** A windowed sinc (Blackman) with its zeros left out. */
function halfBand(reach: number): Float64Array {
  const sides = new Float64Array(reach)
  const width = 2 * reach
  let sum = 0
  for (let i = 0; i < reach; i++) {
    const distance = 2 * i + 1
    const place = 0.5 + distance / (2 * width)
    const window = 0.42 - 0.5 * Math.cos(2 * Math.PI * place) + 0.08 * Math.cos(4 * Math.PI * place)
    sides[i] = (Math.sin((Math.PI * distance) / 2) / (Math.PI * distance)) * window
    sum += sides[i]!
  }
  // What is constant stays as it is.
  return sides.map((side) => side / (4 * sum))
}

function clamp(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value
}
