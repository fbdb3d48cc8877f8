import { test } from 'node:test'
import assert from 'node:assert/strict'
import { clipBytes, clipDurationMs, clipFrom, clipFromSamples, clipFromWide } from './clip.ts'
import { joinClips, silentClip } from './clip.ts'
import type { AudioClip } from './clip.ts'
import { alawToLinear, decodeUlaw, PCMA_SILENCE, PCMU_SILENCE, ulawToLinear } from './g711.ts'
import { G722Decoder } from './g722.ts'
import { energyShare, rms, sine } from './goertzel.ts'

function narrowOf(clip: AudioClip): Int16Array {
  const samples = new Int16Array(clip.samples)
  decodeUlaw(clip.pcmu, samples)
  return samples
}

function wideOf(clip: AudioClip): Int16Array {
  const samples = new Int16Array(2 * clip.samples)
  new G722Decoder().decode(clip.g722, 0, clip.samples, samples)
  return samples
}

/** Two tones of 16 kHz sound, one that a telephone has and one that it has not. */
function twoTones(durationMs: number): Int16Array {
  // Of twice the rate: half the frequency, twice as long.
  const low = sine(500, 2 * durationMs)
  const high = sine(2500, 2 * durationMs)
  return low.map((sample, i) => (sample + high[i]!) / 2)
}

test('a clip is whole frames, padded with silence, in shared memory', () => {
  const clip = clipFromSamples(Int16Array.from({ length: 161 }, () => 4000))
  assert.equal(clip.samples, 320)
  assert.equal(clip.pcmu.length, 320)
  assert.equal(clip.pcma.length, 320)
  assert.ok(clip.pcmu.buffer instanceof SharedArrayBuffer)
  assert.equal(clip.pcmu.buffer, clip.pcma.buffer)
  assert.equal(clip.g722.length, 320)
  assert.ok(Math.abs(ulawToLinear[clip.pcmu[160]!]! - 4000) < 130)
  assert.ok(Math.abs(alawToLinear[clip.pcma[160]!]! - 4000) < 130)
  assert.ok(clip.pcmu.subarray(161).every((byte) => byte === PCMU_SILENCE))
  assert.ok(clip.pcma.subarray(161).every((byte) => byte === PCMA_SILENCE))
  assert.equal(clipDurationMs(clip), 40)
  assert.equal(clipBytes(clip), 960)
})

test('nothing at all is one frame of silence, and whole frames grow by nothing', () => {
  assert.equal(clipFromSamples(new Int16Array(0)).samples, 160)
  assert.equal(clipFromSamples(new Int16Array(480)).samples, 480)
})

test('16 kHz sound keeps what is above 4 kHz for G.722 alone; nothing of it is folded into G.711', () => {
  const clip = clipFromWide(twoTones(1000))
  assert.equal(clip.samples, 8000)
  const wide = wideOf(clip).subarray(1600)
  assert.ok(Math.abs(energyShare(wide, 5000, 16_000) - 0.5) < 0.1)
  assert.ok(Math.abs(energyShare(wide, 1000, 16_000) - 0.5) < 0.1)
  assert.ok(energyShare(narrowOf(clip).subarray(800), 1000) > 0.99)
})

test('halving moves nothing: a click at the end is at the end, and none at the beginning', () => {
  const sound = new Int16Array(6400)
  sound.fill(12_000, 6380)
  const narrow = narrowOf(clipFromWide(sound))
  assert.equal(narrow.length, 3200)
  assert.ok(narrow[3195]! > 9000, `${narrow[3195]}`)
  assert.ok(narrow.subarray(0, 3100).every((sample) => sample === 0))
})

test('a loop of G.722 goes on at its beginning as loud as it ended', () => {
  const clip = clipFromWide(twoTones(500))
  const looped = wideOf(joinClips([clip, clip])).subarray(2 * clip.samples)
  const begins = rms(looped.subarray(0, 160))
  assert.ok(Math.abs(begins / rms(looped) - 1) < 0.1, `${begins}`)
})

test('clips are joined and cut in all codecs alike', () => {
  const clip = clipFromWide(twoTones(200))
  const cut = clipFrom(joinClips([silentClip(100), clip]), 800)
  for (const codec of ['pcmu', 'pcma', 'g722'] as const) assert.deepEqual(cut[codec], clip[codec])
  assert.equal(cut.samples, clip.samples)
})

test('silence of any length is silent in every codec, and soon made', () => {
  const clip = silentClip(300_000)
  assert.equal(clipDurationMs(clip), 300_000)
  assert.ok(clip.pcmu.every((byte) => byte === PCMU_SILENCE))
  assert.ok(clip.pcma.every((byte) => byte === PCMA_SILENCE))
  assert.ok(rms(wideOf(silentClip(1000))) < 12)
  assert.equal(silentClip(0).samples, 160)
})
