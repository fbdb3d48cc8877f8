import assert from 'node:assert/strict'
import { test } from 'node:test'

import { G722Decoder, G722Encoder } from './g722.ts'

function tone16(hz: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: 16_000 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / 16_000)),
  )
}

/** Signal to noise in dB of a tone after encoding and decoding, the filters' delay of 22 samples taken off. */
function throughCodec(hz: number, amplitude: number): number {
  const tone = tone16(hz, amplitude)
  const encoder = new G722Encoder()
  const decoder = new G722Decoder()
  const out = new Int16Array(tone.length)
  const bytes = new Uint8Array(160)
  for (let at = 0; at < tone.length; at += 320) {
    encoder.encode(tone.subarray(at, at + 320), bytes)
    decoder.decode(bytes, 0, 160, out.subarray(at, at + 320))
  }
  let best = -Infinity
  for (let delay = 20; delay <= 24; delay++) {
    let signal = 0
    let noise = 0
    for (let i = 1600; i < tone.length; i++) {
      signal += tone[i - delay]! ** 2
      noise += (out[i]! - tone[i - delay]!) ** 2
    }
    best = Math.max(best, 10 * Math.log10(signal / Math.max(1, noise)))
  }
  return best
}

for (const [hz, dbMin] of [
  [300, 35],
  [1000, 30],
  [2000, 25],
  [3000, 20],
  [5000, 10],
  [6500, 10],
] as const) {
  test(`a tone of ${hz} Hz comes back, ${dbMin} dB above what is added`, () => {
    const db = throughCodec(hz, 8000)
    assert.ok(db > dbMin, `${db.toFixed(1)} dB`)
  })
}

test('loud and soft tones come back: the step follows', () => {
  for (const amplitude of [100, 1000, 16_000, 28_000]) {
    const db = throughCodec(700, amplitude)
    assert.ok(db > 20, `amplitude ${amplitude}: ${db.toFixed(1)} dB`)
  }
})

test('a decoder that joins late, or lost a second, is the same again within half a second', () => {
  const tone = tone16(440, 8000)
  const encoder = new G722Encoder()
  const steady = new G722Decoder()
  const late = new G722Decoder()
  const bytes = new Uint8Array(160)
  const one = new Int16Array(320)
  const other = new Int16Array(320)
  for (let frame = 0; frame < 80; frame++) {
    encoder.encode(tone.subarray(frame * 320, frame * 320 + 320), bytes)
    steady.decode(bytes, 0, 160, one)
    if (frame < 40) continue
    late.decode(bytes, 0, 160, other)
    const apart = Math.max(...one.map((sample, i) => Math.abs(sample - other[i]!)))
    if (frame >= 65) assert.equal(apart, 0)
    if (frame >= 48) assert.ok(apart < 2000, `frame ${frame}: ${apart} apart`)
  }
})

test('any bytes decode to samples', () => {
  const decoder = new G722Decoder()
  const out = new Int16Array(320)
  let seed = 1
  for (let frame = 0; frame < 500; frame++) {
    const bytes = Uint8Array.from({ length: 160 }, () => (seed = (seed * 16_807) % 2147483647))
    assert.equal(decoder.decode(bytes, 0, 160, out), 320)
  }
})
