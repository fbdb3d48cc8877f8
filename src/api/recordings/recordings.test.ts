import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legId, nowMs, recordingView, testApi, withKey } from '../testing.ts'
import { rangeOf } from './download.ts'
import { createRecordingLinks, linkMs } from './links.ts'

const call = `/v2/calls/${legId}/actions`

test('a link is good for its file and its ten minutes, and for nothing else', () => {
  const links = createRecordingLinks(new Uint8Array(32).fill(7))
  const path = links.pathOf('a b.wav', nowMs)
  const url = new URL(path, 'http://host')
  const expires = url.searchParams.get('expires') ?? ''
  const signature = url.searchParams.get('signature') ?? ''
  assert.equal(url.pathname, '/recordings/a%20b.wav')
  assert.ok(links.isValid('a b.wav', expires, signature, nowMs))
  assert.ok(links.isValid('a b.wav', expires, signature, nowMs + linkMs - 1))
  assert.ok(!links.isValid('a b.wav', expires, signature, nowMs + linkMs + 2000))
  assert.ok(!links.isValid('other.wav', expires, signature, nowMs))
  assert.ok(!links.isValid('a b.wav', String(Number(expires) + 1), signature, nowMs))
  assert.ok(!links.isValid('a b.wav', expires, signature.slice(1), nowMs))
  assert.ok(!links.isValid('a b.wav', '', '', nowMs))
  const others = createRecordingLinks(new Uint8Array(32).fill(8))
  assert.ok(!others.isValid('a b.wav', expires, signature, nowMs))
})

test('RFC 9110 §14.1.2: one range of bytes; what is none means the whole file', () => {
  assert.deepEqual(rangeOf('bytes=0-3', 10), { first: 0, last: 3 })
  assert.deepEqual(rangeOf('bytes=8-', 10), { first: 8, last: 9 })
  assert.deepEqual(rangeOf('bytes=8-100', 10), { first: 8, last: 9 })
  assert.deepEqual(rangeOf('bytes=-3', 10), { first: 7, last: 9 })
  assert.deepEqual(rangeOf('bytes=-30', 10), { first: 0, last: 9 })
  assert.equal(rangeOf('bytes=10-', 10), 'nowhere')
  assert.equal(rangeOf('bytes=-0', 10), 'nowhere')
  for (const none of [undefined, 'bytes=', 'bytes=-', 'bytes=3-1', 'bytes=0-1,3-4', 'items=0-1']) {
    assert.equal(rangeOf(none, 10), undefined)
  }
})

test('the resource: a link that works without a key, the whole file and a part of it', async (t) => {
  const { api } = testApi({ recordings: [recordingView] })
  t.after(() => api.close())
  const url = `/v2/recordings/${recordingView.recordingId}`
  const found = await api.inject({ url, headers: { ...withKey, host: 'pbx.example.com:8080' } })
  const link = String(found.json().data.download_urls.wav)
  assert.ok(
    link.startsWith('http://pbx.example.com:8080/recordings/order-1741079402-6e00ab49.wav?'),
  )
  assert.equal(found.json().data.download_urls.mp3, null)
  const path = link.slice(link.indexOf('/recordings'))
  const whole = await api.inject({ url: path })
  assert.equal(whole.statusCode, 200)
  assert.equal(whole.headers['content-type'], 'audio/wav')
  assert.equal(whole.headers['content-length'], '10')
  assert.deepEqual([...whole.rawPayload], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const part = await api.inject({ url: path, headers: { range: 'bytes=2-4' } })
  assert.equal(part.statusCode, 206)
  assert.equal(part.headers['content-range'], 'bytes 2-4/10')
  assert.deepEqual([...part.rawPayload], [2, 3, 4])
})

test('the orders that commands give: defaults of the reference, and what was asked for', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  const post = (url: string, payload: object) =>
    api.inject({ method: 'POST', url, headers: withKey, payload })
  const started = await post(`${call}/record_start`, {
    ...{ format: 'wav', channels: 'single', max_length: 60, timeout_secs: 5, play_beep: true },
    ...{ trim: 'trim-silence', recording_track: 'inbound', custom_file_name: 'order 42' },
  })
  assert.equal(started.statusCode, 200)
  assert.equal(typeof started.json().data.recording_id, 'string')
  await post(`${call}/answer`, { record: 'record-from-answer' })
  await post(`${call}/answer`, {})
  const [first, second, third] = submitted.map(({ command }) => command)
  assert.ok(first?.kind === 'record-start')
  assert.deepEqual(first.order, {
    ...{ recordingId: first.order.recordingId, format: 'wav', channels: 'single' },
    ...{ track: 'inbound', maxLengthMs: 60_000, silenceMs: 5_000, trim: true, beep: true },
    customFileName: 'order 42',
  })
  assert.ok(second?.kind === 'answer' && second.record !== undefined)
  assert.deepEqual([second.record.format, second.record.channels], ['mp3', 'dual'])
  assert.ok(third?.kind === 'answer' && third.record === undefined)
  const missing = await post(`${call}/record_start`, { format: 'wav' })
  assert.equal(missing.json().errors[0].code, '10004')
  const lacking = await post(`${call}/record_start`, {
    ...{ format: 'wav', channels: 'dual', transcription: true },
  })
  assert.equal(lacking.json().errors[0].code, '10015')
})
