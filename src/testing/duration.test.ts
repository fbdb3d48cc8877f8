import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secondsOf } from './duration.ts'

test('durations as people write them', () => {
  assert.deepEqual(
    [90, '90', '90s', '10m', '1h30m', '1h 30m', '1.5m', '1d'].map(secondsOf),
    [90, 90, 90, 600, 5400, 5400, 90, 86_400],
  )
})

test('anything else is refused with an example', () => {
  for (const wrong of ['', 'soon', '10 minutes', '-5m', '5x']) {
    assert.throws(() => secondsOf(wrong), /write 90s, 10m, 1h30m/)
  }
})
