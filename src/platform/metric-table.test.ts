// The table of metrics is the metrics that the sources count: none missing, none invented, kinds and labels as used.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricTable } from './metric-table.ts'

/** The gauges that are named after counts of the call logic (`renderMetrics` in src/server.ts). */
const fromCounts = ['holdfast_legs', 'holdfast_queued', 'holdfast_bridges', 'holdfast_conferences']
const kinds = { count: 'counter', gauge: 'gauge', observe: 'histogram' } as const

test('every metric in the sources is in the table, and the other way round', () => {
  const used = new Map<string, string>(fromCounts.map((name) => [name, 'gauge ']))
  for (const file of globSync('src/**/*.ts')) {
    if (file.endsWith('.test.ts')) continue
    const text = readFileSync(file, 'utf8')
    const calls = /\.(count|gauge|observe)\(\s*['`](holdfast_[a-z0-9_]+)['`](?:,\s*\{([^}]*)\})?/g
    for (const [, verb, name = '', labels = ''] of text.matchAll(calls)) {
      const kind = kinds[verb as keyof typeof kinds] // The pattern has no other verb.
      const names = [...labels.matchAll(/(\w+)(?=\s*[:,}]|\s*$)/g)].map((match) => match[1])
      const first = labels.trim() === '' ? '' : (names[0] ?? '')
      used.set(name, `${kind} ${first}`)
    }
  }
  const table = new Map(
    metricTable.map(({ name, kind, labels }) => [name, `${kind} ${labels.join(' ')}`]),
  )
  assert.equal(table.size, metricTable.length, 'a name is there twice')
  assert.deepEqual(new Map([...table].sort()), new Map([...used].sort()))
})
