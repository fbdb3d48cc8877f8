// The simulator's part of `npm test`: fresh-enough seeds, every seed that ever failed, and the proof that a seed is a whole
// history. `npm run sim` looks further.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { failedSeeds } from './failed-seeds.ts'
import { simulate } from './simulate.ts'

const SEEDS = 300
/** Of one test, which has a time limit. */
const AT_ONCE = 50

async function holds(seed: number, found = ''): Promise<void> {
  const { broken, lastLines } = await simulate(seed)
  if (broken === undefined) return
  const why = broken instanceof Error ? (broken.stack ?? broken.message) : String(broken)
  assert.fail(`seed ${seed} ${found}\n${lastLines.join('\n')}\n${why}`)
}

for (let from = 1; from <= SEEDS; from += AT_ONCE) {
  test(`seeds ${from} to ${from + AT_ONCE - 1} keep every promise`, async () => {
    for (let seed = from; seed < from + AT_ONCE; seed++) await holds(seed)
  })
}

test('seeds that found a fault once', async () => {
  for (const { seed, found } of failedSeeds) await holds(seed, found)
})

test('the same seed gives the same history', async () => {
  for (const seed of [3, 11, 42]) {
    const [one, other] = [await simulate(seed), await simulate(seed)]
    assert.equal(one.traceHash, other.traceHash, `seed ${seed}`)
    assert.ok(one.transitions > 20, `seed ${seed} is not a history`)
  }
  const [one, other] = [await simulate(3), await simulate(4)]
  assert.notEqual(one.traceHash, other.traceHash)
})
