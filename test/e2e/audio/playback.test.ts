// Uploaded audio, audio over audio and audio for the other side, by ear.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LabSegment, LabSound } from '../../../src/lab/ear.ts'
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

const waitMs = 5_000

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const told = (id: string): string[] =>
  stage.receiver.deliveries
    .filter(({ type, payload }) => {
      return type.startsWith('call.playback.') && payload['call_control_id'] === id
    })
    .map(({ type, payload }) =>
      [type.slice(14), payload['media_name'], payload['overlay'], payload['status']]
        .filter((one) => one !== undefined)
        .join(' '),
    )

/** Exactly these tones at the same time. */
const both = (tones: readonly number[]) => (heard: LabSound) =>
  heard.kind === 'mix' &&
  heard.hz.length === tones.length &&
  tones.every((tone) => heard.hz.some((hz) => Math.abs(hz - tone) <= 12))

async function upload(name: string, hz: number, ms = 10_000, extra: Json = {}): Promise<void> {
  const media_url = stage.sounds.url(hz, ms)
  const answer = await stage.request('POST', '/media', { media_url, media_name: name, ...extra })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

test('the official client uploads, lists, changes, downloads and deletes', async () => {
  const { media } = stage.telnyx
  const made = await media.upload({
    media_url: stage.sounds.url(600, 500),
    media_name: 'from-sdk',
    ttl_secs: 86_400,
  })
  assert.equal(made.data?.content_type, 'audio/wav')
  const names = (found: { data?: { media_name?: string }[] }) =>
    (found.data ?? []).map((one) => one.media_name)
  assert.deepEqual(names(await media.list({ filter: { content_type: ['audio/wav'] } })), [
    'from-sdk',
  ])
  assert.deepEqual(names(await media.list({ filter: { content_type: ['audio/mpeg'] } })), [])
  const longer = await media.update('from-sdk', { ttl_secs: 172_800 })
  assert.notEqual(longer.data?.expires_at, made.data?.expires_at)
  assert.equal((await media.retrieve('from-sdk')).data?.media_name, 'from-sdk')
  const bytes = Buffer.from(await (await media.download('from-sdk')).arrayBuffer())
  assert.equal(bytes.subarray(0, 4).toString(), 'RIFF')
  await media.delete('from-sdk')
  await assert.rejects(media.retrieve('from-sdk'), { status: 404 })
})

test('a file sent as a form is heard under its name, goes on when it is deleted, and is unknown afterwards', async () => {
  const { id, call } = await stage.answered()
  const wav = await (await fetch(stage.sounds.url(600))).arrayBuffer()
  const form = new FormData()
  form.set('media_name', 'welcome')
  form.set('media', new Blob([wav]), 'welcome.wav')
  const sent = await stage.recorder.fetch(`${stage.server.baseURL}/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.server.apiKey}` },
    body: form,
  })
  assert.equal(sent.status, 200)
  await stage.command(id, 'playback_start', { media_name: 'welcome', loop: 'infinity' })
  await call.hearsOnly(600, waitMs)
  assert.equal((await stage.request('DELETE', '/media/welcome')).status, 204)
  await call.hearsOnly(600, waitMs)
  const path = `/calls/${id}/actions/playback_start`
  const unknown = await stage.request('POST', path, { media_name: 'welcome' })
  assert.equal(unknown.status, 404)
  assert.deepEqual(
    [firstError(unknown).code, firstError(unknown).title],
    ['10005', 'Audio file not found'],
  )
  await stage.command(id, 'playback_stop')
  const { payload } = await stage.event(id, 'call.playback.ended')
  assert.equal('media_url' in payload, false)
  assert.deepEqual(told(id), ['started welcome false', 'ended welcome false cancelled'])
})

test('a file that was deleted before its turn is told as not found; another content plays at once', async () => {
  const { id, call } = await stage.answered()
  await upload('first', 600)
  await upload('second', 800, 600)
  await stage.command(id, 'playback_start', { media_name: 'first' })
  await stage.command(id, 'playback_start', { media_name: 'second' })
  await stage.event(id, 'call.playback.started')
  assert.equal((await stage.request('DELETE', '/media/second')).status, 204)
  await stage.command(id, 'playback_stop', { stop: 'current' })
  const { payload } = await stage.event(
    id,
    'call.playback.ended',
    (one) => one['media_name'] === 'second',
  )
  assert.equal(payload['status'], 'file_not_found')
  assert.deepEqual(told(id), [
    'started first false',
    'ended first false cancelled',
    'ended second false file_not_found',
  ])
  await upload('first', 650)
  await stage.command(id, 'playback_start', { media_name: 'first' })
  await call.hearsOnly(650, waitMs)
})

