import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Concealer } from './concealer.ts'
import { energyShare, rms } from './goertzel.ts'

/** Something like a voice: a fundamental and its harmonics. */
function voice(rate: number, ms: number, hz = 125): Int16Array {
  return Int16Array.from({ length: (rate * ms) / 1000 }, (_, i) => {
    const turn = (2 * Math.PI * hz * i) / rate
    return 4000 * Math.sin(turn) + 2000 * Math.sin(2 * turn) + 1000 * Math.sin(5 * turn)
  })
}

for (const rate of [8000, 16_000]) {
  test(`at ${rate} Hz a lost packet is hardly heard: same pitch, no edges, fading to silence`, () => {
    const concealer = new Concealer(rate)
    const sound = voice(rate, 400)
    const { block } = concealer
    const lost = new Set([20, 21])
    for (let i = 0; i < 40; i++) {
      if (lost.has(i)) concealer.conceal(sound, i * block)
      else concealer.good(sound, i * block)
    }
    const gap = sound.slice(20 * block, 22 * block)
    const before = sound.slice(18 * block, 20 * block)
    assert.ok(rms(gap) > 0.7 * rms(before), `${rms(gap)} of ${rms(before)}`)
    assert.ok(energyShare(sound.slice(16 * block, 24 * block), 125, rate) > 0.6)
    const steepest = Math.max(...steps(sound.subarray(0, 20 * block)))
    const steepestLater = Math.max(...steps(sound.subarray(20 * block - 1, 25 * block)))
    assert.ok(steepestLater < 1.6 * steepest, `${steepestLater} against ${steepest}`)
  })

  test(`at ${rate} Hz a long loss ends in silence after 60 ms`, () => {
    const concealer = new Concealer(rate)
    const sound = voice(rate, 100)
    const { block } = concealer
    for (let i = 0; i < 10; i++) concealer.good(sound, i * block)
    const out = new Int16Array(block)
    const loudness: number[] = []
    for (let i = 0; i < 8; i++) {
      assert.equal(concealer.exhausted, i >= 6)
      concealer.conceal(out, 0)
      loudness.push(Math.round(rms(out)))
    }
    for (let i = 2; i < 7; i++) assert.ok(loudness[i]! < loudness[i - 1]!, `${loudness.join(' ')}`)
    assert.ok(loudness[4]! > 0)
    assert.deepEqual(loudness.slice(6), [0, 0])
  })
}

test('silence is concealed by silence, and what had no past is not invented', () => {
  const concealer = new Concealer(8000)
  const out = new Int16Array(80).fill(7)
  concealer.conceal(out, 0)
  assert.ok(out.every((sample) => sample === 0))
})

function steps(samples: Int16Array): number[] {
  return [...samples.subarray(1)].map((sample, i) => Math.abs(sample - samples[i]!))
}
