import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelPercent } from './level.ts'

const constant = (value: number) => new Float32Array(160).fill(value)

test('the level is full at full scale, nothing in silence, and counts in decibels', () => {
  assert.equal(levelPercent([constant(1)]), 100)
  assert.equal(levelPercent([]), 0)
  assert.equal(levelPercent([constant(0)]), 0)
  assert.equal(levelPercent([constant(0.0001)]), 0)
  assert.equal(levelPercent([constant(0.1)]), 67) // -20 dB of 60.
  assert.equal(levelPercent([constant(0.01)]), 33)
  assert.equal(levelPercent([constant(-0.1), constant(0.1)]), 67)
})
