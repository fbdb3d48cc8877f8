// ITU-T G.722 in mode 1 (64 kbit/s): 16 kHz sound in 8 bits per pair of samples. A filter bank of 24 taps cuts the band
// in two at 4 kHz; the lower half is coded by ADPCM in 6 bits, the upper in 2. Encoder and decoder adapt by the coded
// bits alone, so a decoder that joined late, or lost something, is back in step within some milliseconds. Blocks are
// named as in the Recommendation's §6 (BLOCK 1L, QUANTL, ...); all arithmetic is its 16-bit arithmetic.

/** Filter bank, one half; the other is its mirror image (Table 11). */
const QMF = Int32Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)
/** Decision levels of the lower band (Table 14, Q6). */
const Q6 = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650],
  ...[714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
)
/** Codes of negative and positive differences (Tables 14, 15). */
const ILN = codes(63, 62, 31, 4)
const ILP = codes(61, 60, 59, 32)
/** Inverse quantisers of 6, 4 and 2 bits (Tables 16 to 18). */
const QM6 = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192],
  ...[-10232, -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576],
  ...[-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704],
  ...[14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464],
  ...[4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
)
const QM4 = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
)
const QM2 = Int32Array.of(-7408, -1616, 7408, 1616)
/** Log scale factors of the lower band by the four upper bits of its code, and of the upper band (Tables 13, 19). */
const RL42 = Int32Array.of(0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0)
const WL = Int32Array.of(-60, -30, 58, 172, 334, 538, 1198, 3042)
const WH_BY_CODE = Int32Array.of(798, -214, 798, -214)
/** 2048 * 2^(i/32). */
const ILB = Int32Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774],
  ...[2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838],
  ...[3922, 4008],
)
const NB_LOW_MAX = 18_432
const NB_HIGH_MAX = 22_528
/** The decision level of the upper band. */
const Q2 = 564
/** Samples of the past that the filter bank reaches back to. */
const PAST = 22

/** One band's predictor (BLOCK 4): two poles, six zeros, all adapted by the signs of what was decoded. */
class Band {
  /** What the next sample is expected to be. */
  s = 0
  /** Quantiser step and its logarithm. */
  det: number
  nb = 0
  #sz = 0
  #r1 = 0
  #r2 = 0
  #a1 = 0
  #a2 = 0
  #p1 = 0
  #p2 = 0
  readonly #d = new Int32Array(6)
  readonly #b = new Int32Array(6)

  constructor(det: number) {
    this.det = det
  }

  /** LOGSCL and SCALEL (or LOGSCH and SCALEH): the step follows the size of the codes. */
  scale(weight: number, nbMax: number, shift: number): void {
    let nb = ((this.nb * 127) >> 7) + weight
    if (nb < 0) nb = 0
    else if (nb > nbMax) nb = nbMax
    this.nb = nb
    const mantissa = ILB[(nb >> 6) & 31]!
    const exponent = shift - (nb >> 11)
    this.det = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2
  }

