// The generated pages agree with the code they come from, and name nothing that is not there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { catalogue } from '../src/api/errors.ts'
import { generatedPages } from './generate-docs.ts'

test('docs/reference is up to date (npm run docs)', async () => {
  for (const [path, text] of await generatedPages()) {
    assert.equal(readFileSync(path, 'utf8'), text, path)
  }
})

test('the page of errors and the catalogue have the same codes', () => {
  const page = readFileSync(new URL('../docs/reference/errors.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| (\d{3}) \| (\d{5}) \|/gm)].map(
    (row) => `${row[1]} ${row[2]}`,
  )
  const known = Object.values(catalogue).map(({ status, code }) => `${status} ${code}`)
  assert.deepEqual(listed.sort(), known.sort())
})
