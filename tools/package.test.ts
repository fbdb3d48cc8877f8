// What the package is made of, as far as it can be seen without building it: test/peers/package.peer.ts builds, installs
// and runs it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

test('`holdfast/testing` exports what its sources export', async () => {
  const sources = await import('../src/testing/index.ts')
  const exported = await import('holdfast/testing')
  assert.deepEqual(Object.keys(exported).sort(), Object.keys(sources).sort())
  assert.equal(exported.startLab, sources.startLab, 'and it is the same code')
})

// Scripts are switched on for the sake of our own (dependencies, prepack).
test('no dependency runs a program when it is installed', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const entries = Object.entries(lock.packages)
  assert.ok(entries.length > 100)
  assert.deepEqual(
    entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    [],
  )
})
