import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clockText,
  countText,
  exactTimeText,
  momentText,
  partyText,
  percentText,
  secsText,
  timeText,
} from './format.ts'

test('durations read like a clock', () => {
  const cases: readonly (readonly [number, string])[] = [
    [-3, '0:00'],
    [7.9, '0:07'],
    [754, '12:34'],
    [3599, '59:59'],
    [3723, '1:02:03'],
    [90_000, '25:00:00'],
  ]
  for (const [secs, text] of cases) assert.equal(clockText(secs), text)
})

test('a percentage that has not reached its target never looks as if it had', () => {
  assert.equal(percentText(79.99), '79 %')
  assert.equal(percentText(100), '100 %')
  assert.equal(percentText(null), '–')
})

test('seconds up to two minutes, a clock beyond', () => {
  assert.equal(secsText(28.4), '28 s')
  assert.equal(secsText(119), '119 s')
  assert.equal(secsText(120), '2:00')
  assert.equal(secsText(null), '–')
})

test('times are those of the reader; another day is told', () => {
  const at = new Date(2026, 10, 22, 14, 3, 7, 42).getTime()
  assert.equal(timeText(at), '14:03:07')
  assert.equal(exactTimeText(at), '14:03:07.042')
  assert.equal(momentText(at, at + 1000), '14:03:07')
  assert.equal(momentText(at, new Date(2026, 10, 23, 0, 0, 1).getTime()), '2026-11-22 14:03:07')
})

test('parties and counts', () => {
  assert.equal(partyText('+15550100'), '+15550100')
  assert.equal(partyText('sip:alice@example.org;transport=udp'), 'alice')
  assert.equal(partyText(''), 'unknown')
  assert.equal(countText(1, 'call'), '1 call')
  assert.equal(countText(0, 'delivery', 'deliveries'), '0 deliveries')
})
