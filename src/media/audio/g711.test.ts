import { test } from 'node:test'
import assert from 'node:assert/strict'
import {
  alawToLinear,
  alawToUlaw,
  decodeAlaw,
  decodeUlaw,
  encodeAlaw,
  encodeUlaw,
  linearToAlaw,
  linearToUlaw,
  PCMA_SILENCE,
  PCMU_SILENCE,
  translate,
  ulawToAlaw,
  ulawToLinear,
} from './g711.ts'

test('G.711 table 2a: known mu-law points', () => {
  assert.equal(ulawToLinear[0x80], 32124)
  assert.equal(ulawToLinear[0x00], -32124)
  assert.equal(ulawToLinear[0xff], 0)
  assert.equal(ulawToLinear[0x7f], 0)
  assert.equal(ulawToLinear[0xfe], 8)
  assert.equal(ulawToLinear[0xef], 132)
  assert.equal(linearToUlaw[0], PCMU_SILENCE)
  assert.equal(linearToUlaw[32767], 0x80)
  assert.equal(linearToUlaw[-32768 & 0xffff], 0x00)
})

test('G.711 table 1a: known A-law points', () => {
  assert.equal(alawToLinear[0xd5], 8)
  assert.equal(alawToLinear[0x55], -8)
  assert.equal(alawToLinear[0xaa], 32256)
  assert.equal(alawToLinear[0x2a], -32256)
  assert.equal(linearToAlaw[0], PCMA_SILENCE)
  assert.equal(linearToAlaw[-1 & 0xffff], 0x55)
  assert.equal(linearToAlaw[32767], 0xaa)
  assert.equal(linearToAlaw[-32768 & 0xffff], 0x2a)
})

test('every byte survives decode and encode, except the second zero of mu-law', () => {
  for (let byte = 0; byte < 256; byte++) {
    assert.equal(linearToAlaw[alawToLinear[byte]! & 0xffff], byte, `A-law ${byte}`)
    const back = linearToUlaw[ulawToLinear[byte]! & 0xffff]
    assert.equal(back, byte === 0x7f ? 0xff : byte, `mu-law ${byte}`)
  }
})

test('both laws are monotonic and choose the nearest value within one quantizer step', () => {
  for (let sample = -32768; sample < 32767; sample++) {
    const u = ulawToLinear[linearToUlaw[sample & 0xffff]!]!
    const a = alawToLinear[linearToAlaw[sample & 0xffff]!]!
    assert.ok(u <= ulawToLinear[linearToUlaw[(sample + 1) & 0xffff]!]!, `mu-law at ${sample}`)
    assert.ok(a <= alawToLinear[linearToAlaw[(sample + 1) & 0xffff]!]!, `A-law at ${sample}`)
    // The widest step is a 32nd of the magnitude; beyond 32124 the codes end.
    const allowed = Math.max(16, Math.abs(sample) / 32 + 8)
    assert.ok(Math.abs(a - sample) <= allowed, `A-law error at ${sample}`)
    if (Math.abs(sample) <= 32635) assert.ok(Math.abs(u - sample) <= allowed, `mu-law at ${sample}`)
  }
})

test('both laws are symmetric about zero', () => {
  for (let byte = 0; byte < 128; byte++) {
    assert.equal(ulawToLinear[byte]! + ulawToLinear[byte | 0x80]!, 0)
    assert.equal(alawToLinear[byte]! + alawToLinear[byte | 0x80]!, 0)
  }
  for (let sample = 1; sample <= 32767; sample++) {
    assert.equal(linearToUlaw[sample]! ^ linearToUlaw[-sample & 0xffff]!, 0x80)
    assert.equal(linearToAlaw[sample]! ^ linearToAlaw[~sample & 0xffff]!, 0x80)
  }
})

test('translation between the laws is the walk over linear and settles after one round', () => {
  for (let byte = 0; byte < 256; byte++) {
    assert.equal(ulawToAlaw[byte], linearToAlaw[ulawToLinear[byte]! & 0xffff])
    const once = alawToUlaw[byte]!
    assert.equal(alawToUlaw[ulawToAlaw[once]!], once)
  }
})

test('block functions honour offsets', () => {
  const samples = Int16Array.from({ length: 160 }, (_, i) => Math.round(9000 * Math.sin(i / 5)))
  const ulaw = new Uint8Array(12 + 160)
  const alaw = new Uint8Array(12 + 160)
  encodeUlaw(samples, ulaw, 12)
  encodeAlaw(samples, alaw, 12)
  const back = new Int16Array(160)
  decodeUlaw(ulaw, back, 12)
  assert.ok(back.every((value, i) => Math.abs(value - samples[i]!) <= 300))
  decodeAlaw(alaw, back, 12)
  assert.ok(back.every((value, i) => Math.abs(value - samples[i]!) <= 300))
  const crossed = new Uint8Array(160)
  translate(ulawToAlaw, ulaw.subarray(12), crossed)
  decodeAlaw(crossed, back)
  assert.ok(back.every((value, i) => Math.abs(value - samples[i]!) <= 700))
})
