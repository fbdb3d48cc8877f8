// kill -9 while a call is streamed: the stream is connected again under its id, both ways, and nobody is told of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, type Stage } from '../../support/stage.ts'
import { startStreamAgent } from '../../support/stream-agent.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

test('a stream goes on over kill -9; one whose far end is gone fails, and the call goes on', async (t) => {
  const agent = await startStreamAgent()
  const gone = await startStreamAgent()
  t.after(() => agent.close())
  const { id, call } = await stage.queueUp('agents')
  const other = await stage.answered()
  const rtp = { stream_bidirectional_mode: 'rtp', stream_bidirectional_target_legs: 'self' }
  await stage.command(id, 'streaming_start', {
    ...{ stream_url: agent.url, stream_auth_token: 'secret-1', ...rtp },
  })
  await stage.command(other.id, 'streaming_start', { stream_url: gone.url, ...rtp })
  const first = await agent.next()
  await first.hears('inbound', callerHz)
  await stage.event(other.id, 'streaming.started')
  await stage.event(id, 'streaming.started')
  await gone.close()
  await stage.event(other.id, 'streaming.failed')
  await recovery.crash()
  const second = await agent.next(1)
  assert.equal(second.headers['x-telnyx-streaming-auth-token'], 'secret-1')
  const [before, again] = [await first.message('start'), await second.message('start')]
  assert.equal(again['stream_id'], before['stream_id'])
  assert.equal(again['sequence_number'], '1')
  await second.hears('inbound', callerHz)
  second.say(agentHz, 3_000)
  await call.hearsOnly(agentHz, 5_000)
  assert.equal(recovery.told(id, 'streaming.started'), 1)
  await agent.close()
  await stage.event(id, 'streaming.failed')
  assert.equal(call.state, 'up')
  call.hangUp()
  await stage.event(id, 'call.hangup')
  other.call.hangUp()
})
