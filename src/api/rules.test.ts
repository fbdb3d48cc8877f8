// Values of queries that the language reads more kindly than a client would like.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from './schema.ts'
import { rules } from './rules.ts'
import { checkAgainst, type FieldSchema } from './validate.ts'

const faults = (text: string): number => rules.time(text, 'when').length

test('a time is ISO 8601; what the parser of the language makes up is refused', () => {
  const good = [
    '2026-01-31',
    '2026-01-31T10:00:00Z',
    '2026-01-31T10:00',
    '2026-01-31t10:00:00.123456z',
  ]
  for (const text of [...good, '2026-01-31T10:00:00+02:00']) assert.equal(faults(text), 0, text)
  const bad = [
    'foo 1',
    '1',
    '0',
    'Jan 1',
    '2026',
    '-1',
    'yesterday',
    '2026-13-01',
    '2026-01-01T25:00:00Z',
  ]
  for (const text of [...bad, '2026-01-01T00:00:00 02:00']) assert.equal(faults(text), 1, text)
})

test('a page number of any length is out of range, not of another type', () => {
  const schema = Type.Object({ page: Type.Integer({ minimum: 1, maximum: 10 }) }) as FieldSchema // JSON schema.
  for (const page of ['11', '9'.repeat(16), '9'.repeat(300), '-1', '0']) {
    const checked = checkAgainst(schema, { page }, 'query')
    assert.ok(!checked.ok)
    assert.deepEqual(
      checked.problems.map(({ name }) => name),
      ['out-of-range'],
      page,
    )
  }
})
