// Several phones rung by one dial, with real phones: who answers talks, the others see a CANCEL, and of two that answer in the
// same moment one is the call and the other is acknowledged and hung up (C159). The process that dies in between included.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IncomingCall } from '../../../src/lab/incoming-call.ts'
import {
  backMs,
  dyingServer,
  startRecoveryStage,
  type RecoveryStage,
} from '../../support/recovery-stage.ts'
import { agentHz, applicationId, callerHz, type Json, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})
after(() => recovery.close())

interface Ringing {
  readonly id: string
  readonly call: IncomingCall
}

/** A list of phones that ring, in its order, asked for with the official client. */
async function ringAll(count: number, extra: Json = {}): Promise<readonly Ringing[]> {
  const options = {
    voice: { kind: 'tone', hz: agentHz },
    answer: { kind: 'manual' },
  } as const
  const phones = await Promise.all(Array.from({ length: count }, () => stage.phone(options)))
  const { data } = await stage.telnyx.calls.dial({
    connection_id: applicationId,
    to: phones.map(({ contactUri }) => contactUri),
    from: '+15550100',
    ...extra,
  })
  assert.ok(data !== undefined && 'legs' in data && Array.isArray(data.legs))
  const legs = data.legs as { call_control_id: string; call_session_id: string; to: string }[]
  assert.equal(
    data.call_control_id,
    legs[0]?.call_control_id,
    'the first is the call of the answer',
  )
  assert.equal(new Set(legs.map((leg) => leg.call_session_id)).size, 1)
  assert.deepEqual(
    legs.map(({ to }) => to),
    phones.map(({ contactUri }) => contactUri),
  )
  const calls = await Promise.all(phones.map((phone) => phone.nextCall(5_000)))
  for (const call of calls) call.ring()
  return calls.map((call, place) => ({ id: legs[place]?.call_control_id ?? '', call }))
}

/** What SIP has heard so far is on disk: a command that is answered comes after that commit. */
async function isOnDisk(rung: readonly Ringing[]): Promise<void> {
  for (const { id } of [...rung, ...rung]) {
    await stage.command(id, 'client_state_update', { client_state: 'cmluZw==' })
  }
}

async function hangupOf(id: string): Promise<readonly unknown[]> {
  const { payload } = await stage.event(id, 'call.hangup')
  return [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']]
}

const cancelled = ['originator_cancel', 'caller', '487']

/** Its phone saw a CANCEL, and its application one hangup and no answer. */
async function wasCancelled({ id, call }: Ringing): Promise<void> {
  assert.equal((await call.ended(5_000)).by, 'cancelled')
  assert.deepEqual(await hangupOf(id), cancelled)
  assert.deepEqual(stage.receiver.typesOf(id), ['call.initiated', 'call.hangup'])
}

test('three phones ring, the second answers and hears the caller; the others see a CANCEL', async () => {
  const caller = await stage.answered()
  const rung = await ringAll(3, { link_to: caller.id, bridge_on_answer: true })
  const [first, second, third] = rung
  assert.ok(first && second && third)
  second.call.answer()
  await Promise.all([
    second.call.hearsOnly(callerHz, 5_000),
    caller.call.hearsOnly(agentHz, 5_000),
    wasCancelled(first),
    wasCancelled(third),
  ])
  await stage.event(second.id, 'call.bridged')
  assert.deepEqual(stage.receiver.typesOf(second.id), [
    ...['call.initiated', 'call.answered', 'call.bridged'],
  ])
  caller.call.hangUp()
  assert.equal((await second.call.ended(5_000)).by, 'peer')
})

test('two answer in the same moment: one is the call, the other gets its ACK and a BYE', async () => {
  const caller = await stage.answered()
  const rung = await ringAll(2, { link_to: caller.id, bridge_on_answer: true })
  for (const { call } of rung) call.answer()
  const [one, other] = rung
  assert.ok(one && other)
  await caller.call.hearsOnly(agentHz, 5_000)
  const loser = await Promise.race(
    rung.map(async (ring) => {
      await ring.call.ended(5_000)
      return ring
    }),
  )
  const winner = loser === one ? other : one
  assert.equal((await loser.call.ended(1_000)).by, 'peer', 'a BYE, no CANCEL: it had answered')
  const seen = loser.call.timeline.map(({ what }) => what)
  assert.ok(seen.includes('ACK'), `every 2xx is acknowledged: ${seen.join(', ')}`)
  assert.equal(winner.call.state, 'up')
  await winner.call.until(() => winner.call.acknowledged, 5_000, 'no ACK')
  await winner.call.hearsOnly(callerHz, 5_000)
  assert.deepEqual(await hangupOf(loser.id), cancelled)
  assert.equal(recovery.told(loser.id, 'call.answered'), 0)
  caller.call.hangUp()
  assert.equal((await winner.call.ended(5_000)).by, 'peer')
})

test('nobody takes it: each has its own end', async () => {
  const [one, other] = await ringAll(2, { timeout_secs: 5, retry_on_timeout: false })
  assert.ok(one && other)
  one.call.reject(486)
  assert.deepEqual(await hangupOf(one.id), ['user_busy', 'callee', '486'])
  assert.deepEqual(await hangupOf(other.id), ['no_answer', 'caller', '487'])
})

test('the process dies with the answer on disk and the CANCELs unsent: the winner talks on, the others are cancelled', async () => {
  const env = { LAB_DIE_AT: 'engine.commit.after', LAB_DIE_ON: '/queues/now' }
  await recovery.crash({ main: dyingServer, env })
  const rung = await ringAll(3)
  const [first, second, third] = rung
  assert.ok(first && second && third)
  await isOnDisk(rung)
  const dead = new Promise((resolve) => recovery.server.child.once('exit', resolve))
  assert.equal((await stage.request('GET', '/queues/now')).status, 404)
  second.call.answer()
  await dead
  await recovery.start()
  await stage.event(second.id, 'call.answered')
  await Promise.all([wasCancelled(first), wasCancelled(third)])
  await second.call.hearsSilence(backMs)
  // At the latest when the phone repeats its 200, every four seconds in the end.
  await second.call.until(() => second.call.acknowledged, 5_000, 'no ACK')
  await stage.command(second.id, 'hangup')
  assert.equal((await second.call.ended(5_000)).by, 'peer')
  for (const { id } of rung) {
    await stage.event(id, 'call.hangup')
    assert.equal(recovery.told(id, 'call.hangup'), 1)
  }
})

test('the process dies while all ring: all end, and who answers meanwhile is hung up', async () => {
  const rung = await ringAll(2)
  const [one, other] = rung
  assert.ok(one && other)
  await isOnDisk(rung)
  await recovery.kill()
  one.call.answer()
  await recovery.start()
  assert.equal((await one.call.ended(8_000)).by, 'peer')
  assert.equal((await other.call.ended(8_000)).by, 'cancelled')
  for (const { id } of rung) {
    assert.deepEqual(await hangupOf(id), ['unspecified', 'unknown', 'unspecified'])
    assert.equal(recovery.told(id, 'call.answered'), 0)
  }
})
