// kill -9 in the middle of everything, on the wire: real phones that must not notice, places and deadlines that must not
// move, webhooks that must not lie. Each restart is a new process on the same data and ports.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Call } from '../../../src/lab/call.ts'
import {
  backMs,
  dyingServer,
  startRecoveryStage,
  type RecoveryStage,
} from '../../support/recovery-stage.ts'
import { agentHz, callerHz, dataOf, musicHz, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

test('waiting callers, a bridge, a conference and a held call go on; commands work on the old ids', async () => {
  const { receiver } = stage
  const pair = await stage.conversation('bridges')
  await pair.caller.call.hearsOnly(agentHz, 5_000)
  const room = await meeting()
  const holder = await stage.conversation('holds')
  assert.equal(await holder.caller.call.hold(), 200)
  await stage.event(holder.caller.id, 'call.hold')
  // Last of all: how long the others take on a busy machine is none of this wait's.
  const first = await stage.answered()
  const enqueuedAtMs = Date.now()
  await stage.command(first.id, 'enqueue', { queue_name: 'patience', max_wait_time_secs: 25 })
  const second = await stage.queueUp('patience')
  await stage.command(second.id, 'playback_start', {
    audio_url: stage.musicUrl,
    loop: 'infinity',
  })
  await second.call.hearsOnly(musicHz, 5_000)
  const everybody: readonly Call[] = [
    ...[first.call, second.call, pair.caller.call, pair.agent.call],
    ...[room.one.call, room.two.call, holder.agent.call],
  ]
  // The last that each of them is told; holding was waited for.
  for (const [id, type] of [
    [first.id, 'call.enqueued'],
    [second.id, 'call.playback.started'],
    [pair.caller.id, 'call.bridged'],
    [room.one.id, 'conference.participant.joined'],
    [room.two.id, 'conference.participant.joined'],
  ] as const) {
    await stage.event(id, type)
  }
  // A webhook whose delivery was not written down in time comes again, with its old id.
  const told = new Set(receiver.deliveries.map(({ id }) => id))

  let restartedAtMs = 0
  for (let round = 1; round <= 2; round++) {
    await recovery.crash()
    restartedAtMs = Date.now()
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
    assert.deepEqual(await recovery.places('patience'), [first.id, second.id])
  }
  const untrue = receiver.deliveries
    .filter(({ id }) => !told.has(id))
    .map(({ type }) => type)
    // Two go on talking, equally loud: who of them has the floor is judged anew (C140).
    .filter((type) => type !== 'conference.floor.changed')
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
  const anewMs = restartedAtMs - enqueuedAtMs + 25_000
  assert.ok(
    waitedMs > 24_900 && waitedMs < anewMs,
    `counted from the beginning, not from the start: ${waitedMs} of ${anewMs} ms`,
  )
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'patience' })
  await second.call.hearsOnly(agentHz, 3_000)
  for (const { call } of [first, second, room.one, room.two, holder.caller]) call.hangUp()
  await stage.event(room.two.id, 'call.hangup')
  assert.equal(recovery.told(second.id, 'call.answered'), 1)
})

test('two restarts in a row, and a process that dies in the middle of its start', async () => {
  const waiting = await stage.queueUp('twice')
  const pair = await stage.conversation('pairs')
  const ringing = await stage.callIn()
  await ringing.call.ringing(3_000)
  await recovery.crash()
  await recovery.kill()
  // What a start decides is on disk, and nothing of it has left: the caller who was ringing is still to be told.
  await recovery.startInVain({ main: dyingServer, env: { LAB_DIE_AT: 'engine.commit.before' } })
  await recovery.startInVain({ main: dyingServer, env: { LAB_DIE_AT: 'engine.commit.after' } })
  await recovery.start()
  await pair.caller.call.hearsOnly(agentHz, backMs)
  await pair.agent.call.hearsOnly(callerHz, backMs)
  assert.equal((await ringing.call.ended(5_000)).status, 500)
  await stage.event(ringing.id, 'call.hangup')
  assert.deepEqual(await recovery.places('twice'), [waiting.id])
  for (const { call } of [waiting, pair.caller, pair.agent]) {
    assert.equal(call.state, 'up')
    assert.equal(call.statistics().ssrcs.length, 1)
  }
  pair.agent.call.hangUp()
  assert.equal((await pair.caller.call.ended(3_000)).by, 'peer')
  await stage.event(pair.caller.id, 'call.bridged')
  assert.equal(recovery.told(pair.caller.id, 'call.bridged'), 1)
  assert.equal(recovery.told(ringing.id, 'call.hangup'), 1)
  waiting.call.hangUp()
  await stage.event(waiting.id, 'call.hangup')
})

test('a clean stop keeps calls as a crash does', async () => {
  const caller = await stage.queueUp('evening')
  await recovery.restart()
  await caller.call.hearsSilence(backMs)
  assert.deepEqual(await recovery.places('evening'), [caller.id])
  assert.equal(caller.call.statistics().ssrcs.length, 1)
  await stage.command(caller.id, 'hangup')
  await caller.call.ended(3_000)
})

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
