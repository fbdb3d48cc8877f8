// `holdfast/testing` against its promises: people, events, queues, time that moves, faults, kill and restart.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { freePort, startLab, type Caller, type Lab } from 'holdfast/testing'
import { createContractRecorder } from '../../contract/checker.ts'

type Json = Readonly<Record<string, unknown>>

/** A receiver of webhooks that writes them down, in the order in which they arrive, and does what a test says. */
interface Receiver {
  readonly got: { readonly type: string; readonly id: string; readonly leg: string }[]
  on: (type: string, payload: Json) => Promise<unknown>
  server: Server
}

const nothing = (): Promise<unknown> => Promise.resolve()
const app: Receiver = { got: [], on: nothing, server: createServer() }
let lab: Lab

before(async () => {
  // On a machine that is busy with other tests a promise is kept all the same.
  process.env['HOLDFAST_TEST_PATIENCE'] = '3'
  const port = await freePort()
  app.server.on('request', (request, response) => {
    let text = ''
    request.on('data', (bytes: Buffer) => (text += bytes.toString()))
    request.on('end', () => {
      response.writeHead(200).end()
      const { data } = JSON.parse(text) as {
        data: { id: string; event_type: string; payload: Json }
      }
      const leg = String(data.payload['call_control_id'])
      app.got.push({ type: data.event_type, id: data.id, leg })
      void app.on(data.event_type, data.payload)
    })
  })
  await new Promise<void>((resolve) => app.server.listen(port, '127.0.0.1', resolve))
  lab = await startLab({ webhookUrl: `http://127.0.0.1:${port}/`, agents: ['anna'] })
})

after(async () => {
  await lab.stop()
  app.server.closeAllConnections()
  app.server.close()
})

beforeEach(async () => {
  app.on = nothing
  await lab.reset()
  app.got.length = 0
})

