// The cURL half of the vendor's "Queueing Calls" guide, line by line, typed into the real curl. Only what the guide
// tells its reader to replace is replaced: the base URL, the key and the call's id.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { agentHz, callerHz, startStage, type Json, type Stage } from '../../support/stage.ts'

const noCurl =
  spawnSync('curl', ['--version']).error === undefined ? false : 'curl is not installed'

const json = ['--header', 'Content-Type: application/json', '--header', 'Accept: application/json']

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

interface CurlAnswer {
  readonly status: number
  readonly body: unknown
}

/** curl as printed; `path` takes the place of what follows `https://api.telnyx.com/v2`. */
function curl(words: readonly string[], path: string): Promise<CurlAnswer> {
  const { server, recorder } = stage
  const key = ['--header', `Authorization: Bearer ${server.apiKey}`]
  // Only to read the status; the request itself is the guide's.
  const watch = ['--silent', '--show-error', '--write-out', '\n%{http_code}']
  const args = [...watch, ...words, ...json, ...key, `${server.baseURL}${path}`]
  return new Promise((resolve, reject) => {
    execFile('curl', args, (error, stdout) => {
      if (error !== null) return reject(error)
      const end = stdout.lastIndexOf('\n')
      const status = Number(stdout.slice(end + 1))
      const text = stdout.slice(0, end)
      recorder.exchange(words.includes('POST') ? 'POST' : 'GET', `/v2${path}`, status, text)
      resolve({ status, body: text === '' ? undefined : (JSON.parse(text) as unknown) })
    })
  })
}

/** The guide's enqueue command; its two data words replaced for queues of other names. */
const enqueue = (id: string, data = '{"queue_name": "support"}'): Promise<CurlAnswer> =>
  curl(['-X', 'POST', '--data', data], `/calls/${id}/actions/enqueue`)

const bridge = (id: string, data = '{"queue": "support"}'): Promise<CurlAnswer> =>
  curl(['-X', 'POST', '--data', data], `/calls/${id}/actions/bridge`)

const leaveQueue = (id: string): Promise<CurlAnswer> =>
  curl(['-X', 'POST'], `/calls/${id}/actions/leave_queue`)

const accepted = { status: 200, body: { data: { result: 'ok' } } }
const reasonOf = async (id: string): Promise<unknown> =>
  (await stage.event(id, 'call.dequeued')).payload['reason']

test('guide, curl: enqueue, inspect, bridge', { skip: noCurl }, async () => {
  const first = await stage.answered()
  const second = await stage.answered()
  // "If the queue_name hasn't been used before, a new queue with this name will be created."
  assert.deepEqual(await enqueue(first.id), accepted)
  // "If the queue already exists, the call will be placed at the end of the queue."
  assert.deepEqual(await enqueue(second.id), accepted)
  const placed = await stage.event(second.id, 'call.enqueued')
  assert.equal(placed.payload['queue'], 'support')
  assert.equal(placed.payload['current_position'], 2)

  // "Retrieve a queue", "List calls in a queue", "Retrieve a call from a queue".
  const queue = await curl([], '/queues/support')
  assert.equal(queue.status, 200)
  assert.equal((queue.body as { data: Json }).data['current_size'], 2)
  const calls = await curl([], '/queues/support/calls')
  const listed = (calls.body as { data: readonly Json[] }).data
  assert.deepEqual(
    listed.map((one) => one['call_control_id']),
    [first.id, second.id],
  )
  const call = await curl([], `/queues/support/calls/${second.id}`)
  assert.equal((call.body as { data: Json }).data['queue_position'], 2)

  // "The call at the top of the specified queue will be dequeued and a bridge will be attempted."
  const agent = await stage.dialAgent()
  assert.deepEqual(await bridge(agent.id), accepted)
  await first.call.hears(agentHz, 5_000)
  await agent.call.hears(callerHz, 5_000)
  assert.equal(await reasonOf(first.id), 'bridged')

  // "If the call for which the enqueue command was issued is bridged […] the call will be unbridged."
  assert.deepEqual(await enqueue(first.id), accepted)
  await agent.call.ended(5_000)
  await first.call.hearsSilence(5_000)
  const again = await stage.event(
    first.id,
    'call.enqueued',
    (payload) => payload['current_position'] === 2,
  )
  assert.equal(again.payload['queue'], 'support')
})

test(
  'guide, curl, way out 1: the call ends by command or by the caller',
  { skip: noCurl },
  async () => {
    const byCommand = await stage.queueUp('one')
    const byCaller = await stage.queueUp('one')
    assert.deepEqual(await curl(['-X', 'POST'], `/calls/${byCommand.id}/actions/hangup`), accepted)
    await byCommand.call.ended(5_000)
    byCaller.call.hangUp()
    for (const { id } of [byCommand, byCaller]) {
      assert.equal(await reasonOf(id), 'hangup')
      await stage.event(id, 'call.hangup')
    }
  },
)

test(
  'guide, curl, way out 2: bridge, transfer, conference join and refer',
  { skip: noCurl },
  async () => {
    const [bridged, transferred, joined, referred] = await Promise.all([
      stage.queueUp('two'),
      stage.queueUp('two'),
      stage.queueUp('two'),
      stage.queueUp('two'),
    ])
    const agent = await stage.dialAgent()
    const post = (id: string, action: string, body: Json): Promise<CurlAnswer> =>
      curl(['-X', 'POST', '--data', JSON.stringify(body)], `/calls/${id}/actions/${action}`)
    assert.deepEqual(await post(bridged.id, 'bridge', { call_control_id: agent.id }), accepted)
    assert.equal(await reasonOf(bridged.id), 'bridged')

    const other = await stage.phone({ voice: { kind: 'tone', hz: 900 } })
    assert.deepEqual(await post(transferred.id, 'transfer', { to: other.contactUri }), accepted)
    assert.equal(await reasonOf(transferred.id), 'bridging-in-process')
    await transferred.call.hears(900, 5_000)

    const host = await stage.answered()
    const conference = await stage.telnyx.conferences.create({
      call_control_id: host.id,
      name: 'guide',
    })
    const path = `/conferences/${conference.data?.id}/actions/join`
    const join = await curl(['-X', 'POST', '--data', `{"call_control_id":"${joined.id}"}`], path)
    assert.deepEqual(join, accepted)
    assert.equal(await reasonOf(joined.id), 'bridged')

    const refer = await post(referred.id, 'refer', { sip_address: other.contactUri })
    assert.deepEqual(refer, accepted)
    assert.equal(await reasonOf(referred.id), 'bridging-in-process')
    await stage.event(referred.id, 'call.refer.completed')
  },
)

test(
  'guide, curl, way out 3: max_wait_time_secs leaves the call parked',
  { skip: noCurl },
  async () => {
    const { id, call } = await stage.answered()
    await enqueue(id, '{"queue_name": "three", "max_wait_time_secs": 1}')
    assert.equal(await reasonOf(id), 'timeout')
    assert.equal(call.state, 'up')
    assert.deepEqual(await enqueue(id, '{"queue_name": "three"}'), accepted)
  },
)

test('guide, curl, way out 4: leave_queue without a body', { skip: noCurl }, async () => {
  const { id, call } = await stage.answered()
  await enqueue(id)
  assert.deepEqual(await leaveQueue(id), accepted)
  assert.equal(await reasonOf(id), 'leave')
  assert.equal(call.state, 'up')
  const twice = await leaveQueue(id)
  assert.equal(twice.status, 422)
  assert.equal((twice.body as { errors: { code: string }[] }).errors[0]?.code, '90035')
})
