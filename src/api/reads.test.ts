// Objects and lists: fields, order, pages and their edges.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../base/ids.ts'
import type { ApplicationId, LegId } from '../base/ids.ts'
import { defaultApplication } from '../config/shape.ts'
import {
  callView,
  conferenceView,
  legId,
  nowMs,
  participantView,
  queuedCall,
  queueRecord,
  testApi,
  withKey,
} from './testing.ts'
import type { TestWorld } from './testing.ts'

async function read(world: TestWorld, url: string) {
  const { api } = testApi(world)
  const answer = await api.inject({ url, headers: withKey })
  await api.close()
  return { status: answer.statusCode, body: answer.json() }
}

const three = ['a', 'b', 'c'].map((name) => queueRecord(name))
const meta = (number: number, size: number, pages: number, results: number) => ({
  page_number: number,
  page_size: size,
  total_pages: pages,
  total_results: results,
})

test('a queue is told with its mean wait, floored, never below zero', async () => {
  const size = 2
  const waiting = queueRecord('a', { size, enqueuedAtSumMs: 2 * nowMs - 5000 - 2999, maxSize: 5 })
  const { body } = await read({ queues: [waiting] }, '/v2/queues/a')
  assert.deepEqual(body.data, {
    id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    name: 'a',
    record_type: 'queue',
    current_size: 2,
    max_size: 5,
    average_wait_time_secs: 3,
    created_at: new Date(nowMs - 60_000).toISOString(),
    updated_at: new Date(nowMs - 30_000).toISOString(),
  })
  const future = queueRecord('a', { size: 1, enqueuedAtSumMs: nowMs + 9000 })
  const ahead = await read({ queues: [future] }, '/v2/queues/a')
  assert.equal(ahead.body.data.average_wait_time_secs, 0)
})

test('a queued call is told whole', async () => {
  const world = { queues: three, entries: [queuedCall('a', 1)] }
  const { body } = await read(world, `/v2/queues/a/calls/${legId}`)
  assert.deepEqual(body.data, {
    call_control_id: legId,
    call_leg_id: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
    call_session_id: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
    connection_id: '1000000001',
    from: '+35319605860',
    to: '+13129457420',
    enqueued_at: new Date(nowMs - 272_333).toISOString(),
    wait_time_secs: 272,
    queue_position: 1,
    queue_id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    is_alive: true,
    record_type: 'queue_call',
  })
})

const pages: readonly (readonly [query: string, names: readonly string[], meta: object])[] = [
  ['', ['a', 'b', 'c'], meta(1, 20, 1, 3)],
  ['?page[size]=2', ['a', 'b'], meta(1, 2, 2, 3)],
  ['?page%5Bnumber%5D=2&page%5Bsize%5D=2', ['c'], meta(2, 2, 2, 3)],
  ['?page[number]=99', [], meta(99, 20, 1, 3)],
  ['?page[number]=&unknown=1', ['a', 'b', 'c'], meta(1, 20, 1, 3)],
  ['?page[size]=250', ['a', 'b', 'c'], meta(1, 250, 1, 3)],
]

test('pages of queues', async () => {
  for (const [query, names, expected] of pages) {
    const { body } = await read({ queues: three }, `/v2/queues${query}`)
    assert.deepEqual(
      body.data.map(({ name }: { name: string }) => name),
      names,
      query,
    )
    assert.deepEqual(body.meta, expected, query)
  }
  const none = await read({}, '/v2/queues')
  assert.deepEqual(none.body, { data: [], meta: meta(1, 20, 0, 0) })
})

const badPages = [
  ['page[size]=251', '10033', 'page[size]'],
  ['page[size]=0', '10033', 'page[size]'],
  ['page[number]=0', '10033', 'page[number]'],
  ['page[number]=-1', '10033', 'page[number]'],
  ['page[number]=1.5', '10026', 'page[number]'],
  ['page[size]=99999999999999999999', '10033', 'page[size]'],
  ['page[size]=1&page[size]=2', '10026', 'page[size]'],
] as const

test('bad pages name the parameter', async () => {
  for (const [query, code, parameter] of badPages) {
    const { status, body } = await read({}, `/v2/queues?${query}`)
    const [error] = body.errors
    assert.deepEqual([status, error.code, error.source], [422, code, { parameter }], query)
  }
})

test('the calls of a queue: order, limit as alias, cursors ignored, empty against unknown', async () => {
  const world = { queues: three, entries: [1, 2, 3].map((place) => queuedCall('a', place)) }
  const all = await read(world, '/v2/queues/a/calls?page[limit]=2&page[after]=x')
  assert.deepEqual(
    all.body.data.map((one: { queue_position: number }) => one.queue_position),
    [1, 2],
  )
  assert.deepEqual(all.body.meta, meta(1, 2, 2, 3))
  assert.deepEqual((await read(world, '/v2/queues/b/calls')).body.data, [])
  assert.equal((await read(world, '/v2/queues/z/calls')).status, 404)
})