test('a file goes by itself after ttl_secs', async () => {
  await upload('short', 600, 200, { ttl_secs: 1 })
  const gone = async () => (await stage.request('GET', '/media/short')).status === 404
  await until(async () => (await gone()) || undefined)
})

test('overlay: two tones at once, told as overlay; each queue is stopped alone', async () => {
  const { id, call } = await stage.answered()
  const none = await stage.refused(id, 'playback_start', {
    audio_url: stage.sounds.url(1200),
    overlay: true,
  })
  assert.deepEqual([none.code, none.source?.pointer], ['10015', '/overlay'])
  await upload('announcement', 1200, 1_000)
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await call.hearsOnly(musicHz, waitMs)
  // It is short: whoever begins to listen after the answer may come too late.
  await Promise.all([
    call.hearsSuch(both([musicHz, 1200]), waitMs, 'music and announcement'),
    stage.command(id, 'playback_start', { media_name: 'announcement', overlay: true }),
  ])
  await stage.event(id, 'call.playback.ended', (one) => one['media_name'] === 'announcement')
  await call.hearsOnly(musicHz, waitMs)
  assert.deepEqual(told(id), [
    'started false',
    'started announcement true',
    'ended announcement true completed',
  ])
  await stage.command(id, 'playback_start', {
    media_name: 'announcement',
    overlay: true,
    loop: 'infinity',
  })
  await call.hearsSuch(both([musicHz, 1200]), waitMs, 'music and announcement again')
  await stage.command(id, 'playback_stop', { overlay: true })
  await call.hearsOnly(musicHz, waitMs)
  await stage.command(id, 'playback_stop')
  await call.hearsSilence(waitMs)
})

test('target_legs opposite: the other phone hears it, and its events are that leg’s; without a peer it is refused', async () => {
  await upload('notice', 600, 1_000)
  const { caller, agent } = await stage.conversation('notices')
  await caller.call.hears(agentHz, waitMs)
  const opposite = { media_name: 'notice', target_legs: 'opposite' }
  await Promise.all([
    caller.call.hearsOnly(600, waitMs),
    stage.command(agent.id, 'playback_start', opposite),
  ])
  await agent.call.hears(callerHz, waitMs)
  await stage.event(caller.id, 'call.playback.ended')
  await caller.call.hearsOnly(agentHz, waitMs)
  assert.deepEqual(told(agent.id), [])
  assert.deepEqual(told(caller.id), ['started notice false', 'ended notice false completed'])
  const alone = await stage.answered()
  const refused = await stage.refused(alone.id, 'playback_start', {
    media_name: 'notice',
    target_legs: 'opposite',
  })
  assert.equal(refused.code, '90015')
})

test('media_name of a dial is played to who answers, and of a conference to who is on hold', async () => {
  await upload('hello', 600, 800)
  await upload('hold', 800)
  const agent = await stage.dialAgent({ media_name: 'hello' })
  const isHello = ({ heard }: LabSegment): boolean =>
    heard.kind === 'tone' && Math.abs(heard.hz - 600) <= 12
  // It began with the answer, perhaps before we knew of it.
  await agent.call.until(() => agent.call.heard().some(isHello), waitMs, 'nobody said hello')
  await stage.event(agent.id, 'call.playback.ended', (one) => one['media_name'] === 'hello')
  const made = await stage.request('POST', '/conferences', {
    call_control_id: agent.id,
    name: 'room',
    start_conference_on_create: false,
    hold_media_name: 'hold',
  })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  await agent.call.hearsOnly(800, waitMs)
  assert.equal(
    (await stage.request('POST', `/conferences/${String(dataOf(made)['id'])}/actions/end`, {}))
      .status,
    200,
  )
})

test('keys after the answer are pressed towards who was dialled', async () => {
  const agent = await stage.dialAgent({ send_digits_on_answer: '1w2#' })
  const keys = (): string => agent.call.line.keys.map(({ key }) => key).join('')
  await agent.call.until(() => keys() === '12#', waitMs, 'keys not pressed')
})

test('names are names: nothing leads out of the folder, whatever is written', async () => {
  const media_url = stage.sounds.url(600, 200)
  for (const media_name of ['../a', '..', 'a/b', '/etc/passwd', 'a\\b']) {
    const answer = await stage.request('POST', '/media', { media_url, media_name })
    assert.equal(answer.status, 422, media_name)
  }
  for (const name of ['..%2F..%2Fconfig.json', '%2e%2e', '..%5c']) {
    assert.equal((await stage.request('GET', `/media/${name}/download`)).status, 404, name)
  }
  await upload('Grüße & Töne.wav', 600, 200)
  const found = listOf(await stage.request('GET', '/media?page[size]=250'))
  assert.ok(found.some((one) => one['media_name'] === 'Grüße & Töne.wav'))
})
