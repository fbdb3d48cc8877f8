// Every way out of a queue: the reason that is told, the order of the webhooks, and who is heard afterwards.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  agentHz,
  applicationId,
  callerHz,
  musicHz,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

async function dequeued(id: string): Promise<Json> {
  return (await stage.event(id, 'call.dequeued')).payload
}

/** What came of one leg after it was enqueued. */
function sinceEnqueued(id: string): string[] {
  const types = stage.receiver.typesOf(id)
  return types.slice(types.lastIndexOf('call.enqueued') + 1)
}

async function assertGone(queue: string, id: string): Promise<void> {
  assert.equal((await stage.request('GET', `/queues/${queue}/calls/${id}`)).status, 404)
}

test('bridge on the queue takes the first, whose music ends', async () => {
  const [first, second] = [await stage.queueUp('line'), await stage.queueUp('line')]
  await stage.command(first.id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await first.call.hearsOnly(musicHz, 5_000)
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'line' })
  await first.call.hearsOnly(agentHz, 5_000)
  await agent.call.hearsOnly(callerHz, 5_000)
  const { reason, queue, queue_position } = await dequeued(first.id)
  assert.deepEqual([reason, queue, queue_position], ['bridged', 'line', 1])
  await stage.event(first.id, 'call.bridged')
  assert.deepEqual(sinceEnqueued(first.id), [
    'call.playback.started',
    'call.playback.ended',
    'call.dequeued',
    'call.bridged',
  ])
  const { payload } = await stage.event(first.id, 'call.playback.ended')
  assert.equal(payload['status'], 'cancelled')
  const left = await stage.request('GET', `/queues/line/calls/${second.id}`)
  assert.equal((left.body as { data: Json }).data['queue_position'], 1)
})

test('bridge by the call’s own id takes it from the middle', async () => {
  const [, middle] = [
    await stage.queueUp('middle'),
    await stage.queueUp('middle'),
    await stage.queueUp('middle'),
  ]
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { call_control_id: middle?.id })
  await agent.call.hears(callerHz, 5_000)
  const { reason, queue_position } = await dequeued(middle?.id ?? '')
  assert.deepEqual([reason, queue_position], ['bridged', 2])
})

test('bridge issued from the queued leg', async () => {
  const caller = await stage.queueUp('own')
  const agent = await stage.dialAgent()
  await stage.command(caller.id, 'bridge', { call_control_id: agent.id })
  await caller.call.hears(agentHz, 5_000)
  assert.equal((await dequeued(caller.id))['reason'], 'bridged')
})

test('hangup by command, with music on', async () => {
  const { id, call } = await stage.queueUp('hung up')
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl })
  await call.hearsOnly(musicHz, 5_000)
  await stage.command(id, 'hangup', { client_state: 'Ynll' })
  assert.equal((await call.ended(5_000)).by, 'peer')
  const { payload } = await stage.event(id, 'call.hangup')
  assert.deepEqual(
    [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']],
    ['normal_clearing', 'callee', 'unspecified'],
  )
  const { reason, client_state } = await dequeued(id)
  assert.deepEqual([reason, client_state], ['hangup', 'Ynll'])
  assert.deepEqual(sinceEnqueued(id), [
    'call.playback.started',
    'call.playback.ended',
    'call.dequeued',
    'call.hangup',
  ])
  const ended = await stage.event(id, 'call.playback.ended')
  assert.equal(ended.payload['status'], 'call_hangup')
})

test('max_wait_time_secs is over not before its time, and told as it was; music goes on, the call can be queued again', async () => {
  const { id, call } = await stage.queueUp('impatient', { max_wait_time_secs: 1 })
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  const enqueued = await stage.event(id, 'call.enqueued')
  const left = await stage.event(id, 'call.dequeued')
  const { reason, wait_time_secs: waitedSecs } = left.payload
  assert.equal(reason, 'timeout')
  const at = (delivery: typeof left): number =>
    Date.parse((JSON.parse(delivery.raw) as { data: { occurred_at: string } }).data.occurred_at)
  const waitedMs = at(left) - at(enqueued)
  // Both times are stamped a moment after the clock was read for the decision.
  const slackMs = 100
  assert.ok(waitedMs >= 1_000 - slackMs, `${waitedMs} ms`)
  // Late by as much as the machine is busy (virtual time shows that it is never late by itself), but told truly.
  const truly = [waitedMs - slackMs, waitedMs + slackMs].map((ms) => Math.floor(ms / 1000))
  assert.ok(truly.includes(Number(waitedSecs)), `${String(waitedSecs)} s, ${waitedMs} ms`)
  await call.hearsOnly(musicHz, 5_000)
  await assertGone('impatient', id)
  await stage.command(id, 'enqueue', { queue_name: 'impatient' })
})

test('leave_queue parks the call', async () => {
  const { id, call } = await stage.queueUp('leavers')
  await stage.command(id, 'leave_queue', { client_state: 'bGVmdA==' })
  const { reason, client_state } = await dequeued(id)
  assert.deepEqual([reason, client_state], ['leave', 'bGVmdA=='])
  assert.equal(call.state, 'up')
  const error = await stage.refused(id, 'leave_queue')
  assert.equal(error.code, '90035')
  assert.ok(error.detail.includes(id))
})

test('DELETE of a queued call parks it when it lives', async () => {
  const { id, call } = await stage.queueUp('removed')
  const path = `/queues/removed/calls/${id}`
  assert.equal((await stage.request('DELETE', path)).status, 204)
  assert.equal((await dequeued(id))['reason'], 'leave')
  assert.equal(call.state, 'up')
  assert.equal((await stage.request('DELETE', path)).status, 404)
})

