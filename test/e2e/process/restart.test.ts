// A clean stop and the next start on the same data: queues and kept callers are still there, calls whose phones have gone
// meanwhile are ended honestly and once, and webhooks that were owed arrive.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { startReceiver } from '../../support/receiver.ts'
import { dataOf, startStage } from '../../support/stage.ts'

/** A probe within 11 s, and 32 s (RFC 3261 timer F) until its silence counts. */
const goneMs = 60_000

test('stop and start again', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const first = await startStage({ receiver })
  const { dataDirectory } = first.server
  t.after(() => rm(dataDirectory, { recursive: true, force: true }))
  const publicKey = await first.server.publicKey()
  await first.request('POST', '/queues', { queue_name: 'sized', max_size: 7 })
  const waiting = await first.queueUp('line')
  const kept = await first.queueUp('line', { keep_after_hangup: true })
  kept.call.hangUp()
  await first.event(kept.id, 'call.hangup')
  const { caller, agent } = await first.conversation('talk')
  const lineId = dataOf(await first.request('GET', '/queues/line'))['id']
  // From now on nothing is accepted: what the end of these calls says is owed to the next start.
  receiver.answerWith(503)
  const code = await first.close({ keepData: true })
  assert.equal(code, 0)

  const before = receiver.deliveries.length
  receiver.answerWith(200)
  const second = await startStage({ receiver, dataDirectory })
  assert.equal(await second.server.publicKey(), publicKey)
  assert.equal(dataOf(await second.request('GET', '/queues/sized'))['max_size'], 7)
  for (const { id } of [waiting, caller, agent]) {
    const hangup = await receiver.waitFor(
      (one) =>
        one.type === 'call.hangup' &&
        one.payload['call_control_id'] === id &&
        receiver.deliveries.indexOf(one) >= before,
      goneMs,
    )
    assert.deepEqual(
      [hangup.payload['hangup_cause'], hangup.payload['hangup_source']],
      ['unspecified', 'unknown'],
    )
    const accepted = receiver.deliveries
      .slice(before)
      .filter(({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === id)
    assert.equal(new Set(accepted.map(({ id: event }) => event)).size, 1, 'told once')
    assert.equal((await second.refused(id, 'enqueue', { queue_name: 'x' })).code, '90018')
  }
  const dequeued = await receiver.waitFor(
    ({ type, payload }) => type === 'call.dequeued' && payload['call_control_id'] === waiting.id,
  )
  assert.equal(dequeued.payload['reason'], 'hangup')

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
  await second.close({ keepData: true })
})
