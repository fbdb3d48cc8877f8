// The main job over real SIP, RTP and HTTP: what the phones heard, what the webhooks said, in which order.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { agentHz, callerHz, musicHz, startStage, type Stage } from '../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

test('a caller waits with music, reaches an agent, both hear each other and nobody else', async () => {
  const { receiver, telnyx } = stage
  const caller = await stage.callIn()
  await telnyx.calls.actions.answer(caller.id, {})
  await telnyx.calls.actions.enqueue(caller.id, { queue_name: 'sales' })
  await telnyx.calls.actions.startPlayback(caller.id, {
    audio_url: stage.musicUrl,
    loop: 'infinity',
  })
  await caller.call.hearsOnly(musicHz, 5_000)
  const queue = await telnyx.queues.retrieve('sales')
  assert.equal(queue.data?.current_size, 1)

  const agent = await stage.dialAgent()
  const bridge = await stage.request('POST', `/calls/${agent.id}/actions/bridge`, {
    queue: 'sales',
  })
  assert.deepEqual(bridge.body, { data: { result: 'ok' } })
  await caller.call.hearsOnly(agentHz, 5_000)
  await agent.call.hearsOnly(callerHz, 5_000)
  assert.equal(caller.call.statistics().ssrcs.length, 1, 'one RTP identity for the whole call')

  agent.call.hangUp()
  await caller.call.ended(5_000)
  await receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === caller.id,
  )
  await receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === agent.id,
  )
  assert.deepEqual(receiver.typesOf(caller.id), [
    'call.initiated',
    'call.answered',
    'call.enqueued',
    'call.playback.started',
    'call.playback.ended',
    'call.dequeued',
    'call.bridged',
    'call.hangup',
  ])
  assert.deepEqual(receiver.typesOf(agent.id), [
    'call.initiated',
    'call.answered',
    'call.bridged',
    'call.hangup',
  ])
})

test('a caller hangs up in the queue: dequeued (hangup), then hangup with the figures of the call', async () => {
  const { receiver } = stage
  const caller = await stage.queueUp('leavers')
  const { call } = caller
  // Both ways: after a standstill of ours, what has come says nothing about what has gone.
  const haveSpoken = (): boolean => call.statistics().packets > 30 && call.line.sentPackets > 30
  await call.until(haveSpoken, 3_000, '30 packets of silence')
  caller.call.hangUp()
  const hangup = await receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === caller.id,
  )
  assert.equal(hangup.payload['hangup_cause'], 'normal_clearing')
  assert.equal(hangup.payload['hangup_source'], 'caller')
  assert.equal(hangup.payload['sip_hangup_cause'], '200')
  const quality = hangup.payload['call_quality_stats'] as { inbound: { packet_count: string } }
  assert.ok(Number(quality.inbound.packet_count) > 5)
  assert.deepEqual(receiver.typesOf(caller.id).slice(-2), ['call.dequeued', 'call.hangup'])
  const gone = await stage.request('GET', `/queues/leavers/calls/${caller.id}`)
  assert.equal(gone.status, 404)
})

test('two agents at once, one caller: one bridge, one error, exactly one call.dequeued', async () => {
  const { receiver } = stage
  const caller = await stage.queueUp('race')
  const [one, two] = await Promise.all([stage.dialAgent(), stage.dialAgent()])
  const answers = await Promise.all(
    [one, two].map(({ id }) =>
      stage.request('POST', `/calls/${id}/actions/bridge`, { queue: 'race' }),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
  const refused = answers.find(({ status }) => status === 422)?.body as {
    errors: { code: string; title: string }[]
  }
  assert.equal(refused.errors[0]?.code, '10027')
  await caller.call.hears(agentHz, 5_000)
  caller.call.hangUp()
  await receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === caller.id,
  )
  assert.equal(receiver.typesOf(caller.id).filter((type) => type === 'call.dequeued').length, 1)
})