test('transfer out of the queue', async () => {
  const { id, call } = await stage.queueUp('transferred')
  const target = await stage.phone({
    voice: { kind: 'tone', hz: 900 },
    answer: { kind: 'manual' },
  })
  await stage.command(id, 'transfer', { to: target.contactUri, target_leg_client_state: 'Qg==' })
  assert.equal((await dequeued(id))['reason'], 'bridging-in-process')
  const targetCall = await target.nextCall(5_000)
  targetCall.ring()
  // Ringback while the new leg rings.
  await call.hearsSuch((heard) => heard.kind !== 'silence', 5_000, 'no ringback')
  targetCall.answer()
  await call.hears(900, 5_000)
  await targetCall.hears(callerHz, 5_000)
  await stage.event(id, 'call.bridged')
  const initiated = await stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.initiated' && payload['client_state'] === 'Qg==',
  )
  const newLeg = String(initiated.payload['call_control_id'])
  assert.equal(initiated.payload['from'], '+15550100', 'the number that was called')
  const { call_session_id } = initiated.payload
  assert.equal(call_session_id, (await stage.event(id, 'call.answered')).payload['call_session_id'])
  await stage.event(newLeg, 'call.bridged')
  assert.deepEqual(stage.receiver.typesOf(newLeg), [
    'call.initiated',
    'call.answered',
    'call.bridged',
  ])
})

test('a transfer that nobody takes leaves the call parked, not queued', async () => {
  const { id, call } = await stage.queueUp('not transferred')
  const busy = await stage.phone({ answer: { kind: 'reject', status: 486, afterMs: 0 } })
  await stage.command(id, 'transfer', { to: busy.contactUri })
  await stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['to'] === busy.contactUri,
  )
  await call.hearsSilence(5_000)
  await assertGone('not transferred', id)
  await stage.command(id, 'enqueue', { queue_name: 'not transferred' })
})

test('refer out of the queue: taken by the phone, or refused and parked', async () => {
  const accepting = await stage.queueUp('referred')
  const refusing = await stage.queueUp('referred')
  refusing.call.referPolicy = { accept: false, status: 603 }
  for (const { id } of [accepting, refusing]) {
    await stage.command(id, 'refer', { sip_address: 'sip:desk@127.0.0.1:5999' })
    assert.equal((await dequeued(id))['reason'], 'bridging-in-process')
  }
  const completed = await stage.event(accepting.id, 'call.refer.completed')
  assert.equal(completed.payload['sip_notify_response'], 200)
  const failed = await stage.event(refusing.id, 'call.refer.failed')
  assert.equal(failed.payload['sip_notify_response'], 603)
  assert.deepEqual(sinceEnqueued(refusing.id), [
    'call.dequeued',
    'call.refer.started',
    'call.refer.failed',
  ])
  assert.equal(refusing.call.state, 'up')
})

test('conference create and join out of the queue', async () => {
  const host = await stage.queueUp('conferees')
  const guest = await stage.queueUp('conferees')
  guest.call.say({ kind: 'tone', hz: 620 })
  const { data } = await stage.telnyx.conferences.create({ call_control_id: host.id, name: 'out' })
  await stage.telnyx.conferences.actions.join(data?.id ?? '', { call_control_id: guest.id })
  for (const { id } of [host, guest]) assert.equal((await dequeued(id))['reason'], 'bridged')
  await host.call.hearsOnly(620, 5_000)
  await guest.call.hearsOnly(callerHz, 5_000)
  await stage.event(host.id, 'conference.participant.joined')
  // Both speak: after a second one of them has the floor.
  const told = sinceEnqueued(host.id).filter((type) => type !== 'conference.floor.changed')
  assert.deepEqual(told, ['call.dequeued', 'conference.created', 'conference.participant.joined'])
})

test('dial with bridge_on_answer takes the call out when the new leg answers', async () => {
  const { id, call } = await stage.queueUp('answered for')
  const phone = await stage.phone({
    voice: { kind: 'tone', hz: agentHz },
    answer: { kind: 'manual' },
  })
  const agent = await stage.dial(phone.contactUri, { link_to: id, bridge_on_answer: true })
  const ringing = await phone.nextCall(5_000)
  ringing.ring()
  const waiting = await stage.request('GET', `/queues/answered%20for/calls/${id}`)
  assert.equal(waiting.status, 200, 'still in its place while the agent’s phone rings')
  ringing.answer()
  await call.hears(agentHz, 5_000)
  assert.equal((await dequeued(id))['reason'], 'bridged')
  const { payload } = await stage.event(agent, 'call.bridged')
  assert.equal(payload['connection_id'], applicationId)
})

test('bridge with a leg that still rings takes the call out at once', async () => {
  const { id, call } = await stage.queueUp('hopeful')
  const phone = await stage.phone({
    voice: { kind: 'tone', hz: agentHz },
    answer: { kind: 'manual' },
  })
  const agent = await stage.dial(phone.contactUri)
  const ringing = await phone.nextCall(5_000)
  ringing.ring()
  await stage.command(id, 'bridge', { call_control_id: agent, play_ringtone: true })
  assert.equal((await dequeued(id))['reason'], 'bridging-in-process')
  await call.hearsSuch((heard) => heard.kind === 'mix', 5_000, 'no ringback tone')
  ringing.answer()
  await call.hearsOnly(agentHz, 5_000)
})
