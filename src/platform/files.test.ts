import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readTextFile, secretFile } from './files.ts'

test('a secret file has mode 0600, is replaced whole, and closed when it was open to others', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'data', 'api-key')
  const file = secretFile(path)
  assert.equal(file.read(), undefined)
  file.write('one\n')
  file.write('two\n')
  assert.equal(file.read(), 'two\n')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(folder, 'data')), ['api-key'])
  chmodSync(path, 0o644)
  file.read()
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('an unreadable path is an error, a missing one is not', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.equal(readTextFile(join(folder, 'missing')), undefined)
  assert.throws(() => readTextFile(folder), { code: 'EISDIR' })
})
