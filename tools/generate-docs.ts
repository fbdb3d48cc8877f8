// Writes the generated pages of docs/reference; with --check it only compares, and fails when one is out of date.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiReference, errorReference } from '../src/api/reference.ts'
import { testApi } from '../src/api/testing.ts'
import { commandReference } from '../src/cli/reference.ts'
import { configurationReference } from '../src/config/reference.ts'
import { conformancePage } from '../test/conformance/api/coverage.ts'
import { eventsReference } from './events-reference.ts'
import { metricsReference } from './metrics-reference.ts'
import { rfcCoverage } from './rfc-coverage.ts'

/** Path of each generated page, and its text. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const { api } = testApi()
  await api.ready()
  const description = api.swagger()
  await api.close()
  const page = (name: string) =>
    fileURLToPath(new URL(`../docs/reference/${name}`, import.meta.url))
  return new Map([
    [page('configuration.md'), configurationReference()],
    [page('cli.md'), commandReference()],
    [page('errors.md'), errorReference()],
    [page('api.md'), apiReference(description)],
    [page('events.md'), eventsReference()],
    [page('metrics.md'), metricsReference()],
    [page('conformance.md'), conformancePage(description)],
    [page('rfc-coverage.md'), rfcCoverage(fileURLToPath(new URL('..', import.meta.url)))],
  ])
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  for (const [path, text] of await generatedPages()) {
    if (!check) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    } else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is out of date; run: npm run docs`)
      process.exitCode = 1
    }
  }
}
