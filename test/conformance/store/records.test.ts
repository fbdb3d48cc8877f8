// What is looked up afterwards in the SQLite store: the pieces of a long question fit together, indexes are used, and
// attempts are bounded.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { brandAs, type ApplicationId, type LegUuid, type SessionId } from '../../../src/base/ids.ts'
import type { CommandRecord } from '../../../src/ports/records.ts'
import type { DeliveryRow, DeliveryProgress } from '../../../src/ports/store.ts'
import { noChange, openSqlite, temporaryDirectory } from './forms.ts'

const everything = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

const command = (at: number, over: Partial<CommandRecord> = {}): CommandRecord => ({
  occurredAtUs: at,
  name: 'answer',
  legUuid: brandAs<LegUuid>(`leg-${at % 10}`),
  sessionId: brandAs<SessionId>('session'),
  applicationId: brandAs<ApplicationId>('1'),
  from: '+15550100',
  to: '+15550199',
  failed: at % 100 === 0,
  metadata: {},
  ...over,
})

const row = (sequence: number): DeliveryRow => ({
  deliveryId: `event-${sequence}`,
  sequence,
  lane: 'lane',
  applicationId: brandAs<ApplicationId>('1'),
  eventType: sequence % 2 === 0 ? 'call.hangup' : 'call.initiated',
  legId: undefined,
  url: 'http://127.0.0.1/',
  failoverUrl: '',
  method: 'POST',
  timeoutMs: 1000,
  retriesMs: undefined,
  dataJson: JSON.stringify({ payload: { queue: `q${sequence}` } }),
  createdAtMs: sequence,
})

const step = (sequence: number, attempts: number, state: DeliveryProgress['state']) => ({
  deliveryId: `event-${sequence}`,
  attempts,
  nextAttemptAtMs: 0,
  state,
  finishedAtMs: state === 'pending' ? undefined : attempts,
  lastAttempt: {
    url: 'http://127.0.0.1/',
    startedAtMs: attempts,
    finishedAtMs: attempts,
    status: state === 'delivered' ? 200 : 500,
    errorCode: state === 'delivered' ? 0 : 75_500,
  },
})

async function opened(t: TestContext) {
  const store = await openSqlite(temporaryDirectory())
  t.after(() => store.close())
  return store
}

test('a question over more rows than one piece looks at finds all, the newest first', async (t) => {
  const store = await opened(t)
  const all = Array.from({ length: 5000 }, (_, index) => command(index + 1))
  await store.records.recordCommands(all)
  const failed = await store.records.commandKeys({ ...everything, failed: true }, 10_000)
  assert.deepEqual(
    failed.map(({ occurredAtUs }) => occurredAtUs),
    Array.from({ length: 50 }, (_, index) => 5000 - index * 100),
  )
  const few = await store.records.commandKeys({ ...everything, failed: true }, 3)
  assert.deepEqual(few, failed.slice(0, 3))
  const window = { fromUs: 150, toUs: 300, failed: true }
  const some = await store.records.commandKeys(window, 10_000)
  assert.deepEqual(
    some.map(({ occurredAtUs }) => occurredAtUs),
    [300, 200],
  )
  const leg = await store.records.commandKeys({ ...everything, legUuid: 'leg-3' }, 10_000)
  assert.equal(leg.length, 500)
})

test('attempts: all that failed and the one that succeeded, the last 20; gone with their delivery', async (t) => {
  const store = await opened(t)
  await store.commit({ ...noChange, deliveries: [row(1), row(2)] })
  for (let number = 1; number <= 30; number++) {
    await store.recordProgress([step(1, number, 'pending')])
  }
  await store.recordProgress([step(1, 31, 'delivered')])
  const found = await store.records.delivery('event-1')
  assert.equal(found?.state, 'delivered')
  assert.deepEqual(
    found.attempts.map(({ startedAtMs, status }) => [startedAtMs, status]),
    [[31, 200], ...Array.from({ length: 20 }, (_, index) => [30 - index, 500])],
  )
  assert.equal(await store.records.delivery('event-2'), undefined, 'not tried yet')
  await store.prune(1_000)
  assert.equal(await store.records.delivery('event-1'), undefined)
})

test('deliveries by state, type, text and time; one that is finished can be owed again', async (t) => {
  const store = await opened(t)
  const rows = Array.from({ length: 4500 }, (_, index) => row(index + 1))
  await store.commit({ ...noChange, deliveries: rows })
  const steps = rows.map(({ sequence }) =>
    step(sequence, 1, sequence % 1500 === 0 ? 'failed' : 'delivered'),
  )
  await store.recordProgress(steps)
  const keys = (query: object) => store.records.deliveryKeys(query, 10_000)
  assert.deepEqual(await keys({ delivered: false }), [4500, 3000, 1500])
  assert.equal((await keys({ eventTypes: ['call.hangup'] })).length, 2250)
  assert.deepEqual(await keys({ webhookContains: '"q4321"' }), [4321])
  assert.deepEqual(await keys({ attemptsContain: '75500' }), [4500, 3000, 1500])
  assert.deepEqual(await keys({ startedFromMs: 4499 }), [4500, 4499])
  assert.equal((await store.records.revive('event-3000', 5))?.attempts, 1)
  assert.equal(await store.records.revive('event-3000', 5), undefined, 'owed already')
  const owed = await store.apartDeliveries(brandAs<ApplicationId>('1'), 5, 10)
  assert.deepEqual(
    owed.map((one) => one.row.sequence),
    [3000],
  )
})
