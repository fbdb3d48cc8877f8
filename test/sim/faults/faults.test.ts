// Every fault of the list is found: by the seed that is written beside it, or, when the program has moved under it since, by
// one of the first others, which is then said. A checker that has become blind fails here.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { faults } from './faults.ts'
import { plant } from './plant.ts'

/** The rarest are met in one seed of a hundred. */
const OTHERS = 150

for (const fault of faults) {
  test(`found by seed ${fault.seed}: ${fault.what}`, async (t) => {
    const { simulate } = await plant(fault)
    const others = Array.from({ length: OTHERS }, (_, index) => index + 1)
    for (const seed of [fault.seed, ...others]) {
      const { broken } = await simulate(seed)
      if (broken === undefined) continue
      if (seed !== fault.seed) t.diagnostic(`found by seed ${seed} now`)
      return
    }
    assert.fail(`no seed finds: ${fault.what}`)
  })
}