async function act(leg: string, action: string, body: Json = {}): Promise<void> {
  const answer = await lab.request('POST', `/v2/calls/${leg}/actions/${action}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

async function waiting(queue: string, body: Json = {}): Promise<Caller> {
  const caller = await lab.caller({ says: 440 })
  await act(caller.callControlId, 'answer')
  await caller.isAnswered()
  await act(caller.callControlId, 'enqueue', { queue_name: queue, ...body })
  return caller
}

const arrived = (type: string, caller: Caller): number =>
  app.got.filter((one) => one.type === type && one.leg === caller.callControlId).length

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 1500 && !holds(); round++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(holds(), what)
}

test('people hear each other, press keys and hang up; queues and events are seen', async () => {
  const first = await waiting('support')
  const second = await waiting('support')
  await lab.queue('support').has([first, second])
  await lab.events.next('call.enqueued', { from: first, current_position: 1 })

  const anna = await lab.agent('anna', { says: 1000, answers: 'by-hand' })
  const dialled = await lab.request('POST', '/v2/calls', {
    ...{ connection_id: lab.connectionId, to: anna.uri, from: '+15550100' },
  })
  const leg = (dialled.body as { data: { call_control_id: string } }).data.call_control_id
  await anna.answers()
  await lab.events.next('call.answered', { call_control_id: leg })
  await act(leg, 'bridge', { queue: 'support' })
  await first.hears(1000)
  await anna.hears(440)
  await first.press('1#')
  await lab.events.next('call.dtmf.received', { from: first, digit: '1' })
  await lab.events.next('call.dtmf.received', { from: first, digit: '#' })
  await lab.queue('support').has([second])
  await first.hangsUp()
  await lab.events.next('call.hangup', { from: first })
  await second.hangsUp()
  await lab.queue('support').isEmpty()
  await lab.events.none('call.bridged', { from: second })
})

test('half an hour in a queue takes no half hour', async () => {
  const caller = await waiting('patient', { max_wait_time_secs: 1800 })
  await lab.queue('patient').has([caller])
  await lab.skip('29m')
  await lab.queue('patient').has([caller])
  const beganMs = performance.now()
  await lab.skip('1m')
  const dequeued = await lab.events.next('call.dequeued', { from: caller })
  assert.ok(performance.now() - beganMs < 10_000)
  assert.equal(dequeued.payload['reason'], 'timeout')
  assert.equal(dequeued.payload['wait_time_secs'], 1800)
  await lab.queue('patient').isEmpty()
})

test('what the application does at a deadline happens before the next one', async () => {
  app.on = async (type, payload) => {
    if (type !== 'call.dequeued' || payload['queue'] !== 'first') return
    const body = { queue_name: 'second', max_wait_time_secs: 60 }
    await act(String(payload['call_control_id']), 'enqueue', body)
  }
  const caller = await waiting('first', { max_wait_time_secs: 60 })
  await lab.skip('10m')
  const reasons = await lab.events.list('call.dequeued', { from: caller })
  assert.deepEqual(
    reasons.map(({ payload }) => [payload['queue'], payload['reason'], payload['wait_time_secs']]),
    [
      ['first', 'timeout', 60],
      ['second', 'timeout', 60],
    ],
  )
  // Of one piece: the second wait began when the first was over, and not at the end of the skip.
  const [one, two] = reasons.map(({ occurredAt }) => Date.parse(occurredAt))
  assert.ok(Math.abs(Number(two) - Number(one) - 60_000) < 5000)
})

test('a webhook that is lost is tried again, by the time of calls', async () => {
  await lab.faults.dropWebhook({ type: 'call.hangup', count: 4 })
  const caller = await waiting('any')
  await caller.hangsUp()
  await lab.events.next('call.hangup', { from: caller })
  assert.equal(arrived('call.hangup', caller), 0)
  await lab.skip('1h')
  await until(() => arrived('call.hangup', caller) === 1, 'it comes by a later attempt')
})

test('a webhook comes twice, or late', async () => {
  await lab.faults.duplicateWebhook({ type: 'call.answered' })
  await lab.faults.delayWebhook({ type: 'call.enqueued', seconds: 600 })
  const caller = await waiting('any')
  await until(() => arrived('call.answered', caller) === 2, 'twice')
  await lab.events.next('call.enqueued', { from: caller })
  assert.equal(arrived('call.enqueued', caller), 0)
  await lab.skip('10m')
  await until(() => arrived('call.enqueued', caller) === 1, 'late')
})

test('two webhooks change places', async () => {
  await lab.faults.reorderWebhook({ type: 'call.answered' })
  const caller = await waiting('any')
  await until(() => arrived('call.answered', caller) === 1, 'it comes')
  const order = app.got.filter(({ leg }) => leg === caller.callControlId).map(({ type }) => type)
  assert.deepEqual(order, ['call.initiated', 'call.enqueued', 'call.answered'])
})

test('a lost ACK and a lost BYE are said again, and nothing is lost by it', async () => {
  await lab.faults.loseAck()
  await lab.faults.loseBye()
  const caller = await waiting('any')
  const armed = async (): Promise<readonly unknown[]> => {
    const { body } = await lab.get('/v2/lab')
    return (body as { data: { faults: Json[] } }).data.faults.map(({ fault }) => fault)
  }
  assert.deepEqual(await armed(), ['lose_sip'], 'the ACK is gone already')
  await caller.hangsUp()
  await lab.events.next('call.hangup', { from: caller, hangup_source: 'caller' })
  assert.deepEqual(await armed(), [], 'and so was the first BYE')
})

test('audio goes one way only, until the fault is cleared', async () => {
  const caller = await waiting('any')
  const anna = await lab.agent('anna', { says: 1000 })
  const dialled = await lab.request('POST', '/v2/calls', {
    ...{ connection_id: lab.connectionId, to: anna.uri, from: '+15550100' },
  })
  const leg = (dialled.body as { data: { call_control_id: string } }).data.call_control_id
  await lab.events.next('call.answered', { call_control_id: leg })
  await act(leg, 'bridge', { queue: 'any' })
  await caller.hears(1000)
  await lab.faults.oneWayAudio('out')
  await caller.hearsNothing()
  await lab.faults.clear()
  await caller.hears(1000)
  await lab.faults.oneWayAudio('in')
  await anna.hears('silence')
  await lab.faults.clear()
  await anna.hears(440)
})

test('killed and started again, the server goes on in the same place and time', async () => {
  const caller = await waiting('kept', { max_wait_time_secs: 3600 })
  await lab.skip('30m')
  await lab.kill()
  await lab.restart()
  await lab.queue('kept').has([caller])
  await lab.skip('29m')
  await lab.queue('kept').has([caller])
  await lab.skip('1m')
  const { payload } = await lab.events.next('call.dequeued', { from: caller })
  assert.equal(payload['reason'], 'timeout')
})

test('a reset ends calls, kept places and faults', async () => {
  const gone = await waiting('full', { keep_after_hangup: true })
  await gone.hangsUp()
  const caller = await waiting('full')
  await lab.faults.dropWebhook()
  await lab.reset()
  await caller.isHungUp()
  await lab.queue('full').isEmpty()
  const { body } = await lab.get('/v2/lab')
  assert.deepEqual((body as { data: Json }).data['faults'], [])
})

test('the paths of the lab, as they are described', async () => {
  const recorder = createContractRecorder()
  const ask = async (method: string, path: string, body?: unknown): Promise<number> => {
    const answer = await lab.request(method, path, body)
    recorder.exchange(method, path, answer.status, JSON.stringify(answer.body))
    return answer.status
  }
  assert.equal(await ask('GET', '/v2/lab'), 200)
  assert.equal(await ask('POST', '/v2/lab/skip', { seconds: 1 }), 200)
  assert.equal(await ask('POST', '/v2/lab/skip', { seconds: -1 }), 422)
  assert.equal(await ask('POST', '/v2/lab/faults', { fault: 'drop_webhook' }), 201)
  assert.equal(await ask('POST', '/v2/lab/faults', { fault: 'earthquake' }), 422)
  const unknown = { fault: 'drop_webhook', event_type: 'call.lost' }
  assert.equal(await ask('POST', '/v2/lab/faults', unknown), 422)
  assert.equal(await ask('DELETE', '/v2/lab/faults'), 200)
  assert.equal(await ask('POST', '/v2/lab/reset', {}), 200)
  recorder.assertClean()
})

test('what a failed wait says helps to find out why', async () => {
  const caller = await waiting('any')
  await assert.rejects(lab.queue('any').isEmpty({ within: 1 }), /in queue any: .*should be: nobody/)
  await assert.rejects(caller.hears(2000, { within: 50 }), /2000 Hz not heard/)
  await assert.rejects(
    lab.events.next('call.bridged', { from: caller }, { within: 1 }),
    /no call.bridged/,
  )
})

test('what can never be is refused at once, in words', async () => {
  const caller = await waiting('words')
  await assert.rejects(caller.press('x'), /"x" cannot be pressed: keys are/)
  await assert.rejects(lab.faults.dropWebhook({ type: 'call.anwsered' }), /no event of that type/)
  await assert.rejects(lab.skip('soon'), /write 90s, 10m/)
  await assert.rejects(lab.skip(-1), /outside of allowed range/)
  const why = await lab.events.next('call.never', {}, { within: 10 }).catch(String)
  assert.match(String(why), /call\.enqueued \{.*"queue":"words"/)
  assert.doesNotMatch(String(why), /call_quality_stats|call_leg_id/)
  await lab.kill()
  await assert.rejects(lab.caller(), /the server does not run/)
  await assert.rejects(lab.get('/v2/queues'), /the server does not run/)
  await lab.restart()
  await lab.queue('words').has([caller])
})
