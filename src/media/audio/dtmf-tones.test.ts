import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom } from '../../../test/support/virtual.ts'
import { DtmfDetector, DtmfTone, frequenciesOf } from './dtmf-tones.ts'
import { alawToLinear, encodeAlaw, encodeUlaw, ulawToLinear } from './g711.ts'

const FRAME = 160
const all = '0123456789ABCD*#'

/** What a detector hears in that audio, frame by frame. */
function heard(samples: Int16Array, frames = new DtmfDetector()): string {
  let keys = ''
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    keys += frames.hear(samples.subarray(at, at + FRAME)) ?? ''
  }
  return keys
}

interface Press {
  readonly holdMs: number
  readonly pauseMs: number
  readonly offsetMs?: number
  readonly gain?: number
  readonly highGain?: number
  readonly detune?: number
}

/** Keys pressed one after the other, as another phone would make them. */
function pressed(keys: string, how: Press): Int16Array {
  const { holdMs, pauseMs, offsetMs = 0, gain = 1, highGain = 1, detune = 1 } = how
  const step = (holdMs + pauseMs) * 8
  const samples = new Int16Array(offsetMs * 8 + step * keys.length + 800)
  ;[...keys].forEach((key, place) => {
    const [low, high] = frequenciesOf(key)!
    const from = offsetMs * 8 + place * step
    for (let i = 0; i < holdMs * 8; i++) {
      const angle = (2 * Math.PI * i * detune) / 8000
      const value = 5000 * gain * (Math.sin(low * angle) + highGain * Math.sin(high * angle))
      samples[from + i] = Math.round(value)
    }
  })
  return samples
}

describe('Keys as tones', () => {
  it('are found as they were made', () => {
    const tone = new DtmfTone()
    const detector = new DtmfDetector()
    let keys = ''
    for (const key of all) {
      for (let i = 0; i < 5; i++) keys += detector.hear(tone.next(key, i === 0)) ?? ''
      for (let i = 0; i < 4; i++) keys += detector.hear(new Int16Array(FRAME)) ?? ''
    }
    assert.equal(keys, all)
    assert.equal(tone.next('w', true), undefined)
  })

  it('are found once each, at any place of the frames, short, quiet, bent and slanted', () => {
    const press = { holdMs: 100, pauseMs: 80 }
    for (let offsetMs = 0; offsetMs < 20; offsetMs += 3) {
      assert.equal(heard(pressed('1558*#0', { ...press, offsetMs })), '1558*#0', `${offsetMs}`)
    }
    assert.equal(heard(pressed(all, { ...press, holdMs: 60, offsetMs: 7 })), all, 'short')
    assert.equal(heard(pressed(all, { ...press, gain: 0.03 })), all, 'quiet')
    assert.equal(heard(pressed(all, { ...press, detune: 1.012 })), all, 'bent')
    assert.equal(heard(pressed(all, { ...press, highGain: 0.5 })), all, 'slanted')
    assert.equal(heard(pressed(all, { ...press, gain: 0.5, highGain: 2 })), all, 'slanted')
    assert.equal(heard(pressed('5', { holdMs: 3000, pauseMs: 50 })), '5', 'long')
  })

  it('are found behind both laws of G.711 and in noise', () => {
    const samples = pressed(all, { holdMs: 100, pauseMs: 80, gain: 0.3 })
    const random = new SeededRandom(5)
    const bytes = new Uint8Array(samples.length)
    encodeUlaw(samples, bytes)
    assert.equal(heard(Int16Array.from(bytes, (byte) => ulawToLinear[byte]!)), all)
    encodeAlaw(samples, bytes)
    assert.equal(heard(Int16Array.from(bytes, (byte) => alawToLinear[byte]!)), all)
    const noisy = samples.map((one) => one + random.below(1001) - 500)
    assert.equal(heard(noisy), all)
  })

  it('go on over a lost packet, and end with a pause', () => {
    const samples = pressed('7', { holdMs: 400, pauseMs: 100 })
    const detector = new DtmfDetector()
    let keys = ''
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      const lost = at / FRAME === 8 || at / FRAME === 9
      keys += detector.hear(lost ? undefined : samples.subarray(at, at + FRAME)) ?? ''
    }
    assert.equal(keys, '7')
    assert.equal(heard(pressed('77', { holdMs: 100, pauseMs: 60 })), '77')
  })

  it('are not found in silence, noise, single tones, chords and voices', () => {
    const random = new SeededRandom(9)
    const seconds = 60 * 8000
    const noise = Int16Array.from({ length: seconds }, () => random.below(20_001) - 10_000)
    assert.equal(heard(new Int16Array(8000)) + heard(noise), '')
    for (const parts of [[697], [1336], [440, 480], [350, 440], [425], [941, 697, 1336]]) {
      const chord = Int16Array.from({ length: 8000 }, (_, i) =>
        parts.reduce((sum, hz) => sum + 4000 * Math.sin((2 * Math.PI * hz * i) / 8000), 0),
      )
      assert.equal(heard(chord), '', parts.join('+'))
    }
    // Harder than speech: two harmonics stand out at any time. 22 minutes of Flite gave no key at all.
    const mistaken = heard(voice(seconds, random))
    assert.ok(mistaken.length <= 4, mistaken)
  })
})

/** Something like a voice: a gliding pitch with harmonics, shaped by two gliding formants, in syllables. */
function voice(length: number, random: SeededRandom): Int16Array {
  const samples = new Int16Array(length)
  let [phase, pitch, glide, first, second] = [0, 120, 0, 500, 1500]
  for (let i = 0; i < length; i++) {
    if (i % 1200 === 0) {
      pitch = 90 + random.below(160)
      glide = (random.below(5) - 2) * 0.01
      first = 300 + random.below(600)
      second = 900 + random.below(1500)
    }
    pitch += glide
    phase += (2 * Math.PI * pitch) / 8000
    let value = 0
    for (let k = 1; k * pitch < 3400; k++) {
      const near = (formant: number): number => 1 / (1 + ((k * pitch - formant) / 120) ** 2)
      value += (0.4 / k + near(first) + 0.7 * near(second)) * Math.sin(k * phase)
    }
    samples[i] = Math.round(4000 * value * Math.sin((Math.PI * (i % 1200)) / 1200))
  }
  return samples
}
