// The checker must be able to say no, or it proves nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAnswer, checkWebhook, createContractRecorder } from './checker.ts'
import { loadStructure } from './structure.ts'

const queue = {
  id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  name: 'support',
  record_type: 'queue',
  current_size: 0,
  max_size: 50,
  average_wait_time_secs: 0,
  created_at: '2025-03-04T09:10:11.123Z',
  updated_at: '2025-03-04T09:15:00.002Z',
}
const payload = {
  call_control_id: 'v3:x',
  call_leg_id: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
  call_session_id: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
  client_state: null,
  connection_id: '1293384261075731499',
  queue: 'support',
  current_position: 1,
  queue_avg_wait_time_secs: 0,
}
const webhook = (over: object) => ({
  data: {
    record_type: 'event',
    event_type: 'call.enqueued',
    id: '0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
    occurred_at: '2025-03-04T09:10:11.521992Z',
    leg_sequence: 3,
    payload: { ...payload, ...over },
  },
  meta: { attempt: 1, delivered_to: 'http://127.0.0.1/' },
})
const skip = loadStructure() === undefined ? 'the description is not here' : false

test('answers: right ones pass, wrong ones do not', { skip }, () => {
  assert.deepEqual(checkAnswer('GET', '/v2/queues/support', 200, { data: queue }), [])
  assert.deepEqual(checkAnswer('DELETE', '/v2/queues/support', 204, ''), [])
  const { max_size: _, ...rest } = queue
  assert.match(checkAnswer('GET', '/queues/a%2Fb', 200, { data: rest })[0] ?? '', /max_size/)
  const text = { data: { ...queue, current_size: '1' } }
  assert.match(checkAnswer('GET', '/queues/x', 200, text)[0] ?? '', /current_size must be integer/)
  assert.equal(checkAnswer('GET', '/queues/x', 418, {}).length, 1)
  assert.equal(checkAnswer('DELETE', '/queues/x', 204, { data: queue }).length, 1)
  const errors = { errors: [{ code: '10005', title: 'Resource not found', detail: 'x' }] }
  assert.deepEqual(checkAnswer('GET', '/queues/x', 404, errors), [])
  assert.deepEqual(checkAnswer('GET', '/health', 200, { status: 'ok' }), [])
})

test(
  'webhooks: a null outside the table, a missing and an unknown field are found',
  { skip },
  () => {
    assert.deepEqual(checkWebhook(webhook({})), [])
    assert.deepEqual(checkWebhook(JSON.stringify(webhook({ client_state: 'aGk=' }))), [])
    assert.match(checkWebhook(webhook({ queue: null })).join(), /payload\/queue must be string/)
    assert.match(checkWebhook(webhook({ queue: undefined })).join(), /payload.queue is missing/)
    assert.match(checkWebhook(webhook({ from: '+1' })).join(), /payload.from is not described/)
    const late = webhook({})
    late.data.occurred_at = '2025-03-04T09:10:11.521Z'
    assert.match(checkWebhook(late).join(), /microseconds/)
  },
)

test('the recorder counts operations by template and keeps what is wrong', { skip }, () => {
  const recorder = createContractRecorder()
  recorder.exchange('get', '/v2/queues/a?x=1', 200, { data: queue })
  recorder.exchange('GET', '/v2/queues/b', 200, { data: queue })
  recorder.webhook(webhook({}))
  recorder.assertClean()
  assert.equal(recorder.operations().get('GET /queues/{queue_name}')?.get(200), 2)
  assert.equal(recorder.events().get('call.enqueued'), 1)
  recorder.exchange('GET', '/v2/queues/c', 200, {})
  recorder.exchange('GET', '/v2/queues/c', 200, { data: {} })
  assert.throws(() => recorder.assertClean(), /required property/)
})
