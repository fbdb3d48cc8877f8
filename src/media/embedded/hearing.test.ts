import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createEncoder, isWide, samplesPerFrame } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import { energyShare, rms } from '../audio/goertzel.ts'
import { opusIsAvailable } from '../audio/opus.ts'
import { Hearing } from './hearing.ts'

/** A stream of a tone of 800 Hz and who hears it; packets arrive when told to. */
class Stream {
  readonly hearing = new Hearing()
  readonly heard: number[] = []
  readonly wideHeard: number[] = []
  frames = 0
  nothing = 0
  readonly #codec: CodecName
  readonly #encoder
  readonly #packets: { header: Header; bytes: Uint8Array }[] = []

  constructor(codec: CodecName) {
    this.#codec = codec
    this.#encoder = createEncoder(codec)
  }

  /** The next packet is made; `arrives` false: it stays on the way (`deliver`). */
  speak(arrives = true): void {
    const size = samplesPerFrame(this.#codec)
    const at = this.frames++
    const samples = Int16Array.from({ length: size }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 800 * (at * size + i)) / (size * 50))),
    )
    const bytes = new Uint8Array(1500)
    const payloadLength = this.#encoder.encode(samples, bytes, 12)
    const ticks = this.#codec === 'OPUS' ? 960 : 160
    const header = {
      ssrc: 1,
      sequence: (65_530 + at) & 0xffff,
      timestamp: (0xffff_ff00 + at * ticks) >>> 0,
      payloadOffset: 12,
      payloadLength,
    }
    this.#packets.push({ header, bytes })
    if (arrives) this.deliver(at)
  }

  deliver(index: number): void {
    const { header, bytes } = this.#packets[index]!
    this.hearing.put(header, bytes, this.#codec)
  }

  listen(ticks = 1): void {
    for (let i = 0; i < ticks; i++) {
      if (!this.hearing.take()) {
        this.nothing++
        continue
      }
      assert.equal(this.hearing.isWide, isWide(this.#codec))
      this.heard.push(...this.hearing.narrow())
      this.wideHeard.push(...this.hearing.wide())
    }
  }

  /** What was heard from the frame on. */
  from(frame: number): Int16Array {
    return Int16Array.from(this.heard.slice(frame * 160))
  }
}

type Header = Parameters<Hearing['put']>[0]

for (const codec of ['PCMU', 'PCMA', 'G722', 'OPUS'] as const) {
  const skip = codec === 'OPUS' && !opusIsAvailable()

  test(`${codec}: what is said is heard 60 ms later, at 8 and 16 kHz`, { skip }, () => {
    const stream = new Stream(codec)
    for (let i = 0; i < 50; i++) {
      stream.speak()
      stream.listen()
    }
    assert.ok(stream.nothing >= 2 && stream.nothing <= 3, `${stream.nothing} ticks of nothing`)
    assert.ok(energyShare(stream.from(10), 800) > 0.95)
    assert.ok(energyShare(Int16Array.from(stream.wideHeard.slice(3200)), 800, 16_000) > 0.95)
  })

  test(
    `${codec}: packets in the wrong order and twice are heard as if nothing were`,
    { skip },
    () => {
      const calm = new Stream(codec)
      const wild = new Stream(codec)
      for (let i = 0; i < 40; i += 2) {
        for (const stream of [calm, wild]) {
          stream.speak(false)
          stream.speak(false)
        }
        calm.deliver(i)
        calm.deliver(i + 1)
        for (const index of i === 0 ? [0, 1, 0] : [i + 1, i, i + 1]) wild.deliver(index)
        calm.listen(2)
        wild.listen(2)
      }
      assert.deepEqual(wild.heard, calm.heard)
    },
  )

  test(`${codec}: a lost packet is concealed, and nothing but it`, { skip }, () => {
    const stream = new Stream(codec)
    for (let i = 0; i < 50; i++) {
      stream.speak(i !== 20 && i !== 21)
      stream.listen()
    }
    const around = stream.from(15).subarray(0, 10 * 160)
    assert.ok(energyShare(around, 800) > 0.85, `${energyShare(around, 800)}`)
    for (let at = 0; at < around.length; at += 160) {
      assert.ok(rms(around.subarray(at, at + 160)) > 3000, `a hole at ${at / 8} ms`)
    }
    assert.ok(stream.nothing <= 3)
  })

  test(
    `${codec}: packets that begin to come 60 ms later are waited for, not thrown away`,
    { skip },
    () => {
      const stream = new Stream(codec)
      for (let i = 0; i < 100; i++) {
        stream.speak(i < 30)
        if (i >= 33) stream.deliver(i - 3)
        stream.listen()
      }
      assert.ok(energyShare(stream.from(50), 800) > 0.95)
      const holes = stream.nothing
      assert.ok(holes <= 9, `${holes} ticks of nothing`)
    },
  )

  test(
    `${codec}: when nothing comes any more there is silence after 60 ms of fading`,
    { skip },
    () => {
      const stream = new Stream(codec)
      for (let i = 0; i < 20; i++) {
        stream.speak()
        stream.listen()
      }
      stream.listen(10)
      assert.ok(stream.nothing >= 4, `${stream.nothing}`)
      stream.speak()
      stream.listen(2)
      const before = stream.heard.length
      stream.speak()
      stream.listen()
      stream.speak()
      stream.listen(3)
      assert.ok(stream.heard.length > before, 'it is heard again')
    },
  )
}

test('RFC 3389: comfort noise is heard between what is said, and ends with it', () => {
  const stream = new Stream('PCMU')
  for (let i = 0; i < 20; i++) {
    stream.speak()
    stream.listen()
  }
  const header = { ssrc: 1, sequence: 0, timestamp: 0, payloadOffset: 12, payloadLength: 1 }
  stream.hearing.putNoise(header, new Uint8Array(13).fill(50))
  stream.listen(3)
  const speechEnds = stream.heard.length / 160
  stream.listen(20)
  const noise = stream.from(speechEnds + 1)
  assert.ok(noise.length >= 18 * 160)
  assert.ok(Math.abs(20 * Math.log10(rms(noise) / 32768) + 50) < 2)
  assert.ok(energyShare(noise, 800) < 0.1)
  for (let i = 0; i < 20; i++) {
    stream.speak()
    stream.listen()
  }
  assert.ok(energyShare(Int16Array.from(stream.heard.slice(-1600)), 800) > 0.95)
})

test('a stream may change its codec', () => {
  const stream = new Stream('PCMU')
  const other = new Stream('G722')
  const hearing = stream.hearing
  Object.assign(other, { hearing })
  for (let i = 0; i < 20; i++) {
    stream.speak()
    stream.listen()
  }
  for (let i = 0; i < 30; i++) {
    other.speak()
    other.listen()
  }
  assert.ok(energyShare(other.from(10), 800) > 0.95)
})

test('what is lost of speech that follows comfort noise is concealed, not taken for its end', () => {
  const stream = new Stream('PCMU')
  const header = {
    ssrc: 1,
    sequence: 1,
    timestamp: 0xffff_ff00,
    payloadOffset: 12,
    payloadLength: 1,
  }
  stream.hearing.putNoise(header, new Uint8Array(13).fill(50))
  for (let i = 0; i < 10; i++) {
    stream.speak(i !== 7)
    stream.listen()
  }
  stream.listen(3)
  const speech = stream.from(0).slice(-8 * 160)
  for (let at = 0; at < speech.length; at += 160) {
    const loud = rms(speech.slice(at, at + 160))
    assert.ok(loud > 3000, `${loud} at ${at / 8} ms`)
  }
})
