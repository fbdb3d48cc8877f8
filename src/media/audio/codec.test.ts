import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createDecoder, createEncoder, isWide, passes, samplesPerFrame } from './codec.ts'
import type { CodecName } from './codec.ts'
import { ComfortNoise } from './comfort-noise.ts'
import { energyShare, rms } from './goertzel.ts'
import { opusIsAvailable } from './opus.ts'

for (const codec of ['PCMU', 'PCMA', 'G722', 'OPUS'] as const) {
  const skip = codec === 'OPUS' && !opusIsAvailable()
  test(`${codec}: a tone of 900 Hz is one after encoding and decoding`, { skip }, () => {
    const encoder = createEncoder(codec)
    const decoder = createDecoder(codec)
    const size = samplesPerFrame(codec)
    const rate = 50 * size
    const bytes = new Uint8Array(1500)
    const heard = new Int16Array(25 * size)
    for (let frame = 0; frame < 25; frame++) {
      const tone = Int16Array.from({ length: size }, (_, i) =>
        Math.round(8000 * Math.sin((2 * Math.PI * 900 * (frame * size + i)) / rate)),
      )
      const length = encoder.encode(tone, bytes, 12)
      if (codec !== 'OPUS') assert.equal(length, 160)
      const room = heard.subarray(frame * size)
      assert.equal(decoder.decode(bytes, 12, length, room), size)
    }
    const settled = heard.subarray(10 * size)
    assert.ok(energyShare(settled, 900, rate) > 0.95)
    assert.ok(Math.abs(rms(settled) - 5657) < 600, `${rms(settled)}`)
  })
}

test('a damaged Opus packet gives no samples', { skip: !opusIsAvailable() }, () => {
  const decoder = createDecoder('OPUS')
  assert.equal(decoder.decode(Uint8Array.of(255, 255, 255, 1, 2), 0, 5, new Int16Array(1920)), 0)
})

test('G.711 passes to G.711, the others only to themselves', () => {
  const codecs: CodecName[] = ['PCMU', 'PCMA', 'G722', 'OPUS']
  for (const from of codecs) {
    for (const to of codecs) {
      assert.equal(passes(from, to), from === to || (!isWide(from) && !isWide(to)))
    }
  }
})

test('RFC 3389: noise is as loud as its level says, and never shouts', () => {
  const noise = new ComfortNoise()
  const out = new Int16Array(8000)
  for (const [level, db] of [
    [50, -50],
    [65, -65],
    [0, -30],
  ] as const) {
    noise.set(level)
    noise.fill(out)
    assert.ok(Math.abs(20 * Math.log10(rms(out) / 32768) - db) < 1)
  }
})
