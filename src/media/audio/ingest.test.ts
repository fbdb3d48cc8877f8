import { before, mock, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AudioClip } from './clip.ts'
import { decodeAlaw, decodeUlaw, linearToAlaw, linearToUlaw } from './g711.ts'
import { G722Decoder } from './g722.ts'
import { dominantTone, energyShare, rms, toneSegments } from './goertzel.ts'
import { ingestAudio } from './ingest.ts'

const mp3 = new Uint8Array(
  readFileSync(new URL('../../../test/fixtures/tone-1000hz.mp3', import.meta.url)),
)
const limits = { bytesMax: 1_000_000, secondsMax: 10 }

interface WavOptions {
  code: number
  bits: number
  rate?: number
  channels?: number
  seconds?: number
  hz?: number
  extensible?: boolean
  extraChunks?: Uint8Array
  dataSize?: number
}

/** A WAV file of a sine at half of full scale, the same in every channel. */
function makeWav(options: WavOptions): Uint8Array {
  const { code, bits, rate = 8000, channels = 1, seconds = 0.5, hz = 440 } = options
  const frames = Math.round(rate * seconds)
  const frameBytes = (bits / 8) * channels
  const sound = new Uint8Array(frames * frameBytes)
  const view = new DataView(sound.buffer)
  for (let i = 0; i < frames; i++) {
    const value = 0.5 * Math.sin((2 * Math.PI * hz * i) / rate)
    for (let c = 0; c < channels; c++) {
      putSample(view, i * frameBytes + (c * bits) / 8, code, bits, value)
    }
  }
  const fmt = new Uint8Array(options.extensible === true ? 40 : 16)
  const head = new DataView(fmt.buffer)
  head.setUint16(0, options.extensible === true ? 0xfffe : code, true)
  head.setUint16(2, channels, true)
  head.setUint32(4, rate, true)
  head.setUint32(8, rate * frameBytes, true)
  head.setUint16(12, frameBytes, true)
  head.setUint16(14, bits, true)
  if (options.extensible === true) {
    head.setUint16(16, 22, true)
    head.setUint16(24, code, true)
  }
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', fmt),
    options.extraChunks ?? new Uint8Array(),
    chunk('data', sound, options.dataSize),
  ])
  return new Uint8Array(chunk('RIFF', body))
}

function putSample(view: DataView, at: number, code: number, bits: number, value: number): void {
  const sample = Math.round(value * 32767)
  if (code === 3)
    return bits === 32 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true)
  if (code === 6) return view.setUint8(at, linearToAlaw[sample & 0xffff]!)
  if (code === 7) return view.setUint8(at, linearToUlaw[sample & 0xffff]!)
  if (bits === 8) return view.setUint8(at, Math.round(128 + value * 127))
  if (bits === 16) return view.setInt16(at, sample, true)
  if (bits === 32) return view.setInt32(at, Math.round(value * 2147483647), true)
  view.setUint8(at, 0)
  view.setInt16(at + 1, sample, true)
}

function chunk(name: string, body: Uint8Array, size = body.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(name)
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, body])
}

async function ingested(bytes: Uint8Array): Promise<AudioClip> {
  const outcome = await ingestAudio(bytes, limits)
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.why)
  return outcome.value
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const outcome = await ingestAudio(bytes, limits)
  assert.ok(!outcome.ok)
  return outcome.why
}

function soundOf(clip: AudioClip): Int16Array {
  const samples = new Int16Array(clip.samples)
  decodeUlaw(clip.pcmu, samples)
  return samples
}

function assertTone(clip: AudioClip, hz: number, seconds: number, note: string): void {
  assert.ok(Math.abs(clip.samples - seconds * 8000) <= 160, `${note}: ${clip.samples} samples`)
  const samples = soundOf(clip)
  for (const sound of [samples, new Int16Array(clip.samples)]) {
    if (sound !== samples) decodeAlaw(clip.pcma, sound)
    const middle = sound.subarray(800, 1600)
    const heard = dominantTone(middle)
    assert.ok(heard !== undefined && Math.abs(heard - hz) <= 2, `${note}: heard ${heard}`)
    const peak = Math.max(...middle)
    assert.ok(peak > 15000 && peak < 17500, `${note}: peak ${peak}`)
  }
}

before(() => {
  mock.method(console, 'error', () => undefined)
})

test('every sample format of WAV keeps pitch, level and length', async () => {
  const formats = [
    [1, 8],
    [1, 16],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
    [6, 8],
    [7, 8],
  ] as const
  for (const [code, bits] of formats) {
    for (const extensible of [false, true]) {
      const clip = await ingested(makeWav({ code, bits, extensible }))
      assertTone(clip, 440, 0.5, `format ${code}, ${bits} bits`)
    }
  }
})

test('any rate and any number of channels', async () => {
  for (const rate of [6000, 8000, 11025, 16000, 22050, 44100, 48000, 96000]) {
    for (const channels of [1, 2]) {
      const clip = await ingested(makeWav({ code: 1, bits: 16, rate, channels }))
      assertTone(clip, 440, 0.5, `${rate} Hz, ${channels} channels`)
    }
  }
  assertTone(await ingested(makeWav({ code: 1, bits: 16, channels: 6 })), 440, 0.5, 'six channels')
})

