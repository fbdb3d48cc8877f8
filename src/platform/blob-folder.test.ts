import { test } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobFolder } from './blob-folder.ts'

test('blobs are written whole, for the owner alone, and no name leads out of the folder', async () => {
  const root = mkdtempSync(join(tmpdir(), 'blobs-'))
  try {
    const directory = join(root, 'media')
    const blobs = blobFolder(directory)
    assert.deepEqual(await blobs.list(), [])
    assert.equal(await blobs.read('a'), undefined)
    await blobs.write('a', Uint8Array.of(1))
    await blobs.write('a', Uint8Array.of(2, 3))
    assert.deepEqual([...(await blobs.read('a'))!], [2, 3])
    assert.deepEqual(readdirSync(directory), ['a'], 'no draft is left')
    assert.equal(statSync(join(directory, 'a')).mode & 0o077, 0)
    assert.equal(statSync(directory).mode & 0o077, 0)
    await blobs.remove('a')
    await blobs.remove('a')
    assert.deepEqual(await blobs.list(), [])
    for (const name of ['../a', '..', '', 'a/b', '.hidden', 'a\\b', 'a\0']) {
      await assert.rejects(async () => blobs.write(name, Uint8Array.of(1)), /blob name/)
    }
  } finally {
    rmSync(root, { recursive: true })
  }
})
