// Every way into a queue: what the webhooks say, in which order, and what the people hear.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  agentHz,
  callerHz,
  dataOf,
  listOf,
  musicHz,
  startStage,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const lineOf = async (queue: string): Promise<unknown[]> =>
  listOf(await stage.request('GET', `/queues/${queue}/calls`)).map((one) => one['call_control_id'])

test('the first use of a name creates the queue; who comes later stands behind', async () => {
  assert.equal((await stage.request('GET', '/queues/fresh')).status, 404)
  const [one, two] = [await stage.answered(), await stage.answered()]
  const fromMs = performance.now()
  await stage.command(one.id, 'enqueue', { queue_name: 'fresh' })
  await stage.command(two.id, 'enqueue', { queue_name: 'fresh' })
  const { payload } = await stage.event(two.id, 'call.enqueued')
  const toMs = performance.now()
  const queue = dataOf(await stage.request('GET', '/queues/fresh'))
  assert.deepEqual([queue['max_size'], queue['current_size']], [100, 2])
  assert.deepEqual(await lineOf('fresh'), [one.id, two.id])
  assert.deepEqual([payload['queue'], payload['current_position']], ['fresh', 2])
  // The first has waited since some moment of its command, the second not at all (C23).
  const average = Number(payload['queue_avg_wait_time_secs'])
  assert.ok(Number.isInteger(average) && average >= 0, String(average))
  assert.ok(average <= (toMs - fromMs) / 2_000, `${average} s after ${toMs - fromMs} ms`)
  assert.deepEqual(stage.receiver.typesOf(two.id), [
    'call.initiated',
    'call.answered',
    'call.enqueued',
  ])
})

test('a name that no path can say makes no queue: by enqueue, by creation, by bridge', async () => {
  const { id } = await stage.answered()
  for (const name of ['.', '..']) {
    const enqueued = await stage.request('POST', `/calls/${id}/actions/enqueue`, {
      queue_name: name,
    })
    const made = await stage.request('POST', '/queues', { queue_name: name })
    for (const answer of [enqueued, made]) {
      assert.equal(answer.status, 422)
      assert.match(JSON.stringify(answer), /"10015".*"\/queue_name"/)
    }
    const bridged = await stage.request('POST', `/calls/${id}/actions/bridge`, { queue: name })
    assert.equal(bridged.status, 422)
  }
  const queues = listOf(await stage.request('GET', '/queues'))
  assert.deepEqual(
    queues.filter(({ name }) => name === '.' || name === '..'),
    [],
  )
})

test('audio that runs goes on in the queue', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await call.hearsOnly(musicHz, 5_000)
  await stage.command(id, 'enqueue', { queue_name: 'with music' })
  await stage.event(id, 'call.enqueued')
  await call.hearsOnly(musicHz, 5_000)
  assert.ok(!stage.receiver.typesOf(id).includes('call.playback.ended'))
})

test('out of a conversation: the peer that bridged is hung up', async () => {
  const { caller, agent } = await stage.conversation('talkers')
  await caller.call.hears(agentHz, 5_000)
  await stage.command(caller.id, 'enqueue', { queue_name: 'again' })
  await agent.call.ended(5_000)
  await caller.call.hearsSilence(5_000)
  await stage.event(caller.id, 'call.enqueued', ({ queue }) => queue === 'again')
  const hangup = await stage.event(agent.id, 'call.hangup')
  assert.equal(hangup.payload['hangup_cause'], 'normal_clearing')
})

test('out of a conversation: a peer with park_after_unbridge stays and takes the next caller', async () => {
  const { caller, agent } = await stage.conversation('talkers', { park_after_unbridge: 'self' })
  const next = await stage.queueUp('talkers')
  await stage.command(caller.id, 'enqueue', { queue_name: 'talkers' })
  assert.deepEqual(await lineOf('talkers'), [next.id, caller.id])
  assert.equal(agent.call.state, 'up')
  await stage.command(agent.id, 'bridge', { queue: 'talkers' })
  await next.call.hears(agentHz, 5_000)
  await agent.call.hears(callerHz, 5_000)
  await caller.call.hearsSilence(5_000)
})

test('out of a conference', async () => {
  // Who is silent is never told to have the floor, however long this takes.
  const { id, call } = await stage.answered({ voice: { kind: 'silence' } })
  await stage.telnyx.conferences.create({ call_control_id: id, name: 'waiting room' })
  await stage.command(id, 'enqueue', { queue_name: 'from conference' })
  await stage.event(id, 'call.enqueued')
  assert.equal(call.state, 'up')
  assert.deepEqual(stage.receiver.typesOf(id).slice(2), [
    'conference.created',
    'conference.participant.joined',
    'conference.participant.left',
    'conference.ended',
    'call.enqueued',
  ])
})

test('from another queue: left first, then at the end of the new one', async () => {
  const there = await stage.queueUp('tier 2')
  const { id } = await stage.queueUp('tier 1')
  await stage.command(id, 'enqueue', { queue_name: 'tier 2' })
  assert.deepEqual(await lineOf('tier 2'), [there.id, id])
  assert.deepEqual(await lineOf('tier 1'), [])
  await stage.event(id, 'call.enqueued', ({ queue }) => queue === 'tier 2')
  const { payload } = await stage.event(id, 'call.dequeued')
  assert.deepEqual([payload['queue'], payload['reason']], ['tier 1', 'leave'])
  assert.deepEqual(stage.receiver.typesOf(id).slice(2), [
    'call.enqueued',
    'call.dequeued',
    'call.enqueued',
  ])
})

test('a refused move changes nothing', async () => {
  await stage.request('POST', '/queues', { queue_name: 'full', max_size: 1 })
  await stage.queueUp('full')
  const { id } = await stage.queueUp('patient')
  const error = await stage.refused(id, 'enqueue', { queue_name: 'full' })
  assert.equal(error.code, '90036')
  assert.deepEqual(await lineOf('patient'), [id])
})

test('max_size: of the first use, against an existing queue, lowered below the size', async () => {
  const { id } = await stage.queueUp('sized', { max_size: 2 })
  const second = await stage.answered()
  const conflict = await stage.refused(second.id, 'enqueue', { queue_name: 'sized', max_size: 3 })
  assert.equal(conflict.code, '90037')
  await stage.command(second.id, 'enqueue', { queue_name: 'sized', max_size: 2 })
  const third = await stage.answered()
  assert.equal((await stage.refused(third.id, 'enqueue', { queue_name: 'sized' })).code, '90036')
  const lowered = await stage.request('POST', '/queues/sized', { max_size: 1 })
  assert.deepEqual(
    [dataOf(lowered)['max_size'], dataOf(lowered)['current_size']],
    [1, 2],
    'nobody is thrown out',
  )
  await stage.command(id, 'leave_queue')
  assert.equal((await stage.refused(third.id, 'enqueue', { queue_name: 'sized' })).code, '90036')
})

test('before the answer there is no queue', async () => {
  const { id, call } = await stage.callIn()
  assert.equal((await stage.refused(id, 'enqueue', { queue_name: 'early' })).code, '90034')
  assert.equal((await stage.request('GET', '/queues/early')).status, 404)
  call.hangUp()
  const { payload } = await stage.event(id, 'call.hangup')
  assert.deepEqual(
    [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']],
    ['originator_cancel', 'caller', '487'],
  )
})
