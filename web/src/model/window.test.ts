import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowWindow } from './window.ts'

test('of a thousand rows only those around the view, wherever it is', () => {
  assert.deepEqual(rowWindow(1000, 40, 0, 800), { from: 0, to: 24 })
  assert.deepEqual(rowWindow(1000, 40, 4000, 800), { from: 96, to: 124 })
  assert.deepEqual(rowWindow(1000, 40, 39_200, 800), { from: 976, to: 1000 })
})

test('short lists, empty lists, and a view that is beyond the end', () => {
  assert.deepEqual(rowWindow(3, 40, 0, 800), { from: 0, to: 3 })
  assert.deepEqual(rowWindow(0, 40, 0, 800), { from: 0, to: 0 })
  assert.deepEqual(rowWindow(10, 40, 90_000, 800), { from: 9, to: 10 })
  assert.deepEqual(rowWindow(10, 40, -50, 400), { from: 0, to: 10 })
})
