import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectCutoffMs, collectPeriodMs } from './collect-empty.ts'
import { waitDeadlineMs, waitedSecs, waitLeftMs } from './max-wait.ts'

test('C5: looked at every minute at most, every second at least, never when off', () => {
  assert.equal(collectPeriodMs(3_600_000), 60_000)
  assert.equal(collectPeriodMs(5_000), 5_000)
  assert.equal(collectPeriodMs(10), 1_000)
  assert.equal(collectPeriodMs(0), undefined)
  assert.equal(collectCutoffMs(10_000, 4_000), 6_000)
})

test('C14: a deadline is absolute, and one that has passed is due', () => {
  assert.equal(waitDeadlineMs(1_000, 2_000), 3_000)
  assert.equal(waitDeadlineMs(1_000, undefined), undefined)
  assert.equal(waitLeftMs(1_000, 3_000), 2_000)
  assert.equal(waitLeftMs(5_000, 3_000), 0)
})

test('A.10: whole seconds, never negative', () => {
  assert.equal(waitedSecs(2_999, 1_000), 1)
  assert.equal(waitedSecs(500, 1_000), 0)
})
