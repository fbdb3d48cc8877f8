import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OrderedIndex } from './ordered-index.ts'

test('an index of many chunks agrees with a plain list', () => {
  const index = new OrderedIndex<{ order: number }>()
  let list = Array.from({ length: 2_000 }, (_, order) => ({ order }))
  for (const row of list) index.add(row)
  for (const row of [...list]) {
    if (row.order % 3 === 0 || (row.order > 600 && row.order < 1_300)) index.delete(row)
  }
  list = list.filter(({ order }) => order % 3 !== 0 && !(order > 600 && order < 1_300))
  assert.equal(index.size, list.length)
  for (const from of [0, 1, 399, 400, 850]) {
    assert.deepEqual(index.slice(from, 40), list.slice(from, from + 40))
  }
  for (const order of [0, 5, 700, 1_301, 9_999]) {
    assert.equal(index.rank(order), list.filter((row) => row.order < order).length)
  }
})

test('deleting what is not there changes nothing', () => {
  const index = new OrderedIndex<{ order: number }>()
  index.add({ order: 1 })
  index.delete({ order: 7 })
  index.delete({ order: 0 })
  assert.equal(index.size, 1)
})