test('what is above 4 kHz is kept for G.722', async () => {
  for (const rate of [16_000, 44_100]) {
    const clip = await ingested(makeWav({ code: 1, bits: 16, rate, hz: 5000 }))
    const wide = new Int16Array(2 * clip.samples)
    new G722Decoder().decode(clip.g722, 0, clip.samples, wide)
    const middle = wide.subarray(1600, 6400)
    assert.ok(energyShare(middle, 5000, 16_000) > 0.9, `${rate}`)
    assert.ok(rms(middle) > 9000 && rms(middle) < 13_000, `${rate}: ${rms(middle)}`)
    assert.ok(rms(soundOf(clip).subarray(800, 3200)) < 100, `${rate}`)
  }
})

test('what a telephone cannot carry is filtered out, not folded back', async () => {
  const clip = await ingested(makeWav({ code: 1, bits: 16, rate: 48000, hz: 6000 }))
  assert.deepEqual(
    toneSegments(soundOf(clip).subarray(400, 3600)).map((segment) => segment.heard.kind),
    ['silence'],
  )
})

test('a streamed or cut file is played as far as it goes', async () => {
  const unknown = makeWav({ code: 1, bits: 16, dataSize: 0xffffffff })
  assertTone(await ingested(unknown), 440, 0.5, 'unknown length')
  const whole = makeWav({ code: 1, bits: 16, seconds: 1 })
  const cut = whole.subarray(0, 44 + 8001)
  assertTone(await ingested(cut), 440, 0.5, 'cut')
})

test('optional chunks cost nothing, however hostile', async () => {
  const lists = Buffer.concat(
    Array.from({ length: 60 }, () => chunk('LIST', new Uint8Array(Buffer.from('INFO')))),
  )
  const cue = chunk('cue ', new Uint8Array([255, 255, 255, 255]))
  const extraChunks = new Uint8Array(Buffer.concat([lists, cue]))
  assertTone(await ingested(makeWav({ code: 1, bits: 16, extraChunks })), 440, 0.5, 'chunks')
})

test('MP3 is told by its content and decoded', async () => {
  const samples = soundOf(await ingested(mp3))
  assert.equal(samples.length % 160, 0)
  assert.ok(Math.abs(samples.length - 8000) <= 800, `${samples.length}`)
  const heard = dominantTone(samples.subarray(1600, 2400))
  assert.ok(heard !== undefined && Math.abs(heard - 1000) <= 2, `heard ${heard}`)
})

test('an MP3 with a tag in front, and one behind rubbish', async () => {
  const tagged = Buffer.concat([
    Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x0a'),
    Buffer.alloc(10),
    mp3,
  ])
  assert.ok((await ingested(new Uint8Array(tagged))).samples > 7000)
  const behind = Buffer.concat([Buffer.alloc(300), mp3])
  assert.ok((await ingested(new Uint8Array(behind))).samples > 7000)
})

test('refusals say what is wrong', async () => {
  assert.equal(await refusal(new Uint8Array()), 'file is empty')
  const page = new TextEncoder().encode('<!doctype html><title>Not here</title>')
  assert.equal(await refusal(page), 'file is neither WAV nor MP3')
  assert.equal(await refusal(new Uint8Array(1_000_001)), 'file is larger than 1000000 bytes')
  const long = makeWav({ code: 7, bits: 8, seconds: 10.1 })
  assert.equal(await refusal(long), 'audio is longer than 10 s')
  const many = new Uint8Array(Buffer.concat(Array.from({ length: 11 }, () => mp3)))
  assert.equal(await refusal(many), 'audio is longer than 10 s')
  assert.match(await refusal(makeWav({ code: 17, bits: 16 })), /^WAV format 17 with 16 bits/)
  assert.match(
    await refusal(makeWav({ code: 1, bits: 16 }).subarray(0, 36)),
    /without a data chunk/,
  )
  assert.match(await refusal(makeWav({ code: 1, bits: 16, seconds: 0 })), /without audio/)
  assert.match(
    await refusal(makeWav({ code: 1, bits: 16, rate: 10, seconds: 5 })),
    /10 samples per/,
  )
  assert.match(await refusal(makeWav({ code: 1, bits: 8, channels: 17 })), /17 channels/)
})

test('mutated files never throw', async () => {
  let state = 20260101
  const random = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const seeds = [
    mp3,
    makeWav({ code: 1, bits: 16, seconds: 0.1 }),
    makeWav({ code: 3, bits: 32, seconds: 0.1, extensible: true }),
    makeWav({ code: 7, bits: 8, rate: 16000, seconds: 0.1 }),
  ]
  for (let round = 0; round < 48; round++) {
    const bytes = seeds[round % seeds.length]!.slice()
    const headOnly = random(2) === 0
    for (let change = random(12); change >= 0; change--) {
      bytes[random(headOnly ? 60 : bytes.length)] = random(256)
    }
    const cut = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
    const outcome = await ingestAudio(cut, limits)
    if (outcome.ok) assert.ok(outcome.value.samples > 0 && outcome.value.samples <= 80_160)
    else assert.ok(outcome.why.length > 0)
  }
})
