// What queues promise to callers: order, places, sizes, every way in and out, and what is told of it in which order.
import assert from 'node:assert/strict'
import {
  assertField,
  assertOk,
  assertRefused,
  dataOf,
  errorPage,
  listOf,
  page,
  webhookPage,
  type Check,
} from '../check.ts'
import { life } from '../scenarios.ts'
import type { Caller, ConformanceStage, Json } from '../stage.ts'

type Stage = ConformanceStage

const enqueueing = 'POST /calls/{call_control_id}/actions/enqueue'
const bridging = 'POST /calls/{call_control_id}/actions/bridge'

async function queued(stage: Stage, queue: string, extra: Json = {}): Promise<Caller> {
  const caller = await stage.answered()
  await stage.ok(caller.id, 'enqueue', { queue_name: queue, ...extra })
  await stage.event(caller.id, 'call.enqueued')
  return caller
}

const place = async (stage: Stage, queue: string, id: string): Promise<unknown> =>
  dataOf(await stage.get(`/queues/${queue}/calls/${id}`))['queue_position']

const end = (stage: Stage, ...ids: readonly string[]): Promise<unknown> =>
  Promise.all(ids.map((id) => stage.command(id, 'hangup')))

const typesOf = (stage: Stage, id: string): readonly string[] =>
  stage.webhooks.ofCall(id).map(({ type }) => type)

const queueCheck = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const order: readonly Check[] = [
  queueCheck(
    'the events of a call come in order',
    'C77',
    ['rule order of events', 'event call.enqueued', 'event call.dequeued', 'event call.bridged'],
    async (stage) => {
      const { caller } = await life(stage)
      assert.deepEqual(typesOf(stage, caller), [
        'call.initiated',
        'call.answered',
        'call.enqueued',
        'call.dequeued',
        'call.enqueued',
        'call.dequeued',
        'call.bridged',
        'call.hangup',
      ])
    },
  ),
  queueCheck(
    'the events of a dialled call come in order',
    'C77',
    ['rule order of events', 'event call.initiated', 'event call.answered', 'event call.hangup'],
    async (stage) => {
      const { agent } = await life(stage)
      assert.deepEqual(typesOf(stage, agent), [
        'call.initiated',
        'call.answered',
        'call.bridged',
        'call.hangup',
      ])
    },
  ),
  queueCheck(
    'events of a call are numbered without gaps',
    'C78',
    ['rule leg_sequence'],
    async (stage) => {
      const { caller } = await life(stage)
      const numbers = stage.webhooks.ofCall(caller).map(({ data }) => data['leg_sequence'])
      assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8])
    },
  ),
  queueCheck(
    'the times of a call do not go backwards',
    webhookPage,
    ['rule order of events'],
    async (stage) => {
      const { caller } = await life(stage)
      const times = stage.webhooks.ofCall(caller).map(({ data }) => String(data['occurred_at']))
      assert.deepEqual(times, times.toSorted())
    },
  ),
  queueCheck(
    'all events of a call name the same call',
    'C45',
    ['rule identifiers'],
    async (stage) => {
      const { caller } = await life(stage)
      for (const key of ['call_leg_id', 'call_session_id', 'connection_id']) {
        const seen = new Set(stage.webhooks.ofCall(caller).map(({ payload }) => payload[key]))
        assert.equal(seen.size, 1, key)
      }
    },
  ),
  queueCheck(
    'bridging leaves both sessions as they were',
    'C45',
    ['rule identifiers', bridging],
    async (stage) => {
      const { events } = await life(stage)
      const one = events['call.bridged, caller']?.payload
      const two = events['call.bridged, agent']?.payload
      assert.ok(one && two)
      assert.notEqual(one['call_session_id'], two['call_session_id'])
      assert.notEqual(one['call_leg_id'], two['call_leg_id'])
    },
  ),
  queueCheck(
    'the queued call names what the webhook named',
    page('Retrieve a call from a queue'),
    ['object queued call'],
    async (stage) => {
      const { queued: call, events, queueObject } = await life(stage)
      const told = events['call.initiated, incoming']?.payload
      assert.ok(told)
      for (const key of [
        'call_control_id',
        'call_leg_id',
        'call_session_id',
        'connection_id',
        'from',
        'to',
      ]) {
        assert.equal(call[key], told[key], key)
      }
      assert.equal(call['queue_id'], queueObject['id'])
    },
  ),
  queueCheck(
    'a call that ended is no active call',
    page('List all active calls for given connection'),
    ['GET /connections/{connection_id}/active_calls'],
    async (stage) => {
      const { caller } = await life(stage)
      const path = `/connections/${stage.connectionId}/active_calls?page[size]=250`
      const ids = listOf(await stage.get(path)).map((one) => one['call_control_id'])
      assert.ok(!ids.includes(caller))
    },
  ),
]

