// The acceptance list of the API contract, one test per line of it, with the official client of today. Line 11 (empty
// queues disappear) needs a short collection time and is in ../queues/collect.test.ts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Telnyx from 'telnyx'
import type { Delivery } from '../../support/receiver.ts'
import { signedBy } from '../../support/webhook-signature.ts'
import {
  applicationId,
  callerHz,
  dataOf,
  firstError,
  startStage,
  type ApiError,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

/** The first error of a call that must be thrown as `kind`. */
async function thrown(
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => Error,
): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => assert.fail('was accepted'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof kind, String(error))
  assert.ok(error instanceof Telnyx.APIError)
  const { errors } = error.error as { errors: ApiError[] } // The envelope; the recorder checks it.
  assert.ok(errors[0])
  return errors[0]
}

/** The client's types want the other leg's id, which excludes the queue on the wire. */
function bridgeWith(id: string, queue: string) {
  const body = { queue } as Parameters<typeof stage.telnyx.calls.actions.bridge>[1]
  return stage.telnyx.calls.actions.bridge(id, body)
}

const { BadRequestError, NotFoundError, UnprocessableEntityError } = Telnyx

test('acceptance 1: a queue is created, listed, updated and deleted; a filled one is not', async () => {
  const { queues } = stage.telnyx
  const created = await queues.create({ queue_name: 'first', max_size: 7 })
  assert.deepEqual([created.data?.max_size, created.data?.current_size], [7, 0])
  const names: string[] = []
  for await (const queue of queues.list({ 'page[size]': 1 })) names.push(queue.name)
  assert.deepEqual(names, ['first'])
  const updated = await queues.update('first', { max_size: 9 })
  assert.equal(updated.data?.max_size, 9)
  const caller = await stage.queueUp('first')
  const error = await thrown(queues.delete('first'), BadRequestError)
  assert.equal(error.code, '90050')
  caller.call.hangUp()
  await stage.event(caller.id, 'call.dequeued')
  await queues.delete('first')
  await thrown(queues.retrieve('first'), NotFoundError)
})

test('acceptance 2: leaveQueue without a body', async () => {
  const { actions } = stage.telnyx.calls
  const { id } = await stage.queueUp('second')
  const left = await actions.leaveQueue(id, {})
  assert.equal(left.data?.result, 'ok')
  // As the client sends it without parameters: a JSON content type and no byte.
  const { baseURL, apiKey } = stage.server
  const bare = await stage.recorder.fetch(`${baseURL}/calls/${id}/actions/leave_queue`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
  })
  assert.equal(bare.status, 422)
  const error = await thrown(actions.leaveQueue(id, {}), UnprocessableEntityError)
  assert.equal(error.code, '90035')
})

test('acceptance 3: enqueued twice without command_id is refused, with it answered twice', async () => {
  const { actions } = stage.telnyx.calls
  const plain = await stage.queueUp('third')
  const error = await thrown(
    actions.enqueue(plain.id, { queue_name: 'third' }),
    UnprocessableEntityError,
  )
  assert.equal(error.code, '90038')
  const { id } = await stage.answered()
  const body = { queue_name: 'third', command_id: '891510ac-f3e4-11e8-af5b-de00688a4901' }
  assert.equal((await actions.enqueue(id, body)).data?.result, 'ok')
  assert.equal((await actions.enqueue(id, body)).data?.result, 'ok')
  await actions.leaveQueue(id, {})
  await stage.event(id, 'call.dequeued')
  const enqueued = stage.receiver.typesOf(id).filter((type) => type === 'call.enqueued')
  assert.equal(enqueued.length, 1)
})

test('acceptance 4: two agents bridge one caller at once', async () => {
  const caller = await stage.queueUp('fourth')
  const agents = await Promise.all([stage.dialAgent(), stage.dialAgent()])
  const outcomes = await Promise.allSettled(agents.map(({ id }) => bridgeWith(id, 'fourth')))
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const loser = outcomes.find((one) => one.status === 'rejected')
  const error = await thrown(Promise.reject(loser?.reason), UnprocessableEntityError)
  assert.deepEqual(
    [error.code, error.title, error.source?.pointer, error.meta?.['reason']],
    ['10027', 'Queue is empty', '/queue', 'queue_empty'],
  )
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
  const dequeued = stage.receiver.typesOf(caller.id).filter((type) => type === 'call.dequeued')
  assert.equal(dequeued.length, 1)
})

