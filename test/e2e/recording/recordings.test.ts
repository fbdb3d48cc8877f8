// Recordings as an operator plays them: each voice on its channel, pauses left out, links that work without a key, and
// calls that go on when nothing can be written.
import assert from 'node:assert/strict'
import { rmSync, statSync, symlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { recordedChannels, soundsOf, toneMs } from '../../support/recorded-sound.ts'
import {
  agentHz,
  callerHz,
  dataOf,
  firstError,
  listOf,
  musicHz,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'
import { until } from '../../support/until.ts'

let stage: Stage

before(async () => {
  stage = await startStage({ provokes: /RECORDING_FAILED/ })
})

after(() => stage.close())

const folder = (): string => join(stage.server.dataDirectory, 'recordings')

/** The file of a running recording has grown by so many bytes. */
async function grows(recordingId: string, bytes: number): Promise<void> {
  const size = await fileSize(recordingId)
  await until(async () => (await fileSize(recordingId)) >= size + bytes || undefined, 20_000)
}

async function fileSize(recordingId: string): Promise<number> {
  const names = await readdir(folder()).catch(() => [])
  const name = names.find((one) => one.includes(recordingId.slice(0, 8)))
  return name === undefined ? 0 : statSync(join(folder(), name)).size
}

async function start(path: string, body: Json): Promise<string> {
  const answer = await stage.request('POST', `${path}/actions/record_start`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return String(dataOf(answer)['recording_id'])
}

/** The file behind a link, fetched as somebody without a key would. */
async function download(link: unknown, headers: Record<string, string> = {}): Promise<Response> {
  assert.ok(typeof link === 'string', String(link))
  return fetch(link, { headers })
}

async function channelsOf(link: unknown): Promise<readonly Int16Array[]> {
  const response = await download(link)
  assert.equal(response.status, 200)
  return recordedChannels(new Uint8Array(await response.arrayBuffer()))
}

test('dual: each side of a bridge on its own channel only, WAV and MP3 at once', async () => {
  const { caller, agent } = await stage.conversation('dual')
  await caller.call.hearsOnly(agentHz, 5_000)
  await agent.call.hearsOnly(callerHz, 5_000)
  const path = `/calls/${caller.id}`
  const wav = await start(path, { channels: 'dual', format: 'wav', client_state: 'aGk=' })
  const mp3 = await start(path, { channels: 'dual', format: 'mp3', custom_file_name: 'order 42' })
  await grows(wav, 3 * 32_000)
  await stage.command(caller.id, 'record_stop', { recording_id: wav })
  await stage.command(caller.id, 'record_stop')
  for (const [id, format] of [
    [wav, 'wav'],
    [mp3, 'mp3'],
  ] as const) {
    const { payload } = await stage.event(
      caller.id,
      'call.recording.saved',
      (one) => one['recording_id'] === id,
    )
    assert.equal(payload['channels'], 'dual')
    assert.equal(payload['client_state'], 'aGk=')
    const urls = payload['recording_urls'] as Json
    assert.equal(urls[format === 'wav' ? 'mp3' : 'wav'], null)
    const [own, heard] = await channelsOf(urls[format])
    assert.ok(own !== undefined && heard !== undefined)
    assert.ok(toneMs(own, callerHz) >= 2500, `${format}: ${JSON.stringify(soundsOf(own))}`)
    assert.ok(toneMs(heard, agentHz) >= 2500, `${format}: ${JSON.stringify(soundsOf(heard))}`)
    assert.equal(toneMs(own, agentHz), 0)
    assert.equal(toneMs(heard, callerHz), 0)
  }
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
})

test('a pause leaves a gap out, and the end of the call ends the recording, after its hang-up', async () => {
  const { id, call } = await stage.answered()
  const recording = await start(`/calls/${id}`, {
    ...{ channels: 'dual', format: 'wav', recording_track: 'outbound' },
  })
  await grows(recording, 16_000)
  await stage.command(id, 'record_pause', { recording_id: recording })
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(musicHz, 2_000) })
  await stage.event(id, 'call.playback.ended')
  // To the end of the call: half a second of it has to be left whenever the recording goes on.
  const endless = { audio_url: stage.sounds.url(agentHz, 2_000), loop: 'infinity' }
  await stage.command(id, 'playback_start', endless)
  await call.hearsOnly(agentHz, 5_000)
  await stage.command(id, 'record_resume')
  await grows(recording, 16_000)
  call.hangUp()
  const saved = await stage.event(id, 'call.recording.saved')
  const hangup = await stage.event(id, 'call.hangup')
  assert.ok(Number(saved.payload['leg_sequence'] ?? 1) > 0)
  assert.ok(stage.receiver.deliveries.indexOf(hangup) < stage.receiver.deliveries.indexOf(saved))
  const channels = await channelsOf((saved.payload['recording_urls'] as Json)['wav'])
  const [sound] = channels
  assert.equal(channels.length, 1, 'one direction alone is one channel')
  assert.ok(sound !== undefined)
  assert.equal(toneMs(sound, musicHz), 0, JSON.stringify(soundsOf(sound)))
  assert.ok(toneMs(sound, agentHz) >= 500, JSON.stringify(soundsOf(sound)))
})

test('record-from-answer, and the resource: list, retrieve, ranges, expiry, delete', async () => {
  const { id, call } = await stage.callIn()
  const answer = await stage.request('POST', `/calls/${id}/actions/answer`, {
    ...{ record: 'record-from-answer', record_format: 'wav', record_channels: 'single' },
  })
  const recordingId = String(dataOf(answer)['recording_id'])
  await call.answered(5_000)
  await grows(recordingId, 16_000)
  assert.equal((await stage.request('GET', `/recordings/${recordingId}`)).status, 404)
  await stage.command(id, 'record_stop')
  const saved = await stage.event(id, 'call.recording.saved')
  const found = await stage.request('GET', `/recordings/${recordingId}`)
  const one = dataOf(found)
  assert.equal(one['status'], 'completed')
  assert.ok(Number(one['duration_millis']) >= 1000)
  const legId = String(saved.payload['call_leg_id'])
  const list = await stage.request('GET', `/recordings?filter[call_leg_id]=${legId}`)
  assert.deepEqual(
    listOf(list).map((row) => row['id']),
    [recordingId],
  )
  const none = await stage.request('GET', '/recordings?filter[created_at][gte]=2100-01-01')
  assert.deepEqual(listOf(none), [])
  const link = (one['download_urls'] as Json)['wav']
  const whole = await download(link)
  assert.equal(whole.headers.get('content-type'), 'audio/wav')
  const bytes = new Uint8Array(await whole.arrayBuffer())
  const part = await download(link, { range: 'bytes=4-7' })
  assert.equal(part.status, 206)
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), bytes.slice(4, 8))
  const forged = await download(String(link).replace('expires=1', 'expires=2'))
  assert.equal(forged.status, 403)
  const gone = await stage.request('DELETE', `/recordings/${recordingId}`)
  assert.equal(gone.status, 200)
  assert.equal((await stage.request('GET', `/recordings/${recordingId}`)).status, 404)
  await until(async () => (await fileSize(recordingId)) === 0 || undefined)
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('a conference: who made it on channel A, the others on B', async () => {
  const host = await stage.answered()
  const guest = await stage.answered({ voice: { kind: 'tone', hz: agentHz } })
  const created = await stage.request('POST', '/conferences', {
    ...{ call_control_id: host.id, name: 'recorded', beep_enabled: 'never' },
  })
  const conferenceId = String(dataOf(created)['id'])
  const path = `/conferences/${conferenceId}`
  await stage.request('POST', `${path}/actions/join`, { call_control_id: guest.id })
  await host.call.hearsOnly(agentHz, 5_000)
  await guest.call.hearsOnly(callerHz, 5_000)
  const recording = await start(path, { format: 'wav', channels: 'dual' })
  await grows(recording, 2 * 32_000)
  for (const action of ['record_pause', 'record_resume', 'record_stop']) {
    const answer = await stage.request('POST', `${path}/actions/${action}`, {})
    assert.equal(answer.status, 200)
  }
  const { payload } = await stage.event(host.id, 'conference.recording.saved')
  assert.equal(payload['conference_id'], conferenceId)
  const [own, others] = await channelsOf((payload['recording_urls'] as Json)['wav'])
  assert.ok(own !== undefined && others !== undefined)
  assert.ok(toneMs(own, callerHz) >= 1500, JSON.stringify(soundsOf(own)))
  assert.ok(toneMs(others, agentHz) >= 1500, JSON.stringify(soundsOf(others)))
  assert.equal(toneMs(own, agentHz) + toneMs(others, callerHz), 0)
  await stage.request('POST', `${path}/actions/end`, {})
  await stage.event(guest.id, 'call.hangup')
})

test('refused: before the answer, an unknown recording; a folder that is broken ends the recording, not the call', async () => {
  const ringing = await stage.callIn()
  const early = { channels: 'dual', format: 'wav' }
  assert.equal((await stage.refused(ringing.id, 'record_start', early)).code, '90020')
  await stage.command(ringing.id, 'answer')
  await ringing.call.answered(5_000)
  const unknown = await stage.request('POST', `/calls/${ringing.id}/actions/record_stop`, {
    recording_id: '6e00ab49-9487-4364-8ad6-23965965afb2',
  })
  assert.equal(unknown.status, 404)
  assert.equal(firstError(unknown).code, '10005')
  rmSync(folder(), { recursive: true })
  symlinkSync('/dev/null', folder())
  await start(`/calls/${ringing.id}`, early)
  const { payload } = await stage.event(ringing.id, 'call.recording.error')
  assert.equal(payload['reason'], 'Internal server error')
  rmSync(folder())
  await stage.command(ringing.id, 'playback_start', { audio_url: stage.musicUrl })
  await ringing.call.hearsOnly(musicHz, 5_000)
  ringing.call.hangUp()
  await stage.event(ringing.id, 'call.hangup')
})
