// What a request becomes beside its command (commands.test.ts of calls, queues and conferences): answers, repeats, limits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callActions, fresh, uuid } from './command-testing.ts'
import { legId, nowMs, queueRecord, testApi, withKey } from './testing.ts'

test('a dial answers the new ids and is not alive yet', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const payload = { connection_id: '1000000001', to: '+15550100', from: '+15550199' }
  const answer = await api.inject({ method: 'POST', url: '/v2/calls', headers: withKey, payload })
  assert.deepEqual(answer.json(), {
    data: {
      call_control_id: fresh.legId,
      call_leg_id: uuid(2),
      call_session_id: uuid(3),
      record_type: 'call',
      is_alive: false,
    },
  })
})

test('a conference and a participant are answered whole', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const payload = { call_control_id: legId, name: 'a' }
  const made = await api.inject({
    method: 'POST',
    url: '/v2/conferences',
    headers: withKey,
    payload,
  })
  assert.deepEqual(made.json().data, {
    id: '41b9acd4-f4da-4ff5-a85c-e07e90b53f46',
    name: 'a',
    record_type: 'conference',
    connection_id: '1000000001',
    created_at: new Date(nowMs - 1000).toISOString(),
    updated_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + 14_400_000).toISOString(),
    status: 'in_progress',
    end_reason: null,
    ended_by: null,
  })
})

test('repeats by the SDK carry the same hash, other requests another one', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  const post = (payload: string, headers: Record<string, string> = {}) =>
    api.inject({
      method: 'POST',
      url: `${callActions}/enqueue`,
      headers: { ...withKey, 'content-type': 'application/json', ...headers },
      payload,
    })
  await post('{"queue_name":"a"}', { 'x-stainless-retry-count': '0' })
  await post('{"queue_name":"a"}', { 'x-stainless-retry-count': '1' })
  await post('{"queue_name":"b"}')
  await post('{"queue_name":"a","command_id":"x"}', { 'x-stainless-retry-count': '1' })
  await post('{"queue_name":"a","command_id":""}')
  const [first, repeat, other, guarded, empty] = submitted
  assert.equal(first?.request?.retry, false)
  assert.equal(repeat?.request?.retry, true)
  assert.equal(repeat?.request?.hash, first?.request?.hash)
  assert.notEqual(other?.request?.hash, first?.request?.hash)
  assert.equal(guarded?.request, undefined)
  assert.equal(guarded?.commandId, 'x')
  assert.equal(empty?.commandId, undefined)
  assert.ok(empty?.request)
})

test('limits of the whole server answer 503; what exists is still served', async (t) => {
  const queues = Array.from({ length: 100 }, (_, index) => queueRecord(`q${index}`))
  const { api, submitted } = testApi({ queues, runningConferences: 10 })
  t.after(() => api.close())
  const post = async (url: string, payload: object) => {
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    return [answer.statusCode, answer.headers['retry-after']]
  }
  assert.deepEqual(await post('/v2/queues', { queue_name: 'new' }), [503, '30'])
  assert.deepEqual(await post(`${callActions}/enqueue`, { queue_name: 'new' }), [503, '30'])
  assert.deepEqual(await post('/v2/conferences', { call_control_id: 'a', name: 'b' }), [503, '30'])
  assert.equal(submitted.length, 0)
  assert.deepEqual(await post(`${callActions}/enqueue`, { queue_name: 'q7' }), [200, undefined])
})

test('keys to press after the answer: behind the destination, or by name, which wins', async () => {
  const dialled = async (body: object) => {
    const { api, submitted } = testApi()
    const payload = { connection_id: '1000000001', from: '+15550199', ...body }
    const answer = await api.inject({ method: 'POST', url: '/v2/calls', headers: withKey, payload })
    assert.equal(answer.statusCode, 200, answer.body)
    const command = submitted[0]?.command
    assert.ok(command?.kind === 'dial')
    return [command.dial.to, command.dial.sendDigits]
  }
  assert.deepEqual(await dialled({ to: '+15550100,12w#' }), ['+15550100', '12w#'])
  assert.deepEqual(await dialled({ to: 'sip:a@b.example,7' }), ['sip:a@b.example', '7'])
  assert.deepEqual(await dialled({ to: '+15550100,1', send_digits_on_answer: '2' }), [
    '+15550100',
    '2',
  ])
  assert.deepEqual(await dialled({ to: '+15550100', send_digits_on_answer: '' }), [
    '+15550100',
    undefined,
  ])
})
