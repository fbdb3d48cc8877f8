import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, WaitHistogram } from './histogram.ts'

test('percentiles are the nearest rank, exact to the second up to ten minutes', () => {
  const waits = new WaitHistogram()
  assert.deepEqual([waits.quantile(0.5), waits.averageSecs], [null, null])
  for (let secs = 1; secs <= 10; secs++) waits.add(secs)
  assert.deepEqual([waits.quantile(0.5), waits.quantile(0.9), waits.averageSecs], [5, 9, 5.5])
  assert.equal(waits.below(5), 4)
  waits.add(3599)
  assert.equal(waits.quantile(1), 3590)
})

test('the number of buckets is bounded', () => {
  const buckets = new Set(Array.from({ length: 200_000 }, (_, secs) => bucketOf(secs)))
  assert.equal(buckets.size, 600 + 300 + 421)
  assert.equal(bucketOf(1_000_000), 28_800)
})