test('acceptance 5: max_wait_time_secs: 2 leaves the call parked after 2 seconds', async () => {
  const { calls } = stage.telnyx
  const { id } = await stage.answered()
  const fromMs = performance.now()
  await stage.command(id, 'enqueue', { queue_name: 'fifth', max_wait_time_secs: 2 })
  const { payload } = await stage.event(id, 'call.dequeued')
  assert.equal(payload['reason'], 'timeout')
  // Less than a second late, or as late as this machine was.
  const waitedSecs = Number(payload['wait_time_secs'])
  const seenMs = performance.now() - fromMs
  assert.ok(waitedSecs >= 2 && waitedSecs * 1_000 <= Math.max(2_000, seenMs), `${waitedSecs} s`)
  assert.equal((await calls.retrieveStatus(id)).data?.is_alive, true)
  const answer = await calls.actions.enqueue(id, { queue_name: 'fifth' })
  assert.equal(answer.data?.result, 'ok')
})

test('acceptance 6: the caller hangs up in the queue', async () => {
  const { id, call } = await stage.queueUp('sixth')
  call.hangUp()
  const hangup = await stage.event(id, 'call.hangup')
  const { hangup_cause, hangup_source, sip_hangup_cause } = hangup.payload
  assert.deepEqual(
    [hangup_cause, hangup_source, sip_hangup_cause],
    ['normal_clearing', 'caller', '200'],
  )
  const dequeued = await stage.event(id, 'call.dequeued')
  assert.equal(dequeued.payload['reason'], 'hangup')
  assert.deepEqual(stage.receiver.typesOf(id).slice(-2), ['call.dequeued', 'call.hangup'])
  const error = await thrown(
    stage.telnyx.queues.calls.retrieve(id, { queue_name: 'sixth' }),
    NotFoundError,
  )
  assert.equal(error.code, '10005')
})

test('acceptance 7: keep_after_hangup holds the place, PATCH and bridge give it up', async () => {
  const { telnyx } = stage
  const inQueue = { queue_name: 'seventh' }
  const [one, two] = [
    await stage.queueUp('seventh', { keep_after_hangup: true, client_state: 'b25l' }),
    await stage.queueUp('seventh', { keep_after_hangup: true }),
  ]
  one.call.hangUp()
  two.call.hangUp()
  for (const { id } of [one, two]) await stage.event(id, 'call.hangup')
  const kept = await telnyx.queues.calls.retrieve(two.id, inQueue)
  assert.deepEqual([kept.data?.is_alive, kept.data?.queue_position], [false, 2])
  await telnyx.queues.calls.update(two.id, { ...inQueue, keep_after_hangup: false })
  await thrown(telnyx.queues.calls.retrieve(two.id, inQueue), NotFoundError)
  assert.equal((await stage.event(two.id, 'call.dequeued')).payload['reason'], 'hangup')

  const agent = await stage.dialAgent()
  const error = await thrown(bridgeWith(agent.id, 'seventh'), UnprocessableEntityError)
  assert.equal(error.code, '90018')
  const { meta = {} } = error
  const { call_control_id, connection_id, from, to, client_state, queue } = meta
  assert.deepEqual(
    [call_control_id, connection_id, from, to, client_state, queue],
    [one.id, applicationId, one.initiated.payload['from'], '+15550100', 'b25l', 'seventh'],
  )
  assert.equal(meta['call_leg_id'], one.initiated.payload['call_leg_id'])
  assert.equal(meta['call_session_id'], one.initiated.payload['call_session_id'])
  assert.equal(typeof meta['wait_time_secs'], 'number')
  const dequeued = await stage.event(one.id, 'call.dequeued')
  assert.equal(dequeued.payload['reason'], 'bridging-in-process')
})

test('acceptance 8: max_size: 1 refuses the second caller by name', async () => {
  await stage.queueUp('eighth', { max_size: 1 })
  const { id } = await stage.answered()
  const error = await thrown(
    stage.telnyx.calls.actions.enqueue(id, { queue_name: 'eighth' }),
    UnprocessableEntityError,
  )
  assert.equal(error.code, '90036')
  assert.match(error.detail, /'eighth'/)
})

test('acceptance 9: enqueueing a bridged call releases or parks the peer by its setting', async () => {
  const { actions } = stage.telnyx.calls
  const first = await stage.conversation('ninth')
  await actions.enqueue(first.caller.id, { queue_name: 'ninth again' })
  await first.agent.call.ended(5_000)
  await stage.event(first.agent.id, 'call.hangup')

  const second = await stage.conversation('ninth', { park_after_unbridge: 'self' })
  await actions.enqueue(second.caller.id, { queue_name: 'ninth again' })
  const { agent } = second
  await agent.call.hearsSilence(5_000)
  assert.equal(agent.call.state, 'up')
  await actions.hangup(agent.id, {})
  await stage.event(agent.id, 'call.hangup')
  for (const { id } of [first.agent, agent]) {
    const hangups = stage.receiver.typesOf(id).filter((type) => type === 'call.hangup')
    assert.equal(hangups.length, 1)
  }
})

