// What is played goes on with the next process, and its ends are told as they are: once, and not as a success when the
// bytes were not kept.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LabSound } from '../../../src/lab/ear.ts'
import { backMs, startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { burstsOf, loudMs } from '../../support/bursts.ts'
import { agentHz, musicHz, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

test('music of waiting callers goes on, and stops with the bridge', async () => {
  const caller = await stage.queueUp('music')
  await stage.command(caller.id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await caller.call.hearsOnly(musicHz, 5_000)
  await stage.event(caller.id, 'call.playback.started')
  await recovery.crash()
  await caller.call.hearsOnly(musicHz, backMs)
  assert.equal(recovery.told(caller.id, 'call.playback.started'), 1)
  assert.equal(recovery.told(caller.id, 'call.playback.ended'), 0)
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'music' })
  await caller.call.hearsOnly(agentHz, 3_000)
  await stage.event(caller.id, 'call.playback.ended')
  assert.equal(recovery.told(caller.id, 'call.playback.ended'), 1)
  caller.call.hangUp()
  await agent.call.ended(3_000)
})

test('a prompt is heard to its end, which is told once; the next one of its queue follows', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(musicHz, 4_000) })
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(agentHz, 1_000) })
  await call.hearsOnly(musicHz, 5_000)
  await stage.event(id, 'call.playback.started')
  await recovery.crash()
  await call.hearsOnly(musicHz, backMs)
  await call.hearsOnly(agentHz, 8_000)
  await call.hearsSilence(4_000)
  await stage.receiver.waitFor(() => recovery.told(id, 'call.playback.ended') === 2)
  const ends = stage.receiver.deliveries.filter(
    ({ type, payload }) => type === 'call.playback.ended' && payload['call_control_id'] === id,
  )
  assert.deepEqual(
    ends.map(({ payload }) => payload['status']),
    ['completed', 'completed'],
  )
  assert.equal(recovery.told(id, 'call.playback.started'), 2)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('words are said again by the next process, to their end, which is told once', async () => {
  const { id, call } = await stage.answered()
  const payload = 'One moment please, you are being connected. '.repeat(3)
  await stage.command(id, 'speak', { payload, voice: 'female' })
  await stage.event(id, 'call.speak.started')
  await recovery.crash()
  const heard = call.record()
  await stage.event(id, 'call.speak.ended')
  await call.hearsSilence(4_000)
  assert.ok(loudMs(burstsOf(heard())) > 3_000)
  assert.equal(recovery.told(id, 'call.speak.started'), 1)
  assert.equal(recovery.told(id, 'call.speak.ended'), 1)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('audio that was sent along in the command is gone with the process: its end says failed', async () => {
  const { id, call } = await stage.answered()
  const wav = await (await fetch(stage.sounds.url(musicHz, 10_000))).arrayBuffer()
  await stage.command(id, 'playback_start', {
    playback_content: Buffer.from(wav).toString('base64'),
    audio_type: 'wav',
  })
  await call.hearsOnly(musicHz, 5_000)
  await stage.event(id, 'call.playback.started')
  await recovery.crash()
  await call.hearsSilence(backMs)
  const end = await stage.event(id, 'call.playback.ended')
  assert.equal(end.payload['status'], 'failed')
  assert.equal(recovery.told(id, 'call.playback.ended'), 1)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('an uploaded file and an overlay go on, and the file is there for the next call', async () => {
  const { id, call } = await stage.answered()
  const upload = (media_name: string, hz: number) =>
    stage.request('POST', '/media', { media_name, media_url: stage.sounds.url(hz) })
  for (const [name, hz] of [
    ['base', musicHz],
    ['over', agentHz],
  ] as const) {
    assert.equal((await upload(name, hz)).status, 200)
  }
  const mixed = (heard: LabSound): boolean =>
    heard.kind === 'mix' &&
    [musicHz, agentHz].every((hz) => heard.hz.some((one) => Math.abs(one - hz) < 20))
  await stage.command(id, 'playback_start', { media_name: 'base', loop: 'infinity' })
  await stage.command(id, 'playback_start', { media_name: 'over', loop: 'infinity', overlay: true })
  await call.hearsSuch(mixed, 5_000, 'both tones')
  await stage.receiver.waitFor(() => recovery.told(id, 'call.playback.started') === 2)
  await recovery.crash()
  await call.hearsSuch(mixed, backMs, 'both tones again')
  assert.equal(recovery.told(id, 'call.playback.started'), 2)
  await stage.command(id, 'playback_stop', { overlay: true })
  await call.hearsOnly(musicHz, 5_000)
  await stage.command(id, 'playback_stop')
  await stage.receiver.waitFor(() => recovery.told(id, 'call.playback.ended') === 2)
  call.hangUp()
  const next = await stage.answered()
  await stage.command(next.id, 'playback_start', { media_name: 'over' })
  await next.call.hearsOnly(agentHz, 5_000)
  next.call.hangUp()
  await stage.event(next.id, 'call.hangup')
})
