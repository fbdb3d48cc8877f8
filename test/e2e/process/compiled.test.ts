// What a start leaves for the next one: compiled code, which only its owner may write, because it is run.
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../../../src/lab/server-process.ts'

test('compiled code lies in the data folder, closed to others, and the next start takes it', async () => {
  const server = await startServer()
  try {
    await server.stop({ keepData: true })
    const folder = join(server.dataDirectory, 'compiled')
    assert.equal(statSync(folder).mode & 0o077, 0)
    const [version = ''] = readdirSync(folder)
    const made = (): readonly string[] => readdirSync(join(folder, version)).sort()
    const first = made()
    const times = new Map(
      first.map((name) => [name, statSync(join(folder, version, name)).mtimeMs]),
    )
    assert.ok(first.length > 300, `${first.length} modules`)
    const again = await server.again()
    await again.stop({ keepData: true })
    const taken = first.filter(
      (name) => statSync(join(folder, version, name)).mtimeMs === times.get(name),
    )
    assert.ok(taken.length > 300, `${taken.length} modules were taken as they were`)
  } finally {
    await rm(server.dataDirectory, { recursive: true, force: true })
  }
})