test('acceptance 10: signatures hold for today’s client and for the older ones; a retry signs anew', async () => {
  const { receiver, telnyx, server } = stage
  let refusals = 1
  // Of this call alone: others are still told of theirs.
  const isIts = (payload: Delivery['payload']): boolean => payload['queue'] === 'tenth'
  receiver.answerWith(({ type, payload }) =>
    type === 'call.enqueued' && isIts(payload) && refusals-- > 0 ? 500 : 200,
  )
  const { id } = await stage.queueUp('tenth')
  const first = await stage.event(id, 'call.enqueued')
  const second = await receiver.waitFor((one) => one.id === first.id && one.attempt === 2)
  receiver.answerWith(200)
  const publicKey = await server.publicKey()
  for (const delivery of [first, second]) {
    const { raw, headers } = delivery
    const signature = String(headers['telnyx-signature-ed25519'])
    const timestamp = String(headers['telnyx-timestamp'])
    const own = { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': timestamp }
    const event = await telnyx.webhooks.unwrap(raw, { headers: own })
    assert.ok('data' in event && event.data && 'event_type' in event.data)
    assert.equal(event.data.event_type, 'call.enqueued')
    await assert.rejects(telnyx.webhooks.unwrap(`${raw} `, { headers: own }))
    assert.ok(signedBy(publicKey, delivery))
    assert.ok(!signedBy(publicKey, delivery, `${raw} `))
  }
  assert.notEqual(
    first.headers['telnyx-signature-ed25519'],
    second.headers['telnyx-signature-ed25519'],
  )
})

test('acceptance 12: the client comes to the end of active_calls', async () => {
  const { id } = await stage.answered()
  const ids: string[] = []
  for await (const call of stage.telnyx.connections.listActiveCalls(applicationId, {
    'page[size]': 2,
  })) {
    ids.push(call.call_control_id)
    assert.ok(ids.length < 200, 'pages for ever')
  }
  assert.ok(ids.includes(id))
  assert.equal(new Set(ids).size, ids.length, 'each call once')
})

test('acceptance 13: the old Python client’s requests (all of them in ../guide/python.test.ts)', async () => {
  const caller = await stage.queueUp('thirteenth')
  const agent = await stage.dialAgent()
  const path = `/calls/${encodeURIComponent(agent.id)}/actions/bridge`
  const body = { call_control_id: 'bridge_uuid', queue: 'thirteenth' }
  const answer = await stage.request('POST', path, body)
  assert.deepEqual(answer.body, { data: { result: 'ok' } })
  await agent.call.hears(callerHz, 5_000)
  caller.call.hangUp()
})

test('acceptance 14: the envelopes of 401, 404, 405, 415 and broken JSON', async () => {
  const { server, recorder } = stage
  const send = async (path: string, init: RequestInit) => {
    const headers = { authorization: `Bearer ${server.apiKey}`, ...init.headers }
    const response = await recorder.fetch(`${server.baseURL}${path}`, { ...init, headers })
    const type = response.headers.get('content-type') ?? ''
    assert.match(type, /^application\/json/)
    const answer = { status: response.status, body: await response.json(), headers: new Headers() }
    return [response.status, firstError(answer).code, response.headers.get('allow')]
  }
  const post = (contentType: string, body: string) => ({
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  })
  const wrongKey = { headers: { authorization: 'Bearer nobody' } }
  assert.deepEqual(await send('/queues/nobody', wrongKey), [401, '10009', null])
  assert.deepEqual(await send('/queues/nobody', {}), [404, '10005', null])
  assert.deepEqual(await send('/nothing', {}), [404, '10005', null])
  const put = await send('/queues', { method: 'PUT' })
  assert.deepEqual(put.slice(0, 2), [405, '10030'])
  assert.match(String(put[2]), /POST/)
  const form = await send('/queues', post('application/x-www-form-urlencoded', 'queue_name=x'))
  assert.deepEqual(form.slice(0, 2), [415, '10029'])
  const broken = await send('/queues', post('application/json', '{"queue_name":'))
  assert.deepEqual(broken.slice(0, 2), [400, '10023'])
})

test('acceptance 15: page sizes and pages beyond the end', async () => {
  const tooBig = await stage.request('GET', '/queues?page[size]=251')
  assert.equal(tooBig.status, 422)
  assert.equal(firstError(tooBig).source?.parameter, 'page[size]')
  const beyond = await stage.request('GET', '/queues?page[number]=99')
  assert.equal(beyond.status, 200)
  assert.deepEqual(dataOf(beyond), [])
})
