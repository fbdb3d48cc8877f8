// The official clients, three generations, against the application on a real port.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import Telnyx from 'telnyx'
import Telnyx5 from 'telnyx-5'
import Telnyx6 from 'telnyx-6'
import { brandAs } from '../base/ids.ts'
import type { LegId } from '../base/ids.ts'
import {
  callView,
  conferenceView,
  legId,
  participantView,
  queuedCall,
  queueRecord,
  testApi,
  testKey,
} from './testing.ts'
import type { TestWorld } from './testing.ts'

async function listening(t: TestContext, world: TestWorld) {
  const { api, submitted } = testApi(world)
  t.after(() => api.close())
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  return { options: { apiKey: testKey, baseURL: `${url}/v2`, maxRetries: 0 }, submitted }
}

async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of pages) all.push(one)
  return all
}

const manyQueues = Array.from({ length: 45 }, (_, index) => queueRecord(`q${index}`))
const entries = Array.from({ length: 25 }, (_, index) => queuedCall('q0', index + 1))

for (const [generation, Client] of [
  ['7', Telnyx],
  ['6', Telnyx6],
  ['5', Telnyx5],
] as const) {
  test(`queues with telnyx ${generation}`, async (t) => {
    const { options, submitted } = await listening(t, { queues: manyQueues, entries })
    const client = new Client(options)
    const queue = await client.queues.retrieve('q7')
    assert.equal(queue.data?.name, 'q7')
    const calls = await collect(client.queues.calls.list('q0'))
    assert.deepEqual(
      calls.map((call) => call.queue_position),
      entries.map((entry) => entry.position),
    )
    const one = await client.queues.calls.retrieve(legId, { queue_name: 'q0' })
    assert.equal(one.data?.call_control_id, legId)
    const done = await client.calls.actions.enqueue(legId, { queue_name: 'a b/c' })
    assert.equal(done.data?.result, 'ok')
    const { command } = submitted.at(-1) ?? {}
    assert.ok(command?.kind === 'enqueue' && command.queueName === 'a b/c')
    await client.calls.actions.leaveQueue(legId, {})
    assert.equal(submitted.at(-1)?.command.kind, 'leave-queue')
  })
}

test('queue management with telnyx 7', async (t) => {
  const { options, submitted } = await listening(t, { queues: manyQueues })
  const client = new Telnyx(options)
  assert.equal((await collect(client.queues.list())).length, 45)
  const made = await client.queues.create({ queue_name: 'support', max_size: 50 })
  assert.equal(made.data?.max_size, 50)
  const changed = await client.queues.update('support', { max_size: 7 })
  assert.equal(changed.data?.max_size, 7)
  await client.queues.delete('support')
  await client.queues.calls.update(legId, { queue_name: 'support', keep_after_hangup: true })
  await client.queues.calls.remove(legId, { queue_name: 'support' })
  assert.deepEqual(
    submitted.map(({ command }) => command.kind),
    ['queue-create', 'queue-update', 'queue-delete', 'queued-call-update', 'queued-call-remove'],
  )
})

test('calls with telnyx 7', async (t) => {
  const ids = Array.from({ length: 21 }, (_, index) => brandAs<LegId>(`v3:leg-${index}`))
  const calls = ids.map((id) => ({ ...callView, legId: id }))
  const { options, submitted } = await listening(t, { calls })
  const client = new Telnyx(options)
  const { actions } = client.calls
  const dialed = await client.calls.dial({
    connection_id: '1000000001',
    to: '+15550100',
    from: '+15550199',
  })
  assert.equal(dialed.data?.is_alive, false)
  assert.equal((await client.calls.retrieveStatus('v3:leg-3')).data?.call_control_id, 'v3:leg-3')
  assert.equal((await collect(client.connections.listActiveCalls('1000000001'))).length, 21)
  await actions.answer(legId, {})
  await actions.reject(legId, { cause: 'USER_BUSY' })
  await actions.hangup(legId, {})
  await actions.bridge(legId, { call_control_id_to_bridge_with: 'v3:other' })
  await actions.bridge(legId, { queue: 'support', call_control_id_to_bridge_with: 'v3:other' })
  await actions.transfer(legId, { to: 'sip:alice@localhost' })
  await actions.refer(legId, { sip_address: 'sip:alice@localhost' })
  await actions.startPlayback(legId, { audio_url: 'http://127.0.0.1/a.mp3', loop: 'infinity' })
  await actions.stopPlayback(legId, { stop: 'all' })
  await actions.speak(legId, { payload: 'Hello', voice: 'AWS.Polly.Joanna' })
  await actions.updateClientState(legId, { client_state: 'aGk=' })
  assert.deepEqual(
    submitted.map(({ command }) => command.kind),
    [
      ...['dial', 'answer', 'reject', 'hangup', 'bridge', 'bridge', 'transfer', 'refer'],
      ...['playback-start', 'playback-stop', 'speak', 'client-state-update'],
    ],
  )
})

test('conferences with telnyx 7', async (t) => {
  const world = { conferences: [conferenceView], participants: [participantView] }
  const { options, submitted } = await listening(t, world)
  const client = new Telnyx(options)
  const { actions } = client.conferences
  const id = conferenceView.conferenceId
  await client.conferences.create({ call_control_id: legId, name: 'support-42' })
  assert.equal((await collect(client.conferences.list())).length, 1)
  assert.equal((await client.conferences.retrieve(id)).data?.name, 'support-42')
  assert.equal((await collect(client.conferences.listParticipants(id))).length, 1)
  await client.conferences.updateParticipant(participantView.participantId, {
    id,
    end_conference_on_exit: true,
  })
  await actions.join(id, { call_control_id: legId })
  await actions.leave(id, { call_control_id: legId })
  await actions.hold(id, {})
  await actions.unhold(id, { call_control_ids: [legId] })
  await actions.mute(id, {})
  await actions.unmute(id, {})
  await actions.endConference(id, {})
  assert.deepEqual(
    submitted.map(({ command }) => command.kind.replace('conference-', '')),
    [
      ...['create', 'participant-update', 'join', 'leave', 'hold', 'unhold', 'mute', 'unmute'],
      'end',
    ],
  )
})

test('errors become the classes of telnyx 7', async (t) => {
  const world: TestWorld = {
    answer: ({ command }) => ({
      ok: false,
      refusal:
        command.kind === 'queue-delete'
          ? { code: 'queue-not-empty' }
          : command.kind === 'hangup'
            ? { code: 'unavailable', why: 'draining', retryAfterSecs: 1 }
            : { code: 'not-queued', legId },
    }),
  }
  const { options } = await listening(t, world)
  const client = new Telnyx(options)
  await assert.rejects(client.queues.delete('a'), (error) => {
    assert.ok(error instanceof Telnyx.BadRequestError)
    const body = error.error as { errors: { code: string }[] }
    assert.equal(body.errors[0]?.code, '90050')
    return true
  })
  await assert.rejects(client.calls.actions.leaveQueue(legId, {}), Telnyx.UnprocessableEntityError)
  await assert.rejects(client.calls.actions.hangup(legId, {}), Telnyx.InternalServerError)
  await assert.rejects(client.queues.retrieve('a'), Telnyx.NotFoundError)
  const stranger = new Telnyx({ ...options, apiKey: 'KEYwrong' })
  await assert.rejects(stranger.queues.retrieve('a'), Telnyx.AuthenticationError)
})
