// The process dies in the middle of a command, just before its commit and just after it with every effect still to come:
// then all of it happened or nothing, once, whatever the client does next.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  backMs,
  dyingServer,
  startRecoveryStage,
  type RecoveryStage,
} from '../../support/recovery-stage.ts'
import { agentHz, callerHz, type Json, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

const places = ['engine.commit.before', 'engine.commit.after'] as const

for (const place of places) {
  test(`bridge to a queue, dead at ${place}: bridged once or at the old place, and a repeat makes one bridge`, async () => {
    await mortal(place, 'bridge')
    const queue = `bridge-${place}`
    const first = await stage.queueUp(queue)
    const second = await stage.queueUp(queue)
    const agent = await stage.dialAgent()
    const bridge = { queue, command_id: place }
    await fatal(agent.id, 'bridge', bridge)
    const isDone = place === 'engine.commit.after'
    assert.deepEqual(await recovery.places(queue), isDone ? [second.id] : [first.id, second.id])
    if (isDone) await first.call.hearsOnly(agentHz, backMs)
    else await first.call.hearsSilence(backMs)
    if (!isDone) assert.equal(recovery.told(first.id, 'call.dequeued'), 0, 'told before it is done')

    await stage.command(agent.id, 'bridge', bridge)
    await Promise.all([
      first.call.hearsOnly(agentHz, 3_000),
      agent.call.hearsOnly(callerHz, 3_000),
      second.call.hearsSilence(3_000),
    ])
    await stage.event(first.id, 'call.bridged')
    await stage.event(agent.id, 'call.bridged')
    assert.deepEqual(await recovery.places(queue), [second.id])
    for (const type of ['call.dequeued', 'call.bridged'])
      assert.equal(recovery.told(first.id, type), 1, type)
    assert.equal(recovery.told(agent.id, 'call.bridged'), 1)
    assert.equal(recovery.told(second.id, 'call.dequeued'), 0)
    for (const { call } of [first, second, agent]) call.hangUp()
    await stage.event(second.id, 'call.hangup')
  })

  test(`answer, dead at ${place}: the caller hears 200 once or a refusal, never nothing`, async () => {
    await mortal(place, 'answer')
    const caller = await stage.callIn()
    await caller.call.ringing(3_000)
    await fatal(caller.id, 'answer', {})
    if (place === 'engine.commit.before') {
      assert.equal((await caller.call.ended(5_000)).status, 500)
      await stage.event(caller.id, 'call.hangup')
      assert.equal(recovery.told(caller.id, 'call.answered'), 0)
      return
    }
    await caller.call.answered(5_000)
    await caller.call.hearsSilence(backMs)
    await stage.event(caller.id, 'call.answered')
    await stage.command(caller.id, 'hangup')
    assert.equal((await caller.call.ended(3_000)).by, 'peer')
    assert.equal(recovery.told(caller.id, 'call.answered'), 1)
  })

  test(`hangup, dead at ${place}: the call is up or its phone hears BYE`, async () => {
    await mortal(place, 'hangup')
    const { caller, agent } = await stage.conversation(`hangup-${place}`)
    await fatal(caller.id, 'hangup', {})
    if (place === 'engine.commit.before') {
      await agent.call.hearsOnly(callerHz, backMs)
      assert.equal(recovery.told(caller.id, 'call.hangup'), 0)
      await stage.command(caller.id, 'hangup')
    }
    for (const { id, call } of [caller, agent]) {
      assert.equal((await call.ended(5_000)).by, 'peer')
      await stage.event(id, 'call.hangup')
      assert.equal(recovery.told(id, 'call.hangup'), 1)
    }
  })
}

/** From now on a process runs that dies at that place of the first command of that kind. */
function mortal(place: string, action: string): Promise<void> {
  const env = { LAB_DIE_AT: place, LAB_DIE_ON: `/actions/${action}` }
  return recovery.crash({ main: dyingServer, env })
}

/** The command that nobody gets an answer to; resolves when the process after that one is ready. */
async function fatal(id: string, action: string, body: Json): Promise<void> {
  const dead = new Promise((resolve) => recovery.server.child.once('exit', resolve))
  await assert.rejects(stage.request('POST', `/calls/${id}/actions/${action}`, body), 'no answer')
  await dead
  await recovery.start()
}