const places: readonly Check[] = [
  queueCheck(
    'first in, first out: places, sizes, and who is bridged',
    'C4',
    [enqueueing, bridging, 'GET /queues/{queue_name}/calls', 'rule places'],
    async (stage) => {
      const queue = stage.unique('fifo')
      const one = await queued(stage, queue)
      const two = await queued(stage, queue)
      const three = await queued(stage, queue)
      const positions = [one, two, three].map(
        ({ id }) =>
          stage.webhooks.ofCall(id).find(({ type }) => type === 'call.enqueued')?.payload[
            'current_position'
          ],
      )
      assert.deepEqual(positions, [1, 2, 3])
      const listed = listOf(await stage.get(`/queues/${queue}/calls`))
      assert.deepEqual(
        listed.map((call) => [call['call_control_id'], call['queue_position']]),
        [one, two, three].map(({ id }, index) => [id, index + 1]),
      )
      assert.equal(dataOf(await stage.get(`/queues/${queue}`))['current_size'], 3)
      await stage.ok(two.id, 'leave_queue')
      assert.equal(await place(stage, queue, three.id), 2)
      const agent = await stage.dialled()
      await stage.ok(agent.id, 'bridge', { queue })
      await stage.event(one.id, 'call.bridged')
      assert.equal(await place(stage, queue, three.id), 1)
      assert.equal(dataOf(await stage.get(`/queues/${queue}`))['current_size'], 1)
      await end(stage, one.id, two.id, three.id)
    },
  ),
  queueCheck(
    'a full queue is 90036 and names itself',
    errorPage('90036'),
    ['code 422 90036', `${enqueueing}#max_size`],
    async (stage) => {
      const queue = stage.unique('full')
      const one = await queued(stage, queue, { max_size: 1 })
      const two = await stage.answered()
      const answer = await stage.command(two.id, 'enqueue', { queue_name: queue })
      assertRefused(answer, 422, '90036', { title: 'Queue full', detail: new RegExp(queue) })
      assertOk(await stage.command(two.id, 'enqueue', { queue_name: stage.unique('other') }))
      await end(stage, one.id, two.id)
    },
  ),
  queueCheck(
    'another max_size for a queue that exists is 90037',
    errorPage('90037'),
    ['code 422 90037', `${enqueueing}#max_size`],
    async (stage) => {
      const queue_name = stage.unique('fixed')
      await stage.post('/queues', { queue_name, max_size: 5 })
      const { id } = await stage.answered()
      const answer = await stage.command(id, 'enqueue', { queue_name, max_size: 6 })
      assertRefused(answer, 422, '90037', { title: 'Queue max_size cannot be modified' })
      assertOk(await stage.command(id, 'enqueue', { queue_name, max_size: 5 }))
      await end(stage, id)
    },
  ),
  queueCheck(
    'a queue with calls is not deleted',
    errorPage('90050'),
    ['code 400 90050', 'DELETE /queues/{queue_name}'],
    async (stage) => {
      const queue = stage.unique('filled')
      const { id } = await queued(stage, queue)
      const answer = await stage.request('DELETE', `/queues/${queue}`)
      assertRefused(answer, 400, '90050', { title: 'Unable to delete queue' })
      await end(stage, id)
    },
  ),
  queueCheck(
    'a smaller max_size throws nobody out',
    'C25',
    ['POST /queues/{queue_name}#max_size', 'code 422 90036'],
    async (stage) => {
      const queue = stage.unique('smaller')
      const one = await queued(stage, queue)
      const two = await queued(stage, queue)
      assert.equal(dataOf(await stage.post(`/queues/${queue}`, { max_size: 1 }))['current_size'], 2)
      await stage.ok(two.id, 'leave_queue')
      assertRefused(await stage.command(two.id, 'enqueue', { queue_name: queue }), 422, '90036')
      await end(stage, one.id, two.id)
    },
  ),
  queueCheck(
    'enqueue in another queue moves the call to its end',
    'C3',
    [enqueueing, 'event call.dequeued#reason'],
    async (stage) => {
      const queue = stage.unique('from')
      const other = stage.unique('to')
      const first = await queued(stage, other)
      const { id } = await queued(stage, queue)
      await stage.ok(id, 'enqueue', { queue_name: other })
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.deepEqual([payload['queue'], payload['reason']], [queue, 'leave'])
      const moved = await stage.event(id, 'call.enqueued', (one) => one['queue'] === other)
      assert.equal(moved.payload['current_position'], 2)
      await end(stage, first.id, id)
    },
  ),
]

