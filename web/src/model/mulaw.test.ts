import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMulaw } from './mulaw.ts'

test('G.711 table 2a: silence, the loudest samples, both signs, steps that double', () => {
  const [zero, minusZero, loudest, loudestMinus, first] = decodeMulaw(
    new Uint8Array([0xff, 0x7f, 0x80, 0x00, 0xfe]),
  )
  assert.equal(Math.abs(zero ?? 1), 0)
  assert.equal(Math.abs(minusZero ?? 1), 0)
  assert.equal(loudest, 8031 / 8192)
  assert.equal(loudestMinus, -8031 / 8192)
  assert.equal(first, 2 / 8192)
  const rising = decodeMulaw(new Uint8Array([...Array(128).keys()].map((index) => 0xff - index)))
  for (let index = 1; index < 128; index++) {
    assert.ok((rising[index] ?? 0) > (rising[index - 1] ?? 0), `${index}`)
  }
})
