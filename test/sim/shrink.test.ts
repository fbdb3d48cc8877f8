// A failing history is made small: a fault is planted, found in a history of many actions, and what is left after shrinking
// is a few actions that break the same promise.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { faults } from './faults/faults.ts'
import { plant } from './faults/plant.ts'
import { actionsOf, planOf } from './plan.ts'
import { shrink } from './shrink.ts'

const what = 'the peer of a leg that ends is left alone'
const seed = 3

test('shrinking leaves the few actions that break the promise', async (t) => {
  const fault = faults.find((one) => one.what === what)
  assert.ok(fault)
  const planted = await plant(fault)
  const { simulate } = planted
  const whole = await simulate(seed)
  const plan = await planted.shrink(seed, () => undefined)
  assert.ok(plan)
  const least = await simulate(seed, { plan })
  const before = actionsOf(planOf(seed)).length
  const after = before - plan.without.size
  t.diagnostic(
    `actions: ${before}, then ${after}; transitions: ${whole.transitions}, then ${least.transitions}`,
  )
  assert.equal(kindOf(least.broken), kindOf(whole.broken))
  assert.ok(after * 3 <= before, `${after} of ${before} actions are left`)
  // The smallest of all: without any one of them nothing breaks.
  const left = actionsOf(plan).filter((action) => !plan.without.has(action))
  for (const action of left) {
    const without = new Set([...plan.without, action])
    const { broken } = await simulate(seed, { plan: { ...plan, without } })
    assert.notEqual(kindOf(broken), kindOf(whole.broken), `${action} is not needed`)
  }
})

test('a history that breaks nothing is not shrunk', async () => {
  assert.equal(await shrink(seed, () => undefined), undefined)
})

function kindOf(broken: unknown): string {
  return String(broken)
    .split('\n', 1)
    .join()
    .replace(/v3:[\w-]+|\d+/g, '#')
}