const waysOut: readonly Check[] = [
  queueCheck(
    'hang-up while queued: dequeued (hangup), then hangup',
    'C8',
    ['event call.dequeued#reason=hangup', 'event call.hangup#hangup_cause', 'rule order of events'],
    async (stage) => {
      const queue = stage.unique('gone')
      const { id, call } = await queued(stage, queue)
      call.hangUp()
      const hangup = await stage.event(id, 'call.hangup')
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.equal(payload['reason'], 'hangup')
      assert.deepEqual(
        ['hangup_cause', 'hangup_source', 'sip_hangup_cause'].map((key) => hangup.payload[key]),
        ['normal_clearing', 'caller', '200'],
      )
      assert.deepEqual(typesOf(stage, id).slice(-2), ['call.dequeued', 'call.hangup'])
      assertRefused(await stage.get(`/queues/${queue}/calls/${id}`), 404, '10005')
    },
  ),
  queueCheck(
    'the longest wait: dequeued (timeout), and the call lives',
    page('Enqueue call'),
    [
      `${enqueueing}#max_wait_time_secs`,
      'event call.dequeued#reason=timeout',
      'event call.dequeued#wait_time_secs',
    ],
    async (stage) => {
      const { id } = await queued(stage, stage.unique('wait'), { max_wait_time_secs: 1 })
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.equal(payload['reason'], 'timeout')
      // Whole seconds; a busy machine may be late.
      assertField(payload, 'wait_time_secs', [1, 2, 3])
      assert.equal(dataOf(await stage.get(`/calls/${id}`))['is_alive'], true)
      await end(stage, id)
    },
  ),
  queueCheck(
    'DELETE of a queued call acts as leave_queue',
    'C19',
    ['DELETE /queues/{queue_name}/calls/{call_control_id}', 'event call.dequeued#reason'],
    async (stage) => {
      const queue = stage.unique('removed')
      const { id } = await queued(stage, queue)
      const answer = await stage.request('DELETE', `/queues/${queue}/calls/${id}`)
      assert.deepEqual([answer.status, answer.text], [204, ''])
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.equal(payload['reason'], 'leave')
      assertRefused(await stage.get(`/queues/${queue}/calls/${id}`), 404, '10005')
      await end(stage, id)
    },
  ),
  queueCheck(
    'keep_after_hangup: the place is kept, is_alive is false, PATCH gives it up',
    'C52',
    [
      `${enqueueing}#keep_after_hangup`,
      'PATCH /queues/{queue_name}/calls/{call_control_id}#keep_after_hangup',
      'object queued call#is_alive',
    ],
    async (stage) => {
      const queue = stage.unique('kept')
      const { id, call } = await queued(stage, queue, { keep_after_hangup: true })
      call.hangUp()
      await stage.event(id, 'call.hangup')
      const kept = dataOf(await stage.get(`/queues/${queue}/calls/${id}`))
      assert.deepEqual([kept['is_alive'], kept['queue_position']], [false, 1])
      assert.ok(!typesOf(stage, id).includes('call.dequeued'))
      const patch = { body: { keep_after_hangup: false } }
      const answer = await stage.request('PATCH', `/queues/${queue}/calls/${id}`, patch)
      assert.deepEqual([answer.status, answer.text], [204, ''])
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.equal(payload['reason'], 'hangup')
      assertRefused(await stage.get(`/queues/${queue}/calls/${id}`), 404, '10005')
    },
  ),
  queueCheck(
    'PATCH of a waiting call keeps it after its hang-up',
    page('Update queued call'),
    ['PATCH /queues/{queue_name}/calls/{call_control_id}#keep_after_hangup'],
    async (stage) => {
      const queue = stage.unique('kept')
      const { id, call } = await queued(stage, queue)
      await stage.request('PATCH', `/queues/${queue}/calls/${id}`, {
        body: { keep_after_hangup: true },
      })
      call.hangUp()
      await stage.event(id, 'call.hangup')
      assert.equal(dataOf(await stage.get(`/queues/${queue}`))['current_size'], 1)
      await stage.request('DELETE', `/queues/${queue}/calls/${id}`)
    },
  ),
  queueCheck(
    'bridge meets a kept call: 90018 with what is needed to call back',
    'C9',
    [`${bridging}#queue`, 'code 422 90018', 'event call.dequeued#reason'],
    async (stage) => {
      const queue = stage.unique('kept')
      const { id, call } = await queued(stage, queue, {
        keep_after_hangup: true,
        client_state: 'a2VwdA==',
      })
      call.hangUp()
      await stage.event(id, 'call.hangup')
      const agent = await stage.dialled()
      const error = assertRefused(await stage.command(agent.id, 'bridge', { queue }), 422, '90018')
      const { call_control_id, client_state, from, queue: name } = error.meta ?? {}
      assert.deepEqual([call_control_id, client_state, name], [id, 'a2VwdA==', queue])
      assert.equal(typeof from, 'string')
      const { payload } = await stage.event(id, 'call.dequeued')
      assert.equal(payload['reason'], 'bridging-in-process')
      await end(stage, agent.id)
    },
  ),
]

