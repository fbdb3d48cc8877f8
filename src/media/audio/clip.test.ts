import { test } from 'node:test'
import assert from 'node:assert/strict'
import { clipBytes, clipDurationMs, clipFromSamples } from './clip.ts'
import { alawToLinear, PCMA_SILENCE, PCMU_SILENCE, ulawToLinear } from './g711.ts'

test('a clip is whole frames, padded with silence, in shared memory', () => {
  const clip = clipFromSamples(Int16Array.from({ length: 161 }, () => 4000))
  assert.equal(clip.samples, 320)
  assert.equal(clip.pcmu.length, 320)
  assert.equal(clip.pcma.length, 320)
  assert.ok(clip.pcmu.buffer instanceof SharedArrayBuffer)
  assert.equal(clip.pcmu.buffer, clip.pcma.buffer)
  assert.ok(Math.abs(ulawToLinear[clip.pcmu[160]!]! - 4000) < 130)
  assert.ok(Math.abs(alawToLinear[clip.pcma[160]!]! - 4000) < 130)
  assert.ok(clip.pcmu.subarray(161).every((byte) => byte === PCMU_SILENCE))
  assert.ok(clip.pcma.subarray(161).every((byte) => byte === PCMA_SILENCE))
  assert.equal(clipDurationMs(clip), 40)
  assert.equal(clipBytes(clip), 640)
})

test('nothing at all is one frame of silence, and whole frames grow by nothing', () => {
  assert.equal(clipFromSamples(new Int16Array(0)).samples, 160)
  assert.equal(clipFromSamples(new Int16Array(480)).samples, 480)
})