test('a call: alive, ended, unknown', async () => {
  const alive = await read({ calls: [callView] }, `/v2/calls/${legId}`)
  assert.deepEqual(alive.body.data, {
    call_control_id: legId,
    call_leg_id: callView.legUuid,
    call_session_id: callView.sessionId,
    record_type: 'call',
    client_state: 'aGk=',
    is_alive: true,
    start_time: new Date(nowMs - 50_999).toISOString(),
    call_duration: 50,
  })
  const over = { ...callView, alive: false, clientState: null, endedAtMs: nowMs - 10_000 }
  const ended = await read({ calls: [over] }, `/v2/calls/${legId}`)
  assert.equal(ended.body.data.end_time, new Date(nowMs - 10_000).toISOString())
  assert.equal(ended.body.data.call_duration, 40)
  assert.equal('client_state' in ended.body.data, false)
  assert.equal((await read({}, `/v2/calls/${legId}`)).status, 404)
})

test('active calls have both kinds of meta', async () => {
  const calls = ['a', 'b', 'c'].map((name) => ({ ...callView, legId: brandAs<LegId>(name) }))
  const url = '/v2/connections/1000000001/active_calls'
  const first = await read({ calls }, `${url}?page[limit]=2`)
  assert.deepEqual(first.body.meta, {
    ...meta(1, 2, 2, 3),
    total_items: 3,
    cursors: { after: 'b', before: null },
    next: `${url}?page[after]=b&page[limit]=2`,
    previous: null,
  })
  assert.deepEqual(first.body.data[0], {
    call_control_id: 'a',
    call_leg_id: callView.legUuid,
    call_session_id: callView.sessionId,
    record_type: 'call',
    client_state: 'aGk=',
    call_duration: 50,
  })
  const beyond = await read({ calls }, `${url}?page[number]=9`)
  assert.deepEqual(beyond.body.data, [])
  assert.equal((await read({ calls }, '/v2/connections/7/active_calls')).status, 404)
})

test('conferences by name and status, participants by state', async () => {
  const ended = { ...conferenceView, name: 'old', status: 'completed' } as const
  const world = { conferences: [conferenceView, ended], participants: [participantView] }
  const filtered = async (query: string) =>
    (await read(world, `/v2/conferences?${query}`)).body.meta.total_results
  assert.equal(await filtered(''), 2)
  assert.equal(await filtered('filter[name]=old'), 1)
  assert.equal(await filtered('filter%5Bstatus%5D=in_progress&region=US'), 1)
  const people = async (query: string) =>
    (await read(world, `/v2/conferences/support-42/participants?${query}`)).body.data.length
  assert.equal(await people(''), 1)
  assert.equal(await people('filter[muted]=true'), 0)
  assert.equal(await people('filter[muted]=false&filter[on_hold]=false'), 1)
  assert.equal(await people('filter[whispering]=true'), 0)
  const one = await read(world, `/v2/conferences/support-42/participants/${legId}`)
  assert.deepEqual(one.body.data.conference, {
    id: conferenceView.conferenceId,
    name: 'support-42',
  })
  assert.equal((await read(world, '/v2/conferences/support-42/participants/x')).status, 404)
  assert.equal((await read(world, '/v2/conferences/x/participants')).body.errors[0].code, '90058')
})

test('applications come from the configuration', async () => {
  const second = { ...defaultApplication('http://127.0.0.1/'), name: 'Sales' }
  const applications = [
    defaultApplication(''),
    { ...second, id: brandAs<ApplicationId>('2'), webhookTimeoutSecs: 5, inboundChannelLimit: 3 },
  ]
  const all = await read({ applications }, '/v2/call_control_applications?page[size]=1')
  assert.equal(all.body.data[0].application_name, 'default')
  assert.deepEqual(all.body.meta, meta(1, 1, 2, 2))
  const url = '/v2/call_control_applications?filter[application_name][contains]=sal'
  const found = await read({ applications }, url)
  assert.equal(found.body.data[0].id, '2')
  const one = await read({ applications }, '/v2/call_control_applications/2')
  assert.equal(one.body.data.webhook_timeout_secs, 5)
  assert.equal(one.body.data.inbound.channel_limit, 3)
  assert.equal(one.body.data.record_type, 'call_control_application')
  assert.equal((await read({ applications }, '/v2/call_control_applications/3')).status, 404)
})
