// What peers and server say to each other after a kill -9: sequence numbers, BYE, hold, answers that were lost with the
// process, calls that were ringing, and phones that left meanwhile.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Call } from '../../../src/lab/call.ts'
import type { LabPhoneOptions } from '../../../src/lab/runner.ts'
import { backMs, startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, type Stage } from '../../support/stage.ts'

/** Probes begin 3 s after a start and are spread over 10 s. */
const probedMs = 15_000

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

test('our requests go on with numbers that rise: a phone that checks takes UPDATE, re-INVITE and REFER', async () => {
  const { id, call, phone } = await stage.answered()
  call.referPolicy = { accept: false, status: 603 }
  const refer = async (): Promise<void> => {
    const before = call.referTargets.length
    await stage.command(id, 'refer', { sip_address: 'sip:elsewhere@127.0.0.1' })
    await call.until(() => call.referTargets.length > before, 3_000, 'no REFER')
  }
  await refer()
  let last = numberOf(call)
  // It allows UPDATE and refuses it, so the probe that begins with one goes on as a re-INVITE.
  phone.faults.refuseUpdate = 405
  phone.faults.mute = true
  for (let round = 1; round <= 2; round++) {
    const seen = call.timeline.length
    await recovery.crash()
    await heardOf(call, seen, 'INVITE from the peer', probedMs)
    assert.ok(numberOf(call) > last, `${numberOf(call)} after ${last}`)
    last = numberOf(call)
    await refer()
    assert.ok(numberOf(call) > last, `${numberOf(call)} after ${last}`)
    last = numberOf(call)
  }
  assert.equal(call.state, 'up')
  assert.equal(recovery.told(id, 'call.hangup'), 0)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('BYE of either side of a bridge reaches the other', async () => {
  const callerLeaves = await stage.conversation('byes')
  const agentLeaves = await stage.conversation('byes')
  await recovery.crash()
  callerLeaves.caller.call.hangUp()
  agentLeaves.agent.call.hangUp()
  const ends = await Promise.all([
    callerLeaves.agent.call.ended(3_000),
    agentLeaves.caller.call.ended(3_000),
  ])
  assert.deepEqual(
    ends.map(({ by }) => by),
    ['peer', 'peer'],
  )
  for (const { caller, agent } of [callerLeaves, agentLeaves]) {
    for (const { id } of [caller, agent]) {
      const hangup = await stage.event(id, 'call.hangup')
      assert.equal(hangup.payload['hangup_cause'], 'normal_clearing')
      assert.equal(recovery.told(id, 'call.hangup'), 1)
    }
  }
})

test('a held call stays held, once, and goes on when its phone takes it back', async () => {
  const { caller, agent } = await stage.conversation('holds')
  await caller.call.hearsOnly(agentHz, 5_000)
  assert.equal(await caller.call.hold(), 200)
  await stage.event(caller.id, 'call.hold')
  await caller.call.hearsNothing(2_000)
  const seen = caller.call.timeline.length
  await recovery.crash()
  await agent.call.hearsSilence(backMs)
  // A phone that holds is silent, so it is asked whether it is there; the question must not touch the hold.
  await heardOf(caller.call, seen, 'UPDATE from the peer', probedMs)
  await caller.call.hearsNothing(backMs)
  const asked = caller.call.timeline.slice(seen).map(({ what }) => what)
  assert.deepEqual(new Set(asked), new Set(['UPDATE from the peer']))
  assert.equal(await caller.call.hold(), 200)
  assert.equal(await caller.call.resume(), 200)
  await stage.event(caller.id, 'call.unhold')
  await caller.call.hearsOnly(agentHz, backMs)
  await agent.call.hearsOnly(callerHz, backMs)
  assert.equal(recovery.told(caller.id, 'call.hold'), 1)
  assert.equal(recovery.told(caller.id, 'call.unhold'), 1)
  await stage.command(caller.id, 'hangup')
  await agent.call.ended(3_000)
})

test('a re-INVITE that was sent while nobody was here is answered when somebody is', async () => {
  const { caller, agent } = await bridged('gap', {})
  await recovery.kill()
  const held = caller.call.hold()
  await recovery.start()
  assert.equal(await held, 200)
  await resumeAndHear(caller, agent)
})

test('a re-INVITE whose answer was lost with the process is answered again by the next one, and counts once', async () => {
  const network = { isLosing: false }
  const lost = (message: string, way: 'in' | 'out'): boolean =>
    network.isLosing && way === 'in' && message.startsWith('SIP/2.0 ')
  const { caller, agent } = await bridged('again', { lost })
  network.isLosing = true
  const held = caller.call.hold()
  await stage.event(caller.id, 'call.hold')
  await recovery.kill()
  network.isLosing = false
  await recovery.start()
  assert.equal(await held, 200)
  await resumeAndHear(caller, agent)
})

test('whoever hung up while we were away is gone within seconds: BYE repeated, BYE given up, no BYE', async () => {
  const polite = await stage.queueUp('leavers')
  const rude = await stage.queueUp('leavers')
  // Its only BYE goes to a port where nobody is; from then on it answers 481.
  let byes = 0
  const lost = (message: string, way: 'in' | 'out'): boolean =>
    way === 'out' && message.startsWith('BYE ') && byes++ > 0
  const tired = await stage.answered({ lost })
  await stage.command(tired.id, 'enqueue', { queue_name: 'leavers' })
  await recovery.kill()
  polite.call.hangUp()
  tired.call.hangUp()
  rude.phone.faults.loseBye = true
  rude.call.hangUp()
  await recovery.start()
  for (const { id } of [polite, rude, tired]) {
    const hangup = await stage.receiver.waitFor(
      ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === id,
      15_000,
    )
    // A BYE is repeated after up to 4 s: on a slow machine the probe may ask first. Both are the truth.
    const causes = id === polite.id ? ['normal_clearing', 'unspecified'] : ['unspecified']
    assert.ok(causes.includes(String(hangup.payload['hangup_cause'])))
    assert.deepEqual(stage.receiver.typesOf(id).slice(-2), ['call.dequeued', 'call.hangup'])
  }
  assert.deepEqual(await recovery.places('leavers'), [])
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
  await recovery.crash()
  const refused = await ringing.call.ended(3_000)
  assert.equal(refused.status, 500)
  await incoming.ended(3_000)
  for (const id of [ringing.id, dialled]) {
    const hangup = await stage.event(id, 'call.hangup')
    assert.equal(hangup.payload['hangup_source'], 'unknown')
  }
})

type Side = Awaited<ReturnType<Stage['answered']>>

async function bridged(queue: string, options: Partial<LabPhoneOptions>) {
  const caller = await stage.answered(options)
  await stage.command(caller.id, 'enqueue', { queue_name: queue })
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue })
  await caller.call.hearsOnly(agentHz, 5_000)
  return { caller, agent }
}

/** The phone's hold has just been answered. */
async function resumeAndHear(caller: Side, agent: { readonly call: Call }): Promise<void> {
  await stage.event(caller.id, 'call.hold')
  await caller.call.hearsNothing(2_000)
  assert.equal(await caller.call.resume(), 200)
  await caller.call.hearsOnly(agentHz, backMs)
  await agent.call.hearsOnly(callerHz, backMs)
  assert.equal(recovery.told(caller.id, 'call.hold'), 1)
  caller.call.hangUp()
  assert.equal((await agent.call.ended(3_000)).by, 'peer')
}

/** CSeq of the last request of ours that the phone has taken. */
function numberOf(call: Call): number {
  return call.dialog?.state.remoteCSeq ?? 0
}

function heardOf(call: Call, since: number, what: string, timeoutMs: number): Promise<void> {
  const heard = (): boolean => call.timeline.slice(since).some((one) => one.what === what)
  return call.until(heard, timeoutMs, `no ${what}`)
}
