// A clean stop and the next start on the same data: queues, sizes and kept callers are still there, the key that signs is
// the same, and webhooks that were owed arrive in order. What becomes of living calls is in ../recovery.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startReceiver } from '../../support/receiver.ts'
import { dataOf, startStage } from '../../support/stage.ts'

test('stop and start again', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const first = await startStage({ receiver })
  const { dataDirectory } = first.server
  const publicKey = await first.server.publicKey()
  await first.request('POST', '/queues', { queue_name: 'sized', max_size: 7 })
  const kept = await first.queueUp('line', { keep_after_hangup: true })
  kept.call.hangUp()
  await first.event(kept.id, 'call.hangup')
  const leaver = await first.queueUp('line')
  await first.event(leaver.id, 'call.enqueued')
  const lineId = dataOf(await first.request('GET', '/queues/line'))['id']
  // From now on nothing is accepted: what the end of this call says is owed to the next start.
  receiver.answerWith(503)
  leaver.call.hangUp()
  await first.event(leaver.id, 'call.dequeued')
  assert.equal(await first.close({ keepData: true }), 0)

  const before = receiver.deliveries.length
  receiver.answerWith(200)
  const second = await startStage({ receiver, dataDirectory })
  // Takes the folder with it, once the process is gone.
  t.after(() => second.close())
  await receiver.waitFor(
    (one) => one.type === 'call.hangup' && one.payload['call_control_id'] === leaver.id,
  )
  const owed = receiver.deliveries
    .slice(before)
    .filter(({ payload }) => payload['call_control_id'] === leaver.id)
  assert.deepEqual(
    owed.map(({ type }) => type),
    ['call.dequeued', 'call.hangup'],
  )
  assert.ok((owed[0]?.attempt ?? 0) > 1, 'the attempts of the first process count')
  assert.equal(await second.server.publicKey(), publicKey)
  assert.equal((await second.refused(leaver.id, 'enqueue', { queue_name: 'x' })).code, '90018')
  assert.equal(dataOf(await second.request('GET', '/queues/sized'))['max_size'], 7)

  const queue = dataOf(await second.request('GET', '/queues/line'))
  assert.deepEqual([queue['id'], queue['current_size']], [lineId, 1])
  const entry = dataOf(await second.request('GET', `/queues/line/calls/${kept.id}`))
  assert.deepEqual([entry['is_alive'], entry['queue_position']], [false, 1])
  // The next caller stands behind the one who is kept; the promise of a call back holds.
  await second.queueUp('line')
  const nextAgent = await second.dialAgent()
  const error = await second.refused(nextAgent.id, 'bridge', { queue: 'line' })
  assert.deepEqual([error.code, error.meta?.['call_control_id']], ['90018', kept.id])
  await second.command(nextAgent.id, 'bridge', { queue: 'line' })
})
