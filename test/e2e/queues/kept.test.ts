// Callers who hung up and keep their place (`keep_after_hangup`): they count, they are listed as dead, and whoever
// reaches them learns whom to call back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  agentHz,
  applicationId,
  dataOf,
  startStage,
  type CallIn,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

/** A caller who hung up in the queue and is kept. */
async function kept(queue: string): Promise<CallIn> {
  const caller = await stage.queueUp(queue, { keep_after_hangup: true, client_state: 'a2VwdA==' })
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
  return caller
}

test('a kept caller holds the place, counts and is no longer alive', async () => {
  const gone = await kept('places')
  const next = await stage.queueUp('places')
  const one = dataOf(await stage.request('GET', `/queues/places/calls/${gone.id}`))
  assert.deepEqual([one['is_alive'], one['queue_position']], [false, 1])
  const two = dataOf(await stage.request('GET', `/queues/places/calls/${next.id}`))
  assert.deepEqual([two['is_alive'], two['queue_position']], [true, 2])
  const queue = dataOf(await stage.request('GET', '/queues/places'))
  assert.equal(queue['current_size'], 2)
  assert.equal((await stage.request('DELETE', '/queues/places')).status, 400)
  assert.ok(!stage.receiver.typesOf(gone.id).includes('call.dequeued'), 'not yet')
})

test('a bridge that meets a kept caller fails with what is needed to call back', async () => {
  const gone = await kept('call back')
  const next = await stage.queueUp('call back')
  const agent = await stage.dialAgent()
  const error = await stage.refused(agent.id, 'bridge', { queue: 'call back' })
  assert.equal(error.code, '90018')
  const { meta = {} } = error
  assert.equal(meta['call_control_id'], gone.id)
  assert.equal(meta['connection_id'], applicationId)
  assert.equal(meta['from'], gone.initiated.payload['from'])
  assert.equal(meta['client_state'], 'a2VwdA==')
  const { payload } = await stage.event(gone.id, 'call.dequeued')
  assert.equal(payload['reason'], 'bridging-in-process')
  // The application decides; its second bridge takes the next one.
  await stage.command(agent.id, 'bridge', { queue: 'call back' })
  await next.call.hears(agentHz, 5_000)
})

test('a kept caller leaves by PATCH, by DELETE and by the end of the waiting time', async () => {
  const patched = await kept('leaving')
  const path = (id: string) => `/queues/leaving/calls/${id}`
  const patch = await stage.request('PATCH', path(patched.id), { keep_after_hangup: false })
  assert.equal(patch.status, 204)
  const deleted = await kept('leaving')
  assert.equal((await stage.request('DELETE', path(deleted.id))).status, 204)
  for (const { id } of [patched, deleted]) {
    const { payload } = await stage.event(id, 'call.dequeued')
    assert.equal(payload['reason'], 'hangup')
    assert.equal((await stage.request('GET', path(id))).status, 404)
  }
  const late = await stage.queueUp('leaving', { keep_after_hangup: true, max_wait_time_secs: 1 })
  late.call.hangUp()
  const { payload } = await stage.event(late.id, 'call.dequeued')
  assert.equal(payload['reason'], 'timeout')
})

test('PATCH on a living call decides what its hang-up will do', async () => {
  const { id, call } = await stage.queueUp('later')
  const path = `/queues/later/calls/${id}`
  assert.equal((await stage.request('PATCH', path, { keep_after_hangup: true })).status, 204)
  call.hangUp()
  await stage.event(id, 'call.hangup')
  assert.equal(dataOf(await stage.request('GET', path))['is_alive'], false)
})
