// Digits that are being collected when the process is killed: the next one goes on, and tells the end once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { musicHz, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

test('a prompt is heard again and stopped by a key; digits from before count', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'gather_using_audio', {
    audio_url: stage.sounds.url(musicHz, 30_000),
    inter_digit_timeout_millis: 60_000,
  })
  await call.hearsOnly(musicHz, 5_000)
  await stage.event(id, 'call.playback.started')
  await recovery.crash()
  await call.hearsOnly(musicHz, 10_000)
  await call.sendDtmf('4')
  await stage.event(id, 'call.dtmf.received')
  await call.hearsSilence(5_000)
  await recovery.crash()
  await call.sendDtmf('2#')
  const { payload } = await stage.event(id, 'call.gather.ended')
  assert.deepEqual([payload['digits'], payload['status']], ['42', 'valid'])
  assert.equal(recovery.told(id, 'call.gather.ended'), 1)
  assert.equal(recovery.told(id, 'call.playback.ended'), 1)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('a caller who hung up meanwhile ends it as what it was', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'gather', { initial_timeout_millis: 60_000 })
  await recovery.kill()
  call.hangUp()
  await recovery.start()
  const { payload } = await stage.event(id, 'call.gather.ended')
  assert.equal(payload['status'], 'call_hangup')
  await stage.event(id, 'call.hangup')
  assert.equal(recovery.told(id, 'call.gather.ended'), 1)
})
