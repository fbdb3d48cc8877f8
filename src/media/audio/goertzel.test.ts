import { test } from 'node:test'
import assert from 'node:assert/strict'
import { decodeAlaw, encodeAlaw } from './g711.ts'
import {
  appendSegment,
  classify,
  dominantTone,
  energyShare,
  sine,
  toneSegments,
} from './goertzel.ts'
import type { ToneSegment } from './goertzel.ts'

function mixed(...parts: Int16Array[]): Int16Array {
  return Int16Array.from(parts[0]!, (_, i) => parts.reduce((sum, part) => sum + part[i]!, 0))
}

function throughAlaw(samples: Int16Array): Int16Array {
  const bytes = new Uint8Array(samples.length)
  const back = new Int16Array(samples.length)
  encodeAlaw(samples, bytes)
  decodeAlaw(bytes, back)
  return back
}

test('all of a tone lies at its frequency and nothing elsewhere', () => {
  const tone = sine(440, 100)
  assert.ok(energyShare(tone, 440) > 0.99)
  assert.ok(energyShare(tone, 600) < 0.01)
  assert.equal(energyShare(new Int16Array(800), 440), 0)
})

test('any tone from 300 to 3300 Hz is named within 2 Hz, through A-law', () => {
  for (let hz = 300; hz <= 3300; hz += 37) {
    const heard = dominantTone(throughAlaw(sine(hz, 100)))
    assert.ok(heard !== undefined && Math.abs(heard - hz) <= 2, `${hz}: ${heard}`)
  }
})

test('silence, mixtures and noise are told apart', () => {
  assert.deepEqual(classify(throughAlaw(new Int16Array(800))), { kind: 'silence' })
  const mix = classify(throughAlaw(mixed(sine(500, 100), sine(905, 100), sine(1500, 100))))
  assert.ok(mix.kind === 'mix' && mix.hz.length === 3)
  assert.ok([500, 905, 1500].every((hz, i) => Math.abs(mix.hz[i]! - hz) <= 6))
  let state = 1
  const noise = Int16Array.from({ length: 800 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 12) % 8000
  })
  assert.deepEqual(classify(noise), { kind: 'other' })
  assert.deepEqual(classify(mixed(sine(500, 100), sine(900, 100)), 8000, false), { kind: 'other' })
})

test('a recording falls into segments', () => {
  const recording = new Int16Array(8000)
  recording.set(sine(440, 300), 0)
  recording.set(sine(880, 400), 4000)
  assert.deepEqual(toneSegments(recording), [
    { heard: { kind: 'tone', hz: 440 }, fromMs: 0, toMs: 300 },
    { heard: { kind: 'silence' }, fromMs: 300, toMs: 500 },
    { heard: { kind: 'tone', hz: 880 }, fromMs: 500, toMs: 900 },
    { heard: { kind: 'silence' }, fromMs: 900, toMs: 1000 },
  ])
})

test('segments join over a gap only when it is small enough', () => {
  const segments: ToneSegment[] = []
  appendSegment(segments, { heard: { kind: 'tone', hz: 440 }, fromMs: 0, toMs: 100 })
  appendSegment(segments, { heard: { kind: 'tone', hz: 445 }, fromMs: 130, toMs: 230 }, 50)
  appendSegment(segments, { heard: { kind: 'tone', hz: 440 }, fromMs: 300, toMs: 400 }, 50)
  assert.deepEqual(
    segments.map((segment) => [segment.fromMs, segment.toMs]),
    [
      [0, 230],
      [300, 400],
    ],
  )
})
