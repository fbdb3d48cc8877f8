// The process dies while it listens to who answered: what is told afterwards is honest, and told once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clipFromSamples } from '../../../src/media/audio/clip.ts'
import { sine } from '../../../src/media/audio/goertzel.ts'
import { say } from '../../support/greetings.ts'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import type { Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

const detection = 'call.machine.detection.ended'
const greeting = 'call.machine.greeting.ended'

test('before the verdict: not_sure, once; the call goes on', async () => {
  const { id, call } = await stage.dialAgent(
    {
      answering_machine_detection: 'greeting_end',
      answering_machine_detection_config: {
        total_analysis_time_millis: 60_000,
        initial_silence_millis: 60_000,
      },
    },
    { voice: { kind: 'silence' } },
  )
  await recovery.crash()
  assert.equal((await stage.event(id, detection)).payload['result'], 'not_sure')
  await stage.command(id, 'hangup')
  await call.ended(3_000)
  await stage.event(id, 'call.hangup')
  assert.equal(recovery.told(id, detection), 1)
  assert.equal(recovery.told(id, greeting), 0)
})

test('during the greeting of a machine: the beep is waited for, and heard by the next process', async () => {
  const { id, call } = await stage.dialAgent(
    {
      answering_machine_detection: 'detect_beep',
      answering_machine_detection_config: { maximum_number_of_words: 1 },
    },
    {
      voice: {
        kind: 'clip',
        clip: clipFromSamples(say('slt', 'Hello. This is a machine. One, two, three, four, five.')),
      },
    },
  )
  assert.equal((await stage.event(id, detection)).payload['result'], 'machine')
  await recovery.crash()
  const silence = new Array<number>(8000).fill(0)
  const beep = Int16Array.from([...silence, ...sine(1000, 500, 6000)])
  call.say({ kind: 'clip', clip: clipFromSamples(beep) })
  assert.equal((await stage.event(id, greeting)).payload['result'], 'beep_detected')
  call.hangUp()
  await stage.event(id, 'call.hangup')
  assert.equal(recovery.told(id, detection), 1)
  assert.equal(recovery.told(id, greeting), 1)
})
