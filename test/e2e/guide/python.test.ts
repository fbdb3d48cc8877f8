// The Python half of the vendor's "Queueing Calls" guide, as the old SDK (2.1.6) puts it on the wire: ids quoted as in
// forms (`:` is %3A, a space is `+`), `{}` where there is nothing to say, PUT without a content type.
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import {
  agentHz,
  callerHz,
  firstError,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

interface WireAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

/** Python's quote_plus. */
const quoted = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')

/** One request as the old SDK sends it; node:http, because fetch would add headers of its own. */
function python(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: Json,
  contentType = true,
): Promise<WireAnswer> {
  const { server, recorder } = stage
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers: Record<string, string> = {
    'X-Telnyx-Client-User-Agent': '{"bindings_version": "2.1.6", "lang": "python"}',
    'User-Agent': 'Telnyx/v2 PythonBindings/2.1.6',
    Authorization: `Bearer ${server.apiKey}`,
    'Accept-Encoding': 'gzip, deflate',
    Accept: '*/*',
    Connection: 'keep-alive',
    ...(text === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(text)) }),
    ...(text !== undefined && contentType ? { 'Content-Type': 'application/json' } : {}),
  }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${server.baseURL}${path}`, { method, headers }, (response) => {
      let answer = ''
      response.on('data', (bytes: Buffer) => (answer += bytes.toString()))
      response.on('end', () => {
        const status = response.statusCode ?? 0
        recorder.exchange(method, `/v2${path}`, status, answer)
        const seen = new Headers({ 'request-id': String(response.headers['request-id'] ?? '') })
        resolve({ status, body: JSON.parse(answer) as unknown, headers: seen })
      })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

const command = (id: string, action: string, body: Json = {}): Promise<WireAnswer> =>
  python('POST', `/calls/${quoted(id)}/actions/${action}`, body)

const accepted = { data: { result: 'ok' } }

test('guide, Python: call.enqueue("tier_1_support"), then the queue is inspected', async () => {
  const { id } = await stage.answered()
  const answer = await command(id, 'enqueue', { queue_name: 'tier_1_support' })
  assert.deepEqual(answer.body, accepted)
  assert.notEqual(answer.headers.get('request-id'), '', 'the SDK reads request-id')

  const queue = await python('GET', '/queues/tier_1_support')
  const { data } = queue.body as { data: Json }
  assert.deepEqual([data['record_type'], data['current_size']], ['queue', 1])
  const calls = await python('GET', '/queues/tier_1_support/calls')
  const [first] = (calls.body as { data: Json[] }).data
  assert.deepEqual([first?.['record_type'], first?.['call_control_id']], ['queue_call', id])
  const call = await python('GET', `/queues/tier_1_support/calls/${quoted(id)}`)
  assert.equal((call.body as { data: Json }).data['queue_position'], 1)
})

test('guide, Python: call.bridge(call_control_id="bridge_uuid", queue="tier_1_support")', async () => {
  const agent = await stage.dialAgent()
  const body = { call_control_id: 'bridge_uuid', queue: 'tier_1_support' }
  const answer = await command(agent.id, 'bridge', body)
  assert.deepEqual(answer.body, accepted)
  await agent.call.hears(callerHz, 5_000)

  // With the id of another living call the two parameters contradict each other.
  const { id } = await stage.queueUp('tier_1_support')
  const refused = await command(agent.id, 'bridge', { ...body, call_control_id: id })
  assert.equal(refused.status, 422)
  assert.equal(firstError(refused).code, '10015')
})

test('guide, Python: the agent’s own id as call_control_id is no contradiction', async () => {
  const caller = await stage.queueUp('tier_2_support')
  const agent = await stage.dialAgent()
  const body = { call_control_id: agent.id, queue: 'tier_2_support' }
  assert.deepEqual((await command(agent.id, 'bridge', body)).body, accepted)
  await caller.call.hears(agentHz, 5_000)
})

test('guide, Python: call.leave_queue() sends {}', async () => {
  const { id, call } = await stage.queueUp('tier_1_support')
  assert.deepEqual((await command(id, 'leave_queue')).body, accepted)
  const { payload } = await stage.event(id, 'call.dequeued')
  assert.equal(payload['reason'], 'leave')
  assert.equal(call.state, 'up')
  const twice = await command(id, 'leave_queue')
  assert.equal(firstError(twice).code, '90035')
  assert.ok(Array.isArray((twice.body as { errors: unknown }).errors), 'the SDK needs a list')
})

test('Python SDK 2.1.6: client_state_update is a PUT without content type', async () => {
  const { id } = await stage.answered()
  const path = `/calls/${quoted(id)}/actions/client_state_update`
  const answer = await python('PUT', path, { client_state: 'dGllciAx' }, false)
  assert.deepEqual(answer.body, accepted)
  // The same by POST, which some clients prefer.
  assert.deepEqual(
    (await command(id, 'client_state_update', { client_state: 'dGllciAx' })).body,
    accepted,
  )
  await command(id, 'enqueue', { queue_name: 'stateful' })
  const { payload } = await stage.event(id, 'call.enqueued')
  assert.equal(payload['client_state'], 'dGllciAx')
})

test('Python SDK 2.1.6: a queue whose name has a space, a plus and a slash', async () => {
  const name = 'first tier+EU/DE'
  const { id } = await stage.answered()
  assert.equal((await command(id, 'enqueue', { queue_name: name })).status, 200)
  const queue = await python('GET', `/queues/${quoted(name)}`)
  assert.equal((queue.body as { data: Json }).data['name'], name)
  const call = await python('GET', `/queues/${quoted(name)}/calls/${quoted(id)}`)
  assert.equal((call.body as { data: Json }).data['call_control_id'], id)
})

test('Python SDK 2.1.6: errors are a list with a status that names the exception', async () => {
  const missing = await python('GET', '/queues/no+such+queue')
  assert.equal(missing.status, 404)
  assert.equal(firstError(missing).code, '10005')
  const unknown = await command('v3:nobody', 'enqueue', { queue_name: 'x' })
  assert.deepEqual([unknown.status, firstError(unknown).code], [422, '90015'])
})
