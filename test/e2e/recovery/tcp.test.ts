// Calls over TCP whose connection died with the process: audio goes on at once, and what the server has to say waits for
// the phone to connect again. It never leaves over UDP. The phones here cannot be connected to, as behind a NAT; their
// Contact names a UDP port that listens, where nothing may arrive.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openRawSip, type RawSip } from '../../support/raw-sip.ts'
import { backMs, startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, type Stage } from '../../support/stage.ts'

const flowWaitSecs = 6
const password = 'secret'

let recovery: RecoveryStage
let stage: Stage
let trap: RawSip

before(async () => {
  recovery = await startRecoveryStage({
    sip: { flow_wait_secs: flowWaitSecs },
    sip_users: [{ username: 'desk', password }],
  })
  stage = recovery.stage
  trap = await openRawSip(recovery.server.sip.port)
})

after(async () => {
  trap.close()
  await recovery.close()
})

test('a phone that registers again before anybody misses it: commands reach it', async () => {
  const { caller, agent } = await bridgedOverTcp()
  await recovery.crash()
  await hearEachOther(caller, agent)
  assert.equal(await caller.phone.register(600), 200)
  await stage.command(caller.id, 'hangup')
  assert.equal((await caller.call.ended(3_000)).by, 'peer')
  await agent.call.ended(3_000)
  await nothingOverUdp()
})

for (const way of ['registers', 'speaks'] as const) {
  test(`a phone that ${way} when the server already waits for it: the BYE that waited arrives`, async () => {
    const { caller, agent } = await bridgedOverTcp()
    await recovery.crash()
    await hearEachOther(caller, agent)
    agent.call.hangUp()
    await stage.event(caller.id, 'call.hangup')
    await nothingOverUdp()
    assert.equal(caller.call.state, 'up', 'it cannot be told yet')
    if (way === 'registers') assert.equal(await caller.phone.register(600), 200)
    else void caller.call.inDialog('OPTIONS', [])
    assert.equal((await caller.call.ended(3_000)).by, 'peer')
    await nothingOverUdp()
  })
}

test('a phone that is asked whether it is there answers over its new connection, and the call goes on', async () => {
  const { caller, agent } = await bridgedOverTcp()
  caller.phone.faults.mute = true
  await recovery.crash()
  // It keeps its connection up as phones behind a NAT do; nothing of the call is said over it before it is asked.
  assert.equal(await caller.phone.register(600), 200)
  const asked = (): boolean => caller.call.timeline.some(({ what }) => what.startsWith('UPDATE'))
  await caller.call.until(asked, 15_000, 'nobody asked')
  caller.phone.faults.mute = false
  await hearEachOther(caller, agent)
  caller.call.hangUp()
  assert.equal((await agent.call.ended(3_000)).by, 'peer')
  await stage.event(caller.id, 'call.hangup')
  await nothingOverUdp()
})

test('a phone that never comes back: call.hangup when the wait is over, its place given up only then', async () => {
  const { caller, phone, id } = await inQueueOverTcp()
  await recovery.kill()
  stage.lab.powerCut(phone)
  assert.equal(caller.state, 'ended')
  await recovery.start()
  const startedAtMs = Date.now()
  assert.deepEqual(await recovery.places('tcp'), [id])
  const hangup = await stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === id,
    40_000,
  )
  assert.ok(Date.now() - startedAtMs > flowWaitSecs * 1000, 'it was waited for')
  assert.equal(hangup.payload['hangup_cause'], 'unspecified')
  assert.deepEqual(stage.receiver.typesOf(id).slice(-2), ['call.dequeued', 'call.hangup'])
  assert.deepEqual(await recovery.places('tcp'), [])
  await nothingOverUdp()
})

async function inQueueOverTcp() {
  const { port } = recovery.server.sip
  const { id, phone, call } = await stage.answered({
    user: 'desk',
    password,
    domain: 'localhost',
    server: { port, transport: 'TCP' },
    contactPort: trap.port,
  })
  await stage.command(id, 'enqueue', { queue_name: 'tcp' })
  return { id, phone, caller: call }
}

async function bridgedOverTcp() {
  const { id, phone, caller: call } = await inQueueOverTcp()
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'tcp' })
  await call.hearsOnly(agentHz, 5_000)
  return { caller: { id, phone, call }, agent }
}

type Bridged = Awaited<ReturnType<typeof bridgedOverTcp>>

async function hearEachOther(caller: Bridged['caller'], agent: Bridged['agent']): Promise<void> {
  await Promise.all([
    caller.call.hearsOnly(agentHz, backMs),
    agent.call.hearsOnly(callerHz, backMs),
  ])
}

/** What had been sent has arrived: loopback, and the trap looks at everything that came. */
async function nothingOverUdp(): Promise<void> {
  await assert.rejects(trap.next(/./, 1), /nothing like/)
}
