// kill -9 while recordings run: the file plays as it was left, and the next process goes on in it.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { recordedChannels, soundsOf, toneMs } from '../../support/recorded-sound.ts'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, dataOf, listOf, type Json, type Stage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

/** What a crash may cost of a recording. */
const lostMsMax = 1_000

let recovery: RecoveryStage
let stage: Stage

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(() => recovery.close())

const folder = (): string => join(stage.server.dataDirectory, 'recordings')

function findFile(recordingId: string): string | undefined {
  if (!existsSync(folder())) return undefined
  const name = readdirSync(folder()).find((one) => one.includes(recordingId.slice(0, 8)))
  return name === undefined ? undefined : join(folder(), name)
}

function fileOf(recordingId: string): string {
  const file = findFile(recordingId)
  assert.ok(file !== undefined, `no file of ${recordingId}`)
  return file
}

async function start(id: string, format: string): Promise<string> {
  const body = { channels: 'dual', format }
  const answer = await stage.request('POST', `/calls/${id}/actions/record_start`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return String(dataOf(answer)['recording_id'])
}

/** The file has at least so many bytes. */
const has = (recordingId: string, bytes: number): Promise<true> =>
  until(() => statSync(fileOf(recordingId)).size >= bytes || undefined, 20_000)

const soundOf = async (recordingId: string) =>
  recordedChannels(new Uint8Array(readFileSync(fileOf(recordingId))))

test('the file of a killed process plays, and misses at most a second', async () => {
  const { caller, agent } = await stage.conversation('killed')
  await caller.call.hearsOnly(agentHz, 5_000)
  const formats = ['wav', 'mp3'] as const
  const ids = await Promise.all(formats.map((format) => start(caller.id, format)))
  const [wav = '', mp3 = ''] = ids
  await Promise.all(ids.map((id) => until(() => findFile(id))))
  const fromMs = performance.now()
  await Promise.all([has(wav, 3 * 32_000), has(mp3, 3 * 8_000)])
  const spokenMs = performance.now() - fromMs
  await recovery.kill()
  for (const id of ids) {
    const [own, heard] = await soundOf(id)
    assert.ok(own !== undefined && heard !== undefined)
    const lengthMs = own.length / 8
    assert.ok(lengthMs >= spokenMs - lostMsMax, `${lengthMs} of ${spokenMs} ms`)
    assert.ok(toneMs(own, callerHz) >= lengthMs - 500, JSON.stringify(soundsOf(own)))
    assert.ok(toneMs(heard, agentHz) >= lengthMs - 500, JSON.stringify(soundsOf(heard)))
  }
  const before = ids.map((id) => statSync(fileOf(id)).size)
  await recovery.start()
  await caller.call.hearsOnly(agentHz, 5_000)
  // They go on by themselves, in the same files.
  await Promise.all([has(wav, before[0]! + 2 * 32_000), has(mp3, before[1]! + 2 * 8_000)])
  caller.call.hangUp()
  for (const [index, id] of ids.entries()) {
    const { payload } = await stage.event(
      caller.id,
      'call.recording.saved',
      (one) => one['recording_id'] === id,
    )
    const link = String((payload['recording_urls'] as Json)[formats[index]!])
    const response = await fetch(link)
    assert.equal(response.status, 200)
    const [own, heard] = await recordedChannels(new Uint8Array(await response.arrayBuffer()))
    assert.ok(own !== undefined && heard !== undefined)
    assert.ok(toneMs(own, callerHz) >= 4_000, JSON.stringify(soundsOf(own)))
    const sounds = JSON.stringify([soundsOf(own), soundsOf(heard)])
    assert.equal(toneMs(own, agentHz) + toneMs(heard, callerHz), 0, sounds)
  }
  assert.equal(recovery.told(caller.id, 'call.recording.saved'), 2)
  await agent.call.ended(5_000)
})

test('a call that did not survive: its recording is closed and told', async () => {
  const { id, call } = await stage.answered()
  const recording = await start(id, 'wav')
  await until(() => findFile(recording))
  await has(recording, 32_000)
  await recovery.kill()
  call.hangUp()
  await recovery.start()
  const saved = await stage.event(id, 'call.recording.saved')
  assert.equal(recovery.told(id, 'call.hangup'), 1)
  const response = await fetch(String((saved.payload['recording_urls'] as Json)['wav']))
  const [own] = await recordedChannels(new Uint8Array(await response.arrayBuffer()))
  assert.ok(own !== undefined && toneMs(own, callerHz) >= 500)
  // It stays listed, with links that work, over the next death as well.
  await recovery.crash()
  const listed = listOf(await stage.request('GET', '/recordings'))
  const one = listed.find((row) => row['id'] === recording)
  assert.equal(one?.['status'], 'completed')
  const again = await fetch(String((one['download_urls'] as Json)['wav']))
  assert.equal(again.status, 200)
  await again.arrayBuffer()
  assert.equal((await stage.request('DELETE', `/recordings/${recording}`)).status, 200)
  await until(() => findFile(recording) === undefined || undefined)
  await recovery.crash()
  assert.equal((await stage.request('GET', `/recordings/${recording}`)).status, 404)
})

test('a clean stop and a pause: nothing of a pause comes in, over the restart', async () => {
  const { id, call } = await stage.answered()
  const recording = await start(id, 'wav')
  await until(() => findFile(recording))
  await has(recording, 32_000)
  await stage.command(id, 'record_pause')
  await recovery.restart()
  const paused = statSync(fileOf(recording)).size
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(agentHz, 1_000) })
  await stage.event(id, 'call.playback.ended')
  assert.equal(statSync(fileOf(recording)).size, paused)
  await stage.command(id, 'record_resume')
  await has(recording, paused + 16_000)
  call.hangUp()
  await stage.event(id, 'call.recording.saved')
})
