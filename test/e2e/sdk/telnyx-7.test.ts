// Everything the server offers, asked for with the official client of today (telnyx 7): queues with their calls, calls
// with their commands, conferences with their participants, applications.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Telnyx from 'telnyx'
import { agentHz, applicationId, callerHz, startStage, type Stage } from '../../support/stage.ts'
import { startStreamAgent } from '../../support/stream-agent.ts'

let stage: Stage
let telnyx: Telnyx
before(async () => {
  stage = await startStage()
  telnyx = stage.telnyx
})
after(() => stage.close())

async function collected<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of pages) all.push(one)
  return all
}

test('queues and their calls, page by page', async () => {
  const names = ['alpha', 'beta', 'gamma']
  for (const name of names) await telnyx.queues.create({ queue_name: name })
  const listed = await collected(telnyx.queues.list({ 'page[size]': 2 }))
  assert.deepEqual(
    listed.map(({ name }) => name),
    names,
  )
  assert.equal((await telnyx.queues.retrieve('beta')).data?.max_size, 300)
  await assert.rejects(
    telnyx.queues.create({ queue_name: 'beta' }),
    Telnyx.UnprocessableEntityError,
  )

  const callers = [
    await stage.queueUp('alpha'),
    await stage.queueUp('alpha'),
    await stage.queueUp('alpha'),
  ]
  const calls = await collected(telnyx.queues.calls.list('alpha', { 'page[size]': 2 }))
  assert.deepEqual(
    calls.map((one) => [one.call_control_id, one.queue_position, one.is_alive]),
    callers.map(({ id }, index) => [id, index + 1, true]),
  )
  const [first] = callers
  assert.ok(first)
  const one = await telnyx.queues.calls.retrieve(first.id, { queue_name: 'alpha' })
  const queue = await telnyx.queues.retrieve('alpha')
  assert.equal(one.data?.queue_id, queue.data?.id)
  assert.equal(one.data?.from, first.initiated.payload['from'])
  await telnyx.queues.calls.remove(first.id, { queue_name: 'alpha' })
  assert.equal((await telnyx.queues.retrieve('alpha')).data?.current_size, 2)
  await telnyx.queues.delete('gamma')
  await assert.rejects(telnyx.queues.delete('gamma'), Telnyx.NotFoundError)
})

test('a call from dial to hangup, with its state on the way', async () => {
  const phone = await stage.phone({ voice: { kind: 'tone', hz: agentHz } })
  const dialled = await telnyx.calls.dial({
    connection_id: applicationId,
    to: phone.contactUri,
    from: '+15550100',
    client_state: 'c3RhcnQ=',
  })
  const id = dialled.data?.call_control_id ?? ''
  assert.equal(dialled.data?.is_alive, false)
  const answered = await stage.event(id, 'call.answered')
  assert.equal(answered.payload['client_state'], 'c3RhcnQ=')
  const { actions } = telnyx.calls
  await actions.updateClientState(id, { client_state: 'bmV4dA==' })
  const status = await telnyx.calls.retrieveStatus(id)
  assert.deepEqual([status.data?.is_alive, status.data?.client_state], [true, 'bmV4dA=='])
  await actions.hangup(id, { client_state: 'ZW5k' })
  const hangup = await stage.event(id, 'call.hangup')
  assert.equal(hangup.payload['client_state'], 'ZW5k')
  assert.equal(hangup.payload['hangup_source'], 'caller')
  const ended = await telnyx.calls.retrieveStatus(id)
  assert.equal(ended.data?.is_alive, false)
  assert.ok(ended.data?.end_time)
})

test('the commands of a call: playback, bridge by id, transfer, refer, reject', async () => {
  const { actions } = telnyx.calls
  const caller = await stage.answered()
  await actions.startPlayback(caller.id, { audio_url: stage.musicUrl, loop: 'infinity' })
  await caller.call.hearsOnly(700, 5_000)
  await actions.stopPlayback(caller.id, {})
  await caller.call.hearsSilence(5_000)
  const agent = await stage.dialAgent()
  await actions.bridge(agent.id, { call_control_id_to_bridge_with: caller.id })
  await caller.call.hears(agentHz, 5_000)
  const target = await stage.phone({ voice: { kind: 'tone', hz: 850 } })
  await actions.transfer(caller.id, { to: target.contactUri })
  await caller.call.hears(850, 5_000)
  const referred = await stage.answered()
  await actions.refer(referred.id, { sip_address: target.contactUri })
  await stage.event(referred.id, 'call.refer.completed')
  assert.equal(referred.call.referTargets.length, 1)
  const rejected = await stage.callIn()
  await actions.reject(rejected.id, { cause: 'USER_BUSY' })
  assert.equal((await rejected.call.ended(5_000)).status, 486)
})

