import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoMicros, isoMillis } from './iso-time.ts'

test('isoMillis agrees with the platform on leap days, century ends and odd milliseconds', () => {
  const moments = [0, 1, 951_782_399_999, 951_782_400_000, 1_709_164_800_123, 4_107_542_399_999]
  for (const ms of moments) assert.equal(isoMillis(ms), new Date(ms).toISOString())
  for (let ms = 123; ms < 4e12; ms += 86_400_000 * 17 + 3_601_001) {
    assert.equal(isoMillis(ms), new Date(ms).toISOString())
  }
})

test('isoMicros keeps six digits', () => {
  assert.equal(isoMicros(1_741_079_411_521_992), '2025-03-04T09:10:11.521992Z')
  assert.equal(isoMicros(1_741_079_411_000_001), '2025-03-04T09:10:11.000001Z')
})
