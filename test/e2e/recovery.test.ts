// kill -9 in the middle of everything, on the wire: real phones that must not notice, places and deadlines that must not
// move, webhooks that must not lie. Each restart is a new process on the same data and ports.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import type { Call } from '../../src/lab/call.ts'
import type { RunningServer } from '../../src/lab/server-process.ts'
import { agentHz, callerHz, dataOf, musicHz, startStage, type Stage } from '../support/stage.ts'

/** RTP ports that no other test server uses: a port taken by somebody else meanwhile would end the call. */
const rtpPorts = '12000-12399'
/** Tone back after the new process is ready, ms; the contract of this test. */
const backMs = 2_000

let stage: Stage
let server: RunningServer

before(async () => {
  const [http, sip] = await Promise.all([freePort(), freePort()])
  stage = await startStage({
    config: {
      http: { host: '127.0.0.1', port: http },
      sip: { host: '127.0.0.1', port: sip, domain: 'localhost' },
      media: { host: '127.0.0.1', ports: rtpPorts },
    },
  })
  server = stage.server
})

after(async () => {
  if (server !== stage.server) await server.stop({ keepData: true })
  await stage.close()
})

test('waiting callers, a bridge, a conference and a held call go on; commands work on the old ids', async () => {
  const { receiver } = stage
  const first = await stage.queueUp('patience', { max_wait_time_secs: 25 })
  const enqueuedAtMs = Date.now()
  const second = await stage.queueUp('patience')
  await stage.command(second.id, 'playback_start', {
    audio_url: stage.musicUrl,
    loop: 'infinity',
  })
  await second.call.hearsOnly(musicHz, 5_000)
  const pair = await stage.conversation('bridges')
  await pair.caller.call.hearsOnly(agentHz, 5_000)
  const room = await meeting()
  const holder = await stage.conversation('holds')
  assert.equal(await holder.caller.call.hold(), 200)
  await stage.event(holder.caller.id, 'call.hold')
  const everybody: readonly Call[] = [
    ...[first.call, second.call, pair.caller.call, pair.agent.call],
    ...[room.one.call, room.two.call, holder.agent.call],
  ]
  // A webhook whose delivery was not written down in time comes again, with its old id.
  const told = new Set(receiver.deliveries.map(({ id }) => id))

  for (let round = 1; round <= 2; round++) {
    await crash()
    await Promise.all([
      second.call.hearsOnly(musicHz, backMs),
      pair.caller.call.hearsOnly(agentHz, backMs),
      pair.agent.call.hearsOnly(callerHz, backMs),
      room.one.call.hearsOnly(agentHz, backMs),
      room.two.call.hearsOnly(callerHz, backMs),
      first.call.hearsSilence(backMs),
    ])
    for (const call of everybody) {
      const { ssrcs, duplicatePackets, reorderedPackets } = call.statistics()
      assert.equal(ssrcs.length, 1, `same SSRC: ${call.describe()}`)
      assert.deepEqual([duplicatePackets, reorderedPackets], [0, 0], 'the sequence only rises')
      assert.equal(call.state, 'up')
    }
    assert.deepEqual(await places('patience'), [first.id, second.id])
  }
  const untrue = receiver.deliveries.filter(({ id }) => !told.has(id)).map(({ type }) => type)
  assert.deepEqual(untrue, [], 'nothing happened that anybody should be told of')
  assert.equal(holder.agent.call.statistics().ssrcs.length, 1)

  assert.equal(await holder.caller.call.resume(), 200)
  await holder.caller.call.hearsOnly(agentHz, backMs)
  await stage.command(pair.agent.id, 'hangup')
  const end = await pair.agent.call.ended(3_000)
  assert.equal(end.by, 'peer')
  await pair.caller.call.ended(3_000)

  const timeout = await receiver.waitFor(
    ({ type, payload }) => type === 'call.dequeued' && payload['call_control_id'] === first.id,
    30_000,
  )
  assert.equal(timeout.payload['reason'], 'timeout')
  const waitedMs = Date.now() - enqueuedAtMs
  assert.ok(
    waitedMs > 24_000 && waitedMs < 29_000,
    `max wait counted from the beginning: ${waitedMs}`,
  )
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'patience' })
  await second.call.hearsOnly(agentHz, 3_000)
  for (const { call } of [first, second, room.one, room.two, holder.caller]) call.hangUp()
  await stage.event(room.two.id, 'call.hangup')
  assert.equal(receiver.typesOf(second.id).filter((type) => type === 'call.answered').length, 1)
})

