import { test } from 'node:test'
import assert from 'node:assert/strict'
import { FRAME_SAMPLES } from './clip.ts'
import { decodeUlaw } from './g711.ts'
import { energyShare, toneSegments } from './goertzel.ts'
import { renderRingback, ringbackClip, ringbackTones } from './ringback.ts'

const countries =
  'at au be bg br ch cl cn cz de dk ee es fi fr gr hu il in it jp lt mx my nl no nz ph pl pt ru se sg th tw uk us-old us ve za'

test('every country of the API has a tone, and no other', () => {
  assert.deepEqual(Object.keys(ringbackTones).sort(), countries.split(' ').sort())
})

test('each period is whole frames, ends in silence and sounds at its frequencies', () => {
  for (const [country, tone] of Object.entries(ringbackTones)) {
    const samples = renderRingback(tone)
    assert.equal(samples.length % FRAME_SAMPLES, 0, country)
    assert.equal(tone.cadenceMs.length % 2, 0, country)
    assert.ok(
      samples.subarray(-800).every((sample) => sample === 0),
      country,
    )
    const sound = samples.subarray(0, (tone.cadenceMs[0]! * 8) | 0)
    const share = tone.hz.reduce((sum, hz) => sum + energyShare(sound, hz), 0)
    // Full modulation leaves two thirds of the energy in the carrier.
    assert.ok(share > (tone.modulatedByHz === undefined ? 0.9 : 0.6), `${country} ${share}`)
  }
})

test('the clip of the US is heard as 440 and 480 Hz for two seconds of six', () => {
  const clip = ringbackClip('us')
  const samples = new Int16Array(clip.samples)
  decodeUlaw(clip.pcmu, samples)
  const segments = toneSegments(samples)
  assert.deepEqual(
    segments.map((segment) => [segment.heard.kind, segment.fromMs, segment.toMs]),
    [
      ['mix', 0, 2000],
      ['silence', 2000, 6000],
    ],
  )
  assert.equal(ringbackClip('us'), clip)
  assert.equal(ringbackClip('nowhere'), clip)
  assert.equal(ringbackClip('constructor'), clip)
  assert.notEqual(ringbackClip('de'), clip)
})
