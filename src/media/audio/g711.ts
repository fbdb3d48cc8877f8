// G.711 in both laws. Every conversion is one table look-up, because it happens for each sample of each leg that is
// mixed or recorded; the tables cost 130 kB once per thread. The rule itself is ITU-T G.711 tables 1a to 2b: a sign,
// three bits of segment and four of step, mu-law bits all inverted, A-law even bits inverted (0x55).

export type G711Law = 'PCMU' | 'PCMA'

/** The byte of silence: the positive zero of mu-law, the smallest positive step of A-law. */
export const PCMU_SILENCE = 0xff
export const PCMA_SILENCE = 0xd5

const ULAW_BIAS = 0x84
const ULAW_CLIP = 32635

/** Byte to 16-bit sample. */
export const ulawToLinear: Int16Array = new Int16Array(256)
export const alawToLinear: Int16Array = new Int16Array(256)
/** Sample, read as an unsigned 16-bit number, to byte. */
export const linearToUlaw: Uint8Array = new Uint8Array(65536)
export const linearToAlaw: Uint8Array = new Uint8Array(65536)
/** One law straight to the other, for a relay between legs of different codecs. */
export const ulawToAlaw: Uint8Array = new Uint8Array(256)
export const alawToUlaw: Uint8Array = new Uint8Array(256)

/** Encodes `count` samples; `into` holds at least `at + count` bytes. */
export function encodeUlaw(from: Int16Array, into: Uint8Array, at = 0, count = from.length): void {
  for (let i = 0; i < count; i++) into[at + i] = linearToUlaw[from[i]! & 0xffff]!
}

/** As encodeUlaw, for A-law. */
export function encodeAlaw(from: Int16Array, into: Uint8Array, at = 0, count = from.length): void {
  for (let i = 0; i < count; i++) into[at + i] = linearToAlaw[from[i]! & 0xffff]!
}

/** Decodes `count` bytes of `from`, starting at `at`, into the beginning of `into`. */
export function decodeUlaw(
  from: Uint8Array,
  into: Int16Array,
  at = 0,
  count = from.length - at,
): void {
  for (let i = 0; i < count; i++) into[i] = ulawToLinear[from[at + i]!]!
}

/** As decodeUlaw, for A-law. */
export function decodeAlaw(
  from: Uint8Array,
  into: Int16Array,
  at = 0,
  count = from.length - at,
): void {
  for (let i = 0; i < count; i++) into[i] = alawToLinear[from[at + i]!]!
}

/** Translates bytes through one of the tables above, e.g. `ulawToAlaw`; `into` may be `from`. */
export function translate(table: Uint8Array, from: Uint8Array, into: Uint8Array): void {
  for (let i = 0; i < from.length; i++) into[i] = table[from[i]!]!
}

function expandUlaw(byte: number): number {
  const bits = ~byte & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + ULAW_BIAS) << ((bits & 0x70) >> 4)) - ULAW_BIAS
  return bits & 0x80 ? -magnitude : magnitude
}

function expandAlaw(byte: number): number {
  const bits = byte ^ 0x55
  const segment = (bits & 0x70) >> 4
  const step = ((bits & 0x0f) << 4) + 8
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1)
  return bits & 0x80 ? magnitude : -magnitude
}

function compressUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const biased = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS
  const segment = 24 - Math.clz32(biased) // 31 - clz gives the top bit; segment 0 has bit 7 on top.
  const step = (biased >> (segment + 3)) & 0x0f
  return ~(sign | (segment << 4) | step) & 0xff
}

function compressAlaw(sample: number): number {
  // Negative values use one's complement, so that -1 and 0 are mirror images (ITU-T G.191 alaw_compress).
  const magnitude = (sample < 0 ? ~sample : sample) >> 4
  let bits = magnitude
  if (magnitude > 15) {
    const segment = 28 - Math.clz32(magnitude) // Bit 4 on top is segment 1.
    bits = (segment << 4) | ((magnitude >> (segment - 1)) & 0x0f)
  }
  return (sample < 0 ? bits : bits | 0x80) ^ 0x55
}

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    ulawToLinear[byte] = expandUlaw(byte)
    alawToLinear[byte] = expandAlaw(byte)
  }
  for (let sample = -32768; sample <= 32767; sample++) {
    linearToUlaw[sample & 0xffff] = compressUlaw(sample)
    linearToAlaw[sample & 0xffff] = compressAlaw(sample)
  }
  for (let byte = 0; byte < 256; byte++) {
    ulawToAlaw[byte] = linearToAlaw[ulawToLinear[byte]! & 0xffff]!
    alawToUlaw[byte] = linearToUlaw[alawToLinear[byte]! & 0xffff]!
  }
}

fillTables()