test('whoever hung up while we were away is gone within seconds, with or without a BYE', async () => {
  const polite = await stage.queueUp('leavers')
  const rude = await stage.queueUp('leavers')
  await server.kill()
  polite.call.hangUp()
  rude.phone.faults.loseBye = true
  rude.call.hangUp()
  server = await server.again()
  for (const { id } of [polite, rude]) {
    const hangup = await stage.receiver.waitFor(
      ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === id,
      15_000,
    )
    // A BYE is repeated after up to 4 s: on a slow machine the probe may ask first. Both are the truth.
    const causes = id === rude.id ? ['unspecified'] : ['normal_clearing', 'unspecified']
    assert.ok(causes.includes(String(hangup.payload['hangup_cause'])))
    assert.deepEqual(stage.receiver.typesOf(id).slice(-2), ['call.dequeued', 'call.hangup'])
  }
  assert.deepEqual(await places('leavers'), [])
})

test('calls that ring end honestly: 500 to the caller, CANCEL to the called', async () => {
  const ringing = await stage.callIn()
  await ringing.call.ringing(3_000)
  const callee = await stage.phone({ answer: { kind: 'manual' } })
  const dialled = await stage.dial(callee.contactUri)
  const incoming = await callee.nextCall(5_000)
  incoming.ring()
  await incoming.ringing(3_000)
  // The INVITE's row is written right after it left; a command that is answered comes after that commit.
  await stage.command(dialled, 'client_state_update', { client_state: 'cmluZw==' })
  await crash()
  const refused = await ringing.call.ended(3_000)
  assert.equal(refused.status, 500)
  await incoming.ended(3_000)
  for (const id of [ringing.id, dialled]) {
    const hangup = await stage.event(id, 'call.hangup')
    assert.equal(hangup.payload['hangup_source'], 'unknown')
  }
})

test('a clean stop keeps calls as a crash does', async () => {
  const caller = await stage.queueUp('evening')
  await server.stop({ keepData: true })
  server = await server.again()
  await caller.call.hearsSilence(backMs)
  assert.deepEqual(await places('evening'), [caller.id])
  assert.equal(caller.call.statistics().ssrcs.length, 1)
  await stage.command(caller.id, 'hangup')
  await caller.call.ended(3_000)
})

async function crash(): Promise<void> {
  await server.kill()
  server = await server.again()
}

async function meeting() {
  const one = await stage.answered()
  const created = await stage.request('POST', '/conferences', {
    call_control_id: one.id,
    name: `room-${one.id.slice(-6)}`,
  })
  assert.equal(created.status, 200, JSON.stringify(created.body))
  const two = await stage.dialAgent()
  const path = `/conferences/${String(dataOf(created)['id'])}/actions/join`
  const joined = await stage.request('POST', path, { call_control_id: two.id })
  assert.equal(joined.status, 200, JSON.stringify(joined.body))
  await one.call.hearsOnly(agentHz, 5_000)
  await two.call.hearsOnly(callerHz, 5_000)
  return { one, two }
}

async function places(queue: string): Promise<readonly string[]> {
  const answer = await stage.request('GET', `/queues/${queue}/calls`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const { data } = answer.body as { data: readonly { call_control_id: string }[] }
  return data.map((one) => one.call_control_id)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
