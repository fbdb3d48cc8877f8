// The search's part of `npm test`: small scopes in full, the proof that exchanging names leaves nothing out, and faults that
// it must find. `npm run model` searches the larger scopes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './explore.ts'
import { faults, faultsInTests } from './faults.ts'
import { findFault } from './find-faults.ts'
import { smallScopes } from './scope.ts'

for (const scope of smallScopes) {
  test(`every history keeps every promise: ${scope.name}`, async () => {
    const found = await explore(scope)
    const { broken } = found
    assert.equal(broken, undefined, `${broken?.why}\n${broken?.moves.join('\n')}`)
    // Moves that nobody could make any more would leave next to nothing to search.
    assert.ok(found.states > 50 && found.ends > 1, JSON.stringify(found))
  })
}

test('with names exchanged the same states are seen, and no others', async () => {
  const scope = smallScopes.find(({ crashes, ringing }) => crashes === 0 && !ringing)
  assert.ok(scope)
  for (const one of [scope, { ...scope, agents: 1, crashes: 1 }]) {
    const [reduced, all] = [await explore(one), await explore(one, { bySymmetry: false })]
    assert.equal(all.broken, undefined)
    assert.equal(reduced.states, all.orbits)
    assert.ok(all.states > reduced.states * 1.5, `${all.states} and ${reduced.states}`)
  }
})

test('faults are found', async () => {
  for (const [at, { what }] of faults.slice(0, faultsInTests).entries()) {
    assert.notEqual(await findFault(at), undefined, `not found: ${what}`)
  }
})