const bridges: readonly Check[] = [
  ...(['an empty queue', 'a queue that does not exist'] as const).map((what) =>
    queueCheck(
      `bridge on ${what} is 10027`,
      'C1',
      [`${bridging}#queue`, 'code 422 10027'],
      async (stage) => {
        const queue = stage.unique('empty')
        if (what === 'an empty queue') await stage.post('/queues', { queue_name: queue })
        const { id } = await stage.answered()
        const error = assertRefused(await stage.command(id, 'bridge', { queue }), 422, '10027', {
          title: 'Queue is empty',
          pointer: '/queue',
        })
        assert.equal(error.meta?.['reason'], 'queue_empty')
        await end(stage, id)
      },
    ),
  ),
  queueCheck(
    'bridge with nothing is 10004',
    errorPage('10004'),
    [`${bridging}#call_control_id`, 'code 422 10004'],
    async (stage) => {
      const { id } = await stage.answered()
      const answer = await stage.command(id, 'bridge', {})
      assertRefused(answer, 422, '10004', { pointer: '/call_control_id' })
      await end(stage, id)
    },
  ),
  queueCheck(
    'bridge with itself is 10015',
    'C40',
    [`${bridging}#call_control_id`, 'code 422 10015'],
    async (stage) => {
      const { id } = await stage.answered()
      assertRefused(await stage.command(id, 'bridge', { call_control_id: id }), 422, '10015')
      await end(stage, id)
    },
  ),
  queueCheck(
    'bridge with an unknown call is 90015 and points at it',
    errorPage('90015'),
    [`${bridging}#call_control_id`, 'code 422 90015'],
    async (stage) => {
      const { id } = await stage.answered()
      const answer = await stage.command(id, 'bridge', { call_control_id: `v3:${'y'.repeat(54)}` })
      assertRefused(answer, 422, '90015', { pointer: '/call_control_id' })
      await end(stage, id)
    },
  ),
  queueCheck(
    'bridge with a queue and another living call is 10015',
    'C2',
    [`${bridging}#queue`, 'code 422 10015'],
    async (stage) => {
      const queue = stage.unique('both')
      const caller = await queued(stage, queue)
      const [one, two] = [await stage.answered(), await stage.answered()]
      const both = { queue, call_control_id: two.id }
      assertRefused(await stage.command(one.id, 'bridge', both), 422, '10015', {
        pointer: '/queue',
      })
      assertOk(await stage.command(one.id, 'bridge', { queue, call_control_id: one.id }))
      await stage.event(caller.id, 'call.bridged')
      await end(stage, caller.id, one.id, two.id)
    },
  ),
  queueCheck(
    'bridge with a queued call by its id takes it out of the queue',
    page('Bridge calls'),
    [`${bridging}#call_control_id`, 'event call.dequeued#reason'],
    async (stage) => {
      const caller = await queued(stage, stage.unique('by-id'))
      const agent = await stage.dialled()
      await stage.ok(agent.id, 'bridge', { call_control_id: caller.id })
      const { payload } = await stage.event(caller.id, 'call.dequeued')
      assert.equal(payload['reason'], 'bridged')
      await stage.event(agent.id, 'call.bridged')
      await end(stage, caller.id)
      await stage.event(agent.id, 'call.hangup')
    },
  ),
  queueCheck(
    'two agents at once: one gets the caller, the other 10027',
    'C1',
    [bridging, 'code 422 10027'],
    async (stage) => {
      const queue = stage.unique('race')
      const caller = await queued(stage, queue)
      const agents = await Promise.all([stage.dialled(), stage.dialled()])
      const answers = await Promise.all(
        agents.map(({ id }) => stage.command(id, 'bridge', { queue })),
      )
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
      await stage.event(caller.id, 'call.bridged')
      await end(stage, caller.id, ...agents.map(({ id }) => id))
    },
  ),
  queueCheck(
    'park_after_unbridge: the issuer is parked when the other side leaves',
    page('Bridge calls'),
    [`${bridging}#park_after_unbridge`],
    async (stage) => {
      const queue = stage.unique('park')
      const caller = await queued(stage, queue)
      const agent = await stage.dialled()
      await stage.ok(agent.id, 'bridge', { queue, park_after_unbridge: 'self' })
      await stage.event(caller.id, 'call.bridged')
      caller.call.hangUp()
      await stage.event(caller.id, 'call.hangup')
      assertOk(await stage.command(agent.id, 'enqueue', { queue_name: stage.unique('next') }))
      await stage.event(agent.id, 'call.enqueued')
      await end(stage, agent.id)
    },
  ),
  queueCheck(
    'prevent_double_bridge: a bridged partner is 10027',
    'C40',
    [`${bridging}#prevent_double_bridge`, 'code 422 10027'],
    async (stage) => {
      const [one, two, three] = await Promise.all([
        stage.answered(),
        stage.answered(),
        stage.answered(),
      ])
      await stage.ok(one.id, 'bridge', { call_control_id: two.id })
      await stage.event(one.id, 'call.bridged')
      const body = { call_control_id: two.id, prevent_double_bridge: true }
      assertRefused(await stage.command(three.id, 'bridge', body), 422, '10027', {
        pointer: '/call_control_id',
      })
      await end(stage, one.id, three.id)
    },
  ),
  queueCheck(
    'enqueue of a bridged call ends the bridge, the other side is hung up',
    'C13',
    [enqueueing, 'event call.hangup#hangup_cause'],
    async (stage) => {
      const [one, two] = await Promise.all([stage.answered(), stage.answered()])
      await stage.ok(two.id, 'bridge', { call_control_id: one.id })
      await stage.event(one.id, 'call.bridged')
      await stage.ok(one.id, 'enqueue', { queue_name: stage.unique('back') })
      await stage.event(one.id, 'call.enqueued')
      const { payload } = await stage.event(two.id, 'call.hangup')
      assert.equal(payload['hangup_cause'], 'normal_clearing')
      await end(stage, one.id)
    },
  ),
]

export const queueingChecks: readonly Check[] = [...order, ...places, ...waysOut, ...bridges]
