import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distributionOf, draw, seeded } from './traffic.ts'

const many = (text: string, seed = 1): readonly number[] => {
  const random = seeded(seed)
  const distribution = distributionOf(text)
  return Array.from({ length: 20_000 }, () => draw(distribution, random))
}
const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length / 2] ?? 0

test('durations are spread as they are called', () => {
  assert.ok(Math.abs(mean(many('exponential:90')) - 90) < 3)
  assert.ok(Math.abs(median(many('lognormal:60,0.8')) - 60) < 2)
  assert.ok(mean(many('lognormal:60,0.8')) > 75)
  assert.deepEqual(many('fixed:30').slice(0, 2), [30, 30])
})

test('the same seed gives the same history, another one another', () => {
  assert.deepEqual(many('exponential:5', 7).slice(0, 50), many('exponential:5', 7).slice(0, 50))
  assert.notDeepEqual(many('exponential:5', 7).slice(0, 5), many('exponential:5', 8).slice(0, 5))
})

test('what is no distribution is refused with examples', () => {
  for (const wrong of ['', '90', 'normal:5', 'exponential:x', 'exponential:5,1']) {
    assert.throws(() => distributionOf(wrong), /exponential:90, lognormal:60,0.8/)
  }
})
