// The conformance suite against our own server, a handful of deviations that it must notice, and its tables against the
// vendor's description where that lies next to this checkout.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import {
  isObject,
  loadStructure,
  type JsonObject,
  type Structure,
} from '../../contract/structure.ts'
import type { RunningServer } from '../../../src/lab/server-process.ts'
import { testApi } from '../../../src/api/testing.ts'
import { allChecks } from './all.ts'
import { uncovered } from './coverage.ts'
import { mutations } from './mutations.ts'
import { runMutations } from './mutate.ts'
import { ownConnectionId, startOwnServer } from './own-server.ts'
import { reasonOf } from './not-covered.ts'
import { openStage } from './stage.ts'
import { runChecks } from './suite.ts'
import { operations } from './suites/parameter-table.ts'
import { openWebhooks, type Webhooks } from './webhooks.ts'

// One server for both: starting it costs as much as a thousand checks.
let webhooks: Webhooks
let server: RunningServer
before(async () => {
  webhooks = await openWebhooks()
  server = await startOwnServer(webhooks.url)
})
after(async () => {
  assert.equal(await server.stop(), 0)
  await webhooks.close()
})

test('every check holds of our server', async () => {
  const { baseURL: baseUrl, apiKey: key, sip } = server
  const target = { baseUrl, key, connectionId: ownConnectionId, sip, webhooks }
  // Other test files run at the same time: patience.
  const stage = await openStage({ ...target, patienceMs: 20_000 })
  const results = await runChecks(allChecks, stage)
  await stage.close()
  const failed = results.filter(({ outcome }) => outcome !== 'passed')
  assert.deepEqual(
    failed.map(({ check, why }) => `${check.name}: ${why}`),
    [],
  )
  assert.equal(results.length, allChecks.length)
})

test('a deviation of each kind is noticed', async () => {
  const chosen = [
    'POST /queues succeeds with 201',
    '90036 comes with 503',
    'call.enqueued without current_position',
    'call.dequeued is lost',
    'webhooks without telnyx-timestamp',
  ].map((name) => {
    const found = mutations.find((one) => one.name === name)
    assert.ok(found, name)
    return found
  })
  const { missed } = await runMutations(chosen, { isSound: true, server })
  assert.deepEqual(
    missed.map(({ name }) => name),
    [],
  )
})

test('checks have names of their own, sources, and cover something', () => {
  const names = allChecks.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  assert.deepEqual(twice, [])
  const decisions = readFileSync('docs/reference/compatibility.md', 'utf8')
  for (const { name, cites, covers } of allChecks) {
    assert.ok(covers.length > 0, name)
    const numbers = cites.match(/\bC\d+\b/g) ?? []
    assert.ok(numbers.length > 0 || /Telnyx|telnyx\.com|npmjs\.com|RFC \d+/.test(cites), name)
    for (const number of numbers)
      assert.ok(decisions.includes(`**${number}.`), `${name}: ${number}`)
  }
  for (const { name, near } of mutations) {
    const checks = allChecks.filter(({ covers }) => covers.some((one) => near.includes(one)))
    assert.ok(checks.length > 0, `no check is near: ${name}`)
  }
})

test('everything that there is has a check, or a reason why it has none', async () => {
  const { api } = testApi()
  await api.ready()
  const forgotten = uncovered(api.swagger()).filter((one) => reasonOf(one) === undefined)
  await api.close()
  assert.deepEqual(forgotten, [])
})

const description = loadStructure()

test(
  'the parameters of the suite are those of the description, with its values',
  { skip: description === undefined && 'the description is not there' },
  () => {
    assert.ok(description)
    const wrong: string[] = []
    for (const { method, path, parameters } of operations) {
      const described = bodyProperties(description, method, path)
      assert.ok(described, `${method} ${path} is not described`)
      for (const [name, text] of Object.entries(parameters)) {
        const field = description.resolve(described[name])
        if (field === undefined) wrong.push(`${method} ${path}: no ${name}`)
        else if (!sameValues(field, text)) {
          wrong.push(
            `${method} ${path}: ${name}: ${text}, described ${JSON.stringify(field['enum'])}`,
          )
        }
      }
    }
    assert.deepEqual(wrong, [])
  },
)

function sameValues(field: JsonObject, text: string): boolean {
  const values = /(?:enum|choice) (.+?)(?: @|$)/.exec(text)?.[1]?.split('|')
  const described = field['enum']
  if (values === undefined || !Array.isArray(described)) return true
  return values.every((value) => described.includes(value))
}

/** All properties of a command's body, those of merged schemas included. */
function bodyProperties(
  structure: Structure,
  method: string,
  path: string,
): JsonObject | undefined {
  const schema = structure.requestSchema(path, method.toLowerCase())
  if (schema === undefined) return undefined
  const merged: JsonObject = {}
  const collect = (value: JsonObject | undefined): void => {
    if (value === undefined) return
    Object.assign(merged, structure.resolve(value['properties']))
    for (const key of ['allOf', 'oneOf', 'anyOf']) {
      const some = value[key]
      for (const part of Array.isArray(some) ? some : []) {
        if (isObject(part)) collect(structure.resolve(part))
      }
    }
  }
  collect(schema)
  return merged
}
