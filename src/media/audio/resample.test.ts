import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rms } from './goertzel.ts'
import { Doubler, Halver, STEEP_REACH } from './resample.ts'

function tone(hz: number, rate: number): Int16Array {
  return Int16Array.from({ length: rate / 5 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / rate)),
  )
}

function inFrames(from: Int16Array, frame: number, ratio: number, step: Step): Int16Array {
  const out = new Int16Array(from.length * ratio)
  for (let at = 0; at < from.length; at += frame) {
    step(from.subarray(at, at + frame), out.subarray(at * ratio, (at + frame) * ratio))
  }
  return out.subarray(out.length / 2)
}

type Step = (from: Int16Array, into: Int16Array) => void

function gainDb(samples: Int16Array): number {
  return 20 * Math.log10(rms(samples) / (8000 / Math.SQRT2))
}

test('the telephone band passes both ways, what cannot be is stopped', () => {
  for (const hz of [100, 1000, 2500, 3200]) {
    const doubler = new Doubler()
    const up = inFrames(tone(hz, 8000), 160, 2, (from, into) => doubler.double(from, into))
    assert.ok(Math.abs(gainDb(up)) < 0.5, `${hz} Hz up: ${gainDb(up)} dB`)
    const halver = new Halver()
    const down = inFrames(tone(hz, 16_000), 320, 0.5, (from, into) => halver.halve(from, into))
    assert.ok(Math.abs(gainDb(down)) < 0.5, `${hz} Hz down: ${gainDb(down)} dB`)
  }
  for (const hz of [5000, 6000, 7500]) {
    const halver = new Halver()
    const down = inFrames(tone(hz, 16_000), 320, 0.5, (from, into) => halver.halve(from, into))
    assert.ok(gainDb(down) < -35, `${hz} Hz: ${gainDb(down)} dB`)
  }
})

test('the steep filter cuts at 4 kHz', () => {
  for (const [hz, least, most] of [
    [3600, -0.1, 0.1],
    [4400, -Infinity, -60],
    [5000, -Infinity, -60],
  ] as const) {
    const halver = new Halver(STEEP_REACH)
    const down = inFrames(tone(hz, 16_000), 320, 0.5, (from, into) => halver.halve(from, into))
    assert.ok(gainDb(down) >= least && gainDb(down) <= most, `${hz} Hz: ${gainDb(down)} dB`)
  }
})

test('there and back is the same sound, and a frame border is no edge', () => {
  const doubler = new Doubler()
  const halver = new Halver()
  const from = tone(900, 8000)
  const up = new Int16Array(320)
  const back = inFrames(from, 160, 1, (frame, into) => {
    doubler.double(frame, up)
    halver.halve(up, into)
  })
  const steps = back.subarray(1).map((sample, i) => Math.abs(sample - back[i]!))
  // The steepest place of the wave.
  assert.ok(Math.max(...steps) <= 8000 * 2 * Math.PI * (900 / 8000) * 1.05)
  assert.ok(Math.abs(gainDb(back)) < 0.3)
})

test('full scale does not wrap', () => {
  const loud = Int16Array.from({ length: 320 }, (_, i) => (i % 16 < 8 ? 32767 : -32768))
  const halved = new Int16Array(160)
  new Halver().halve(loud, halved)
  const doubled = new Int16Array(640)
  new Doubler().double(loud, doubled)
  for (const out of [halved, doubled]) {
    for (let i = 40; i < out.length - 1; i++) {
      assert.ok(Math.abs(out[i]! - out[i + 1]!) < 60_000, `a jump at ${i}`)
    }
  }
})
