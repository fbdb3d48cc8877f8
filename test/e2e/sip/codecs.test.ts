// Phones of unlike codecs as people hear them: what the server translates, what it passes on, what preferred_codecs decides,
// and that a kill -9 keeps each leg's codec.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, musicHz, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage
before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})
after(() => recovery.close())

test('a G.722 caller hears music in G.722 and talks with a PCMU agent, both ways, over a crash', async () => {
  const caller = await stage.answered({ codecs: ['G722'] })
  assert.equal(caller.call.line.agreement?.codec, 'G722')
  await stage.command(caller.id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await caller.call.hearsOnly(musicHz, 5_000)
  await stage.command(caller.id, 'playback_stop', {})
  const agent = await stage.dialAgent({}, { codecs: ['PCMU'] })
  await stage.command(caller.id, 'bridge', { call_control_id: agent.id })
  await Promise.all([caller.call.hearsOnly(agentHz, 5_000), agent.call.hearsOnly(callerHz, 5_000)])
  await recovery.crash()
  await Promise.all([caller.call.hearsOnly(agentHz, 5_000), agent.call.hearsOnly(callerHz, 5_000)])
  assert.equal(caller.call.line.agreement?.codec, 'G722')
  assert.equal(agent.call.line.agreement?.codec, 'PCMU')
  caller.call.hangUp()
  agent.call.hangUp()
})

test('an agent who is dialled for a caller is offered what the caller has', async () => {
  const narrow = await stage.answered({ codecs: ['PCMA'] })
  const agent = await stage.dialAgent({ link_to: narrow.id }, { codecs: ['G722', 'PCMA', 'PCMU'] })
  assert.equal(agent.call.line.agreement?.codec, 'PCMA')
  const wide = await stage.answered({ codecs: ['G722'] })
  const other = await stage.dialAgent({ link_to: wide.id }, { codecs: ['PCMU', 'G722'] })
  assert.equal(other.call.line.agreement?.codec, 'G722')
  await stage.command(wide.id, 'bridge', { call_control_id: other.id })
  await Promise.all([wide.call.hearsOnly(agentHz, 5_000), other.call.hearsOnly(callerHz, 5_000)])
  for (const { call } of [narrow, wide, agent]) call.hangUp()
})

test('preferred_codecs decides: at the answer, and of what is offered', async () => {
  const caller = await stage.callIn({ codecs: ['PCMU', 'PCMA', 'G722'] })
  await stage.command(caller.id, 'answer', { preferred_codecs: 'AMR-WB,G722,PCMU' })
  await stage.event(caller.id, 'call.answered')
  await caller.call.answered(5_000)
  assert.equal(caller.call.line.agreement?.codec, 'G722')
  const agent = await stage.dialAgent(
    { preferred_codecs: 'PCMA,G722' },
    { codecs: ['PCMU', 'PCMA', 'G722'] },
  )
  assert.equal(agent.call.line.agreement?.codec, 'PCMA')
  for (const { call } of [caller, agent]) call.hangUp()
})
