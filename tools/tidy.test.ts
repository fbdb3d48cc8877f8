import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tidy } from './tidy.ts'

test('the sources keep the house rules (imports, circles, length, words)', () => {
  const lines = tidy().map(({ file, line, what }) => `${file}:${line}: ${what}`)
  assert.deepEqual(lines, [])
})