  /** Takes in the quantised difference and predicts the next sample. */
  adapt(difference: number): void {
    const d = this.#d
    const b = this.#b
    const r0 = clamp16(this.s + difference)
    const p0 = clamp16(this.#sz + difference)
    const sameAs1 = p0 >> 15 === this.#p1 >> 15
    // UPPOL2.
    const slope = clamp16(this.#a1 << 2)
    let a2 = sameAs1 ? -slope : slope
    if (a2 > 32767) a2 = 32767
    a2 = (a2 >> 7) + (p0 >> 15 === this.#p2 >> 15 ? 128 : -128) + ((this.#a2 * 32512) >> 15)
    if (a2 > 12288) a2 = 12288
    else if (a2 < -12288) a2 = -12288
    // UPPOL1.
    let a1 = clamp16((sameAs1 ? 192 : -192) + ((this.#a1 * 32640) >> 15))
    const limit = clamp16(15360 - a2)
    if (a1 > limit) a1 = limit
    else if (a1 < -limit) a1 = -limit
    // UPZERO, DELAYA and FILTEZ in one pass from the oldest on.
    // A zero cannot leave 16 bits: 128 / (1 - 32640/32768) is 32768.
    const step = difference === 0 ? 0 : 128
    const sign = difference >> 15
    let sz = 0
    for (let i = 5; i >= 0; i--) {
      const past = d[i]!
      const zero = ((b[i]! * 32640) >> 15) + (past >> 15 === sign ? step : -step)
      b[i] = zero
      const next = i === 0 ? difference : d[i - 1]!
      d[i] = next
      sz += (zero * clamp16(next + next)) >> 15
    }
    this.#sz = clamp16(sz)
    this.#r2 = this.#r1
    this.#r1 = r0
    this.#p2 = this.#p1
    this.#p1 = p0
    this.#a1 = a1
    this.#a2 = a2
    // FILTEP and PREDIC.
    const poles =
      ((a1 * clamp16(this.#r1 + this.#r1)) >> 15) + ((a2 * clamp16(this.#r2 + this.#r2)) >> 15)
    this.s = clamp16(clamp16(poles) + this.#sz)
  }
}

/** 16 kHz samples to bytes, two samples a byte. */
export class G722Encoder {
  readonly #low = new Band(32)
  readonly #high = new Band(8)
  /** The last 22 samples, then those of this call. */
  #x: Int32Array = new Int32Array(PAST + 320)

  /** Encodes all of `samples` (an even number of them) to `into` from `at`; gives the number of bytes. */
  encode(samples: Int16Array, into: Uint8Array, at = 0): number {
    if (this.#x.length < PAST + samples.length) this.#x = grown(this.#x, samples.length)
    const x = this.#x
    x.set(samples, PAST)
    const count = samples.length >> 1
    for (let n = 0; n < count; n++) {
      let odd = 0
      let even = 0
      for (let i = 0; i < 12; i++) {
        odd += x[2 * (n + i)]! * QMF[i]!
        even += x[2 * (n + i) + 1]! * QMF[11 - i]!
      }
      // 12 bits of filter gain, one because two filters are summed, one because the coder works on 15 bits.
      into[at + n] = this.#codeLow((even + odd) >> 14) | (this.#codeHigh((even - odd) >> 14) << 6)
    }
    x.copyWithin(0, samples.length, samples.length + PAST)
    return count
  }

  #codeLow(sample: number): number {
    const band = this.#low
    const error = clamp16(sample - band.s)
    const size = error >= 0 ? error : -(error + 1)
    // QUANTL: the first of 30 rising levels that is above.
    let from = 1
    let to = 30
    while (from < to) {
      const middle = (from + to) >> 1
      if (size < (Q6[middle]! * band.det) >> 12) to = middle
      else from = middle + 1
    }
    const code = error < 0 ? ILN[from]! : ILP[from]!
    const difference = (band.det * QM4[code >> 2]!) >> 15
    band.scale(WL[RL42[code >> 2]!]!, NB_LOW_MAX, 8)
    band.adapt(difference)
    return code
  }

  #codeHigh(sample: number): number {
    const band = this.#high
    const error = clamp16(sample - band.s)
    const size = error >= 0 ? error : -(error + 1)
    const far = size >= (Q2 * band.det) >> 12
    const code = error < 0 ? (far ? 0 : 1) : far ? 2 : 3
    const difference = (band.det * QM2[code]!) >> 15
    band.scale(WH_BY_CODE[code]!, NB_HIGH_MAX, 10)
    band.adapt(difference)
    return code
  }
}

/** Bytes to 16 kHz samples, two samples a byte. */
export class G722Decoder {
  readonly #low = new Band(32)
  readonly #high = new Band(8)
  /** The last 11 sums and differences of both bands, then those of this call. */
  #x: Int32Array = new Int32Array(PAST + 320)

  /** Decodes `length` bytes from `at` into the beginning of `into`; gives the number of samples. */
  decode(bytes: Uint8Array, at: number, length: number, into: Int16Array): number {
    if (this.#x.length < PAST + 2 * length) this.#x = grown(this.#x, 2 * length)
    const x = this.#x
    for (let n = 0; n < length; n++) {
      const byte = bytes[at + n]!
      const low = this.#decodeLow(byte & 0x3f)
      const high = this.#decodeHigh(byte >> 6)
      x[PAST + 2 * n] = low + high
      x[PAST + 2 * n + 1] = low - high
      let first = 0
      let second = 0
      for (let i = 0; i < 12; i++) {
        second += x[2 * (n + i)]! * QMF[i]!
        first += x[2 * (n + i) + 1]! * QMF[11 - i]!
      }
      into[2 * n] = clamp16(first >> 11)
      into[2 * n + 1] = clamp16(second >> 11)
    }
    x.copyWithin(0, 2 * length, 2 * length + PAST)
    return 2 * length
  }

  #decodeLow(code: number): number {
    const band = this.#low
    const sample = clamp15(band.s + ((band.det * QM6[code]!) >> 15))
    const difference = (band.det * QM4[code >> 2]!) >> 15
    band.scale(WL[RL42[code >> 2]!]!, NB_LOW_MAX, 8)
    band.adapt(difference)
    return sample
  }

  #decodeHigh(code: number): number {
    const band = this.#high
    const difference = (band.det * QM2[code]!) >> 15
    const sample = clamp15(band.s + difference)
    band.scale(WH_BY_CODE[code]!, NB_HIGH_MAX, 10)
    band.adapt(difference)
    return sample
  }
}

function grown(x: Int32Array, samples: number): Int32Array {
  const larger = new Int32Array(PAST + samples)
  larger.set(x.subarray(0, PAST))
  return larger
}

/** The codes of levels 1 to 30: two of their own, then falling by one. */
function codes(first: number, second: number, third: number, last: number): Int32Array {
  const list = [0, first, second]
  for (let code = third; code >= last; code--) list.push(code)
  return Int32Array.from(list)
}

function clamp16(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value
}

function clamp15(value: number): number {
  return value > 16383 ? 16383 : value < -16384 ? -16384 : value
}
