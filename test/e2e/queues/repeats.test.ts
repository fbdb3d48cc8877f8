// No caller is doubled: commands repeated by `command_id`, by the client's own retry after a lost answer, and by two
// applications at once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Telnyx from 'telnyx'
import { startLosingProxy, type LosingProxy } from '../../support/losing-proxy.ts'
import { agentHz, callerHz, dataOf, startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
let proxy: LosingProxy
let telnyx: Telnyx
before(async () => {
  stage = await startStage()
  proxy = await startLosingProxy(stage.server.origin)
  telnyx = new Telnyx({ apiKey: stage.server.apiKey, baseURL: `${proxy.origin}/v2`, maxRetries: 2 })
})
after(async () => {
  await proxy.close()
  await stage.close()
})

const count = (id: string, type: string): number =>
  stage.receiver.typesOf(id).filter((one) => one === type).length

test('the client repeats a bridge whose answer was lost: same caller, no second dequeue', async () => {
  const [first, second] = [await stage.queueUp('lossy'), await stage.queueUp('lossy')]
  const agent = await stage.dialAgent()
  proxy.lose(1, (path) => path.endsWith('/bridge'))
  // The client's types want the other leg's id, which excludes the queue on the wire.
  const body = { queue: 'lossy' } as Parameters<typeof telnyx.calls.actions.bridge>[1]
  const answer = await telnyx.calls.actions.bridge(agent.id, body)
  assert.equal(answer.data?.result, 'ok')
  const attempts = proxy.passed.filter((line) => line.includes('/bridge'))
  assert.deepEqual(
    attempts.map((line) => line.slice(-1)),
    ['0', '1'],
  )
  await agent.call.hears(callerHz, 5_000)
  await first.call.hears(agentHz, 5_000)
  await stage.event(first.id, 'call.bridged')
  assert.equal(count(first.id, 'call.dequeued'), 1)
  const place = dataOf(await stage.request('GET', `/queues/lossy/calls/${second.id}`))
  assert.equal(place['queue_position'], 1, 'the second caller still waits')
})

test('the client repeats an enqueue whose answer was lost: queued once', async () => {
  const { id } = await stage.answered()
  proxy.lose(1, (path) => path.endsWith('/enqueue'))
  const answer = await telnyx.calls.actions.enqueue(id, { queue_name: 'once' })
  assert.equal(answer.data?.result, 'ok')
  await stage.event(id, 'call.enqueued')
  assert.equal(dataOf(await stage.request('GET', '/queues/once'))['current_size'], 1)
  assert.equal(count(id, 'call.enqueued'), 1)
})

test('the client repeats a dial whose answer was lost: one call, the same ids', async () => {
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  proxy.lose(1, (path) => path.endsWith('/calls'))
  const dialled = await telnyx.calls.dial({
    connection_id: '1000000001',
    to: phone.contactUri,
    from: '+15550100',
  })
  const id = dialled.data?.call_control_id ?? ''
  await stage.event(id, 'call.initiated')
  const call = await phone.nextCall(5_000)
  assert.equal(phone.calls.length, 1)
  await stage.command(id, 'hangup')
  assert.equal((await call.ended(5_000)).by, 'cancelled')
})

test('command_id: the same command again is answered alike and does nothing', async () => {
  const [first, second] = [await stage.queueUp('ids'), await stage.queueUp('ids')]
  const agent = await stage.dialAgent()
  const bridge = { queue: 'ids', command_id: 'take-one' }
  await Promise.all([
    stage.command(agent.id, 'bridge', bridge),
    stage.command(agent.id, 'bridge', bridge),
  ])
  await stage.command(agent.id, 'bridge', bridge)
  await agent.call.hears(callerHz, 5_000)
  await stage.event(first.id, 'call.bridged')
  assert.equal(count(first.id, 'call.bridged'), 1)
  const place = await stage.request('GET', `/queues/ids/calls/${second.id}`)
  assert.equal(dataOf(place)['queue_position'], 1)
})

test('command_id: a refused command does not occupy its id', async () => {
  const agent = await stage.dialAgent()
  const bridge = { queue: 'empty at first', command_id: 'again' }
  assert.equal((await stage.refused(agent.id, 'bridge', bridge)).code, '10027')
  const caller = await stage.queueUp('empty at first')
  await stage.command(agent.id, 'bridge', bridge)
  await caller.call.hears(agentHz, 5_000)
})

test('command_id on dial: one call for two requests', async () => {
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const extra = { command_id: 'dial-once' }
  const ids = await Promise.all([
    stage.dial(phone.contactUri, extra),
    stage.dial(phone.contactUri, extra),
  ])
  assert.equal(ids[0], ids[1])
  await phone.nextCall(5_000)
  await stage.command(ids[0], 'hangup')
  await stage.event(ids[0], 'call.hangup')
  assert.equal(phone.calls.length, 1)
})

test('two agents, two callers, at once: each agent has another caller', async () => {
  const callers = [await stage.queueUp('pair'), await stage.queueUp('pair')]
  callers[1]?.call.say({ kind: 'tone', hz: 620 })
  const agents = await Promise.all([stage.dialAgent(), stage.dialAgent()])
  await Promise.all(agents.map(({ id }) => stage.command(id, 'bridge', { queue: 'pair' })))
  await Promise.all(callers.map(({ call }) => call.hearsOnly(agentHz, 5_000)))
  const heard = async (call: (typeof agents)[number]['call']): Promise<number> => {
    const tones = [callerHz, 620]
    return Promise.any(tones.map((hz) => call.hearsOnly(hz, 3_000).then(() => hz)))
  }
  const tones = await Promise.all(agents.map(({ call }) => heard(call)))
  assert.deepEqual(tones.sort(), [callerHz, 620])
})

test('twelve callers and twelve agents at once: nobody twice, nobody forgotten, in order', async () => {
  const callers: string[] = []
  for (let i = 0; i < 12; i++) callers.push((await stage.queueUp('rush')).id)
  const agents = await Promise.all(callers.map(() => stage.dialAgent()))
  await Promise.all(agents.map(({ id }) => stage.command(id, 'bridge', { queue: 'rush' })))
  for (const id of callers) {
    await stage.event(id, 'call.bridged')
    assert.equal(count(id, 'call.dequeued'), 1)
  }
  const taken = stage.receiver.deliveries.filter(
    ({ type, payload }) => type === 'call.dequeued' && payload['queue'] === 'rush',
  )
  const at = ({ raw }: (typeof taken)[number]): string =>
    (JSON.parse(raw) as { data: { occurred_at: string } }).data.occurred_at
  const order = taken.sort((a, b) => at(a).localeCompare(at(b)))
  assert.deepEqual(
    order.map(({ payload }) => payload['call_control_id']),
    callers,
  )
})