test('a conference from creation to its end', async () => {
  const { conferences } = telnyx
  const [host, guest] = [await stage.answered(), await stage.answered()]
  const made = await conferences.create({ call_control_id: host.id, name: 'round table' })
  const id = made.data?.id ?? ''
  await conferences.actions.join(id, { call_control_id: guest.id })
  await guest.call.hears(callerHz, 5_000)
  const found = await collected(conferences.list({ filter: { name: 'round table' } }))
  assert.deepEqual(
    found.map((one) => one.id),
    [id],
  )
  assert.equal((await conferences.retrieve(id)).data?.status, 'in_progress')
  const people = await collected(conferences.listParticipants(id))
  assert.deepEqual(
    people.map((one) => one.call_control_id),
    [host.id, guest.id],
  )
  const participant = { id, participant_id: people[1]?.id ?? '' }
  const { participant_id } = participant
  await conferences.actions.mute(id, { call_control_ids: [guest.id] })
  const muted = await conferences.retrieveParticipant(participant_id, { id })
  assert.equal(muted.data?.muted, true)
  await conferences.actions.unmute(id, { call_control_ids: [guest.id] })
  await conferences.actions.hold(id, { call_control_ids: [guest.id] })
  const held = await conferences.retrieveParticipant(participant_id, { id })
  assert.deepEqual([held.data?.muted, held.data?.on_hold], [false, true])
  await conferences.actions.unhold(id, { call_control_ids: [guest.id] })
  const updated = await conferences.updateParticipant(participant_id, {
    id,
    end_conference_on_exit: true,
  })
  assert.equal(updated.data?.end_conference_on_exit, true)
  await conferences.actions.leave(id, { call_control_id: host.id })
  await stage.event(host.id, 'conference.participant.left')
  await conferences.actions.endConference(id, {})
  await guest.call.ended(5_000)
  await stage.event(host.id, 'conference.ended')
  assert.equal((await conferences.retrieve(id)).data?.end_reason, 'ended_via_api')
})

test('applications are those of the configuration', async () => {
  const listed = await collected(telnyx.callControlApplications.list())
  assert.deepEqual(
    listed.map(({ id }) => id),
    [applicationId],
  )
  const one = await telnyx.callControlApplications.retrieve(applicationId)
  assert.equal(one.data?.webhook_event_url, stage.receiver.url)
  await assert.rejects(telnyx.callControlApplications.retrieve('42'), Telnyx.NotFoundError)
})

test('a call is streamed and forked', async (t) => {
  const agent = await startStreamAgent()
  t.after(() => agent.close())
  const { id, call } = await stage.answered()
  const { actions } = telnyx.calls
  const started = await actions.startStreaming(id, {
    stream_url: agent.url,
    stream_track: 'both_tracks',
    stream_bidirectional_mode: 'rtp',
    stream_bidirectional_target_legs: 'self',
    client_state: 'aGk=',
  })
  assert.equal(started.data?.result, 'ok')
  const stream = await agent.next()
  stream.say(agentHz, 2_000)
  await call.hearsOnly(agentHz, 5_000)
  await actions.stopStreaming(id, {})
  await stage.event(id, 'streaming.stopped')
  await actions.startForking(id, { rx: 'udp:127.0.0.1:9', tx: 'udp:127.0.0.1:9' })
  await actions.stopForking(id, {})
  await stage.event(id, 'call.fork.stopped')
  call.hangUp()
})

test('what is not built says so', async () => {
  const { id } = await stage.answered()
  const transcription = telnyx.calls.actions.startTranscription(id, {})
  await assert.rejects(transcription, (error: unknown) => {
    assert.ok(error instanceof Telnyx.UnprocessableEntityError)
    assert.match(error.message, /20015/)
    return true
  })
})
