// Recordings of calls and conferences: how they are found, fetched and removed.
import assert from 'node:assert/strict'
import {
  assertField,
  assertOk,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  errorsOf,
  isRecord,
  listOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import { programme } from '../scenarios.ts'
import type { ConformanceStage, Json } from '../stage.ts'

type Stage = ConformanceStage

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

interface Recorded {
  readonly saved: Json
  readonly recording: Json
}

async function recorded(stage: Stage, options: Json): Promise<Recorded> {
  const { id } = await stage.answered()
  await stage.ok(id, 'record_start', options)
  await stage.ok(id, 'speak', { payload: 'one two', voice: 'female', language: 'en-US' })
  await stage.event(id, 'call.speak.ended')
  await stage.ok(id, 'record_stop')
  const { payload: saved } = await stage.event(id, 'call.recording.saved')
  await stage.ok(id, 'hangup')
  const recording = dataOf(await stage.get(`/recordings/${String(saved['recording_id'])}`))
  return { saved, recording }
}

const one = (stage: Stage): Promise<Recorded> =>
  stage.once('a recording', () => recorded(stage, { format: 'wav', channels: 'dual' }))

const path = 'GET /recordings/{recording_id}'
const list = 'GET /recordings'

const fields: Readonly<Record<string, Wanted>> = {
  id: 'uuid',
  record_type: ['recording'],
  status: ['completed'],
  source: ['call'],
  call_control_id: 'token',
  call_leg_id: 'uuid',
  call_session_id: 'uuid',
  connection_id: 'decimal',
  from: 'text',
  to: 'text',
  channels: ['dual'],
  duration_millis: 'positive',
  recording_started_at: 'millis',
  recording_ended_at: 'millis',
  created_at: 'millis',
  updated_at: 'millis',
  download_urls: 'object',
}

const filters: readonly (readonly [filter: string, field: string])[] = [
  ['filter[call_leg_id]', 'call_leg_id'],
  ['filter[call_session_id]', 'call_session_id'],
  ['filter[from]', 'from'],
  ['filter[to]', 'to'],
  ['filter[connection_id]', 'connection_id'],
]

const urlOf = (recording: Json, format: string): string => {
  const urls = recording['download_urls']
  assert.ok(isRecord(urls))
  return String(urls[format])
}

const found = async (stage: Stage, query: string): Promise<readonly unknown[]> =>
  listOf(await stage.get(`/recordings?page[size]=250&${query}`)).map(({ id }) => id)

const listing: readonly Check[] = [
  ...Object.entries(fields).map(([field, wanted]) =>
    check(
      `recording: ${field} is ${wantedText(wanted)}`,
      page('Retrieve a call recording'),
      [path, `object recording#${field}`],
      async (stage) => assertField((await one(stage)).recording, field, wanted),
    ),
  ),
  ...filters.map(([filter, field]) =>
    check(
      `recordings: ${filter} finds it, and nothing with another value`,
      'C121',
      [list, `${list}#${filter}`],
      async (stage) => {
        const { recording } = await one(stage)
        const value = encodeURIComponent(String(recording[field]))
        assert.ok((await found(stage, `${filter}=${value}`)).includes(recording['id']))
        assert.deepEqual(await found(stage, `${filter}=nobody`), [])
      },
    ),
  ),
  check(
    'recordings: filter[created_at] from and to, newest first',
    'C121',
    [`${list}#filter[created_at][gte]`, `${list}#filter[created_at][lte]`],
    async (stage) => {
      const { recording } = await one(stage)
      const at = encodeURIComponent(String(recording['created_at']))
      const later = '2099-01-01T00:00:00Z'
      const ask = (more: string) => found(stage, more)
      assert.ok((await ask(`filter[created_at][gte]=${at}`)).includes(recording['id']))
      assert.ok((await ask(`filter[created_at][lte]=${at}`)).includes(recording['id']))
      assert.ok(!(await ask(`filter[created_at][gte]=${later}`)).includes(recording['id']))
      assert.ok(
        !(await ask('filter[created_at][lte]=2001-01-01T00:00:00Z')).includes(recording['id']),
      )
      const all = listOf(await stage.get('/recordings?page[size]=250'))
      const starts = all.map((other) => String(other['created_at']))
      assert.deepEqual(starts, [...starts].sort().reverse())
    },
  ),
  check(
    'recordings: that of a conference is found by it, and says so',
    'C121',
    [`${list}#filter[conference_id]`, 'object recording#conference_id', 'object recording#source'],
    async (stage) => {
      const { id, recording } = await programme(stage)
      assert.deepEqual([recording['conference_id'], recording['source']], [id, 'conference'])
      assert.deepEqual(await found(stage, `filter[conference_id]=${id}`), [recording['id']])
    },
  ),
  check(
    'recordings: filter[created_at][gte]=soon is refused',
    errorPage('10015'),
    [`${list}#filter[created_at][gte]`, 'code 422 10015'],
    async (stage) => {
      const answer = await stage.get('/recordings?filter[created_at][gte]=soon')
      assertRefused(answer, 422, '10015', { parameter: 'filter[created_at][gte]' })
    },
  ),
]

const fetching: readonly Check[] = [
  check(
    'a recording in mp3: only that URL, and its file is MPEG',
    'C120',
    [path, 'event call.recording.saved#recording_urls', 'event call.recording.saved#format=mp3'],
    async (stage) => {
      const { recording, saved } = await recorded(stage, { format: 'mp3', channels: 'single' })
      const urls = recording['download_urls']
      assert.ok(isRecord(urls) && urls['wav'] === null)
      assert.deepEqual(saved['public_recording_urls'], { mp3: null, wav: null })
      const file = await fetch(urlOf(recording, 'mp3'))
      assert.equal(file.headers.get('content-type'), 'audio/mpeg')
      const bytes = Buffer.from(await file.arrayBuffer())
      assert.ok(bytes.length > 500 && bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0)
    },
  ),
  check(
    'a recording of both sides: a WAV with two channels',
    page('Recording start'),
    ['POST /calls/{call_control_id}/actions/record_start#channels'],
    async (stage) => {
      const { recording } = await one(stage)
      const file = Buffer.from(await (await fetch(urlOf(recording, 'wav'))).arrayBuffer())
      assert.deepEqual([file.toString('latin1', 0, 4), file.readUInt16LE(22)], ['RIFF', 2])
    },
  ),
  check(
    'a link to a recording needs no key, and gives ranges of bytes: 206, and 416 beyond the end',
    'C120',
    ['rule recording links', 'code 416 10033'],
    async (stage) => {
      const url = urlOf((await one(stage)).recording, 'wav')
      const part = await fetch(url, { headers: { range: 'bytes=0-3' } })
      assert.deepEqual([part.status, await part.text()], [206, 'RIFF'])
      assert.match(part.headers.get('content-range') ?? '', /^bytes 0-3\/\d+$/)
      const beyond = await fetch(url, { headers: { range: 'bytes=999999999-' } })
      const body: unknown = await beyond.json()
      assert.equal(beyond.status, 416)
      const answer = { status: 416, headers: beyond.headers, text: '', body }
      assert.equal(errorsOf(answer)[0]?.code, '10033')
    },
  ),
  check(
    'a link to a recording that was changed is 403',
    `C120; ${errorPage('10010')}`,
    ['rule recording links', 'code 403 10010'],
    async (stage) => {
      const url = urlOf((await one(stage)).recording, 'wav')
      // Any other character in place of the first: every one may stand there.
      const forged = url.replace(/(?<=signature=)./, (first) => (first === '-' ? 'A' : '-'))
      assert.notEqual(forged, url)
      for (const changed of [forged, url.replace(/\?.*/, '')]) {
        const response = await fetch(changed)
        const body: unknown = await response.json()
        const answer = { status: response.status, headers: response.headers, text: '', body }
        assertRefused(answer, 403, '10010')
      }
    },
  ),
  check(
    'a recording is deleted with its file',
    page('Delete a call recording'),
    ['DELETE /recordings/{recording_id}', path, 'code 404 10005'],
    async (stage) => {
      const { recording } = await recorded(stage, { format: 'wav', channels: 'single' })
      const id = String(recording['id'])
      assert.equal(dataOf(await stage.request('DELETE', `/recordings/${id}`))['id'], id)
      const title = 'Recording not found'
      assertRefused(await stage.get(`/recordings/${id}`), 404, '10005', { title })
      assertRefused(await stage.request('DELETE', `/recordings/${id}`), 404, '10005', { title })
      // The file follows a moment later.
      for (let left = 100; left > 0; left -= 1) {
        if ((await fetch(urlOf(recording, 'wav'))).status === 404) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.fail('the file is still there')
    },
  ),
  ...(['custom_file_name', 'record_custom_file_name'] as const).map((field) =>
    check(
      `${field} is in the name of the file`,
      page('Recording start'),
      [
        field === 'custom_file_name'
          ? 'POST /calls/{call_control_id}/actions/record_start#custom_file_name'
          : 'POST /calls/{call_control_id}/actions/answer#record_custom_file_name',
      ],
      async (stage) => {
        const { id, call } = await stage.callIn()
        const automatic = field.startsWith('record')
        const record = { record: 'record-from-answer', record_format: 'wav', [field]: 'order7x' }
        await stage.ok(id, 'answer', automatic ? record : {})
        await call.answered(5_000)
        const start = { format: 'wav', channels: 'single', [field]: 'order7x' }
        if (!automatic) await stage.ok(id, 'record_start', start)
        call.hangUp()
        const { payload } = await stage.event(id, 'call.recording.saved')
        assert.match(JSON.stringify(payload['recording_urls']), /order7x/)
      },
    ),
  ),
  ...(['max_length', 'timeout_secs'] as const).map((field) =>
    check(
      `record_start: ${field} ends the recording by itself`,
      page('Recording start'),
      [`POST /calls/{call_control_id}/actions/record_start#${field}`],
      async (stage) => {
        const { id } = await stage.answered()
        const body = { format: 'wav', channels: 'single', [field]: 1 }
        await stage.ok(id, 'record_start', body)
        // Silence counts from where something was heard.
        await stage.ok(id, 'playback_start', { audio_url: await stage.soundUrl(700, 400) })
        await stage.event(id, 'call.recording.saved')
        assert.equal(dataOf(await stage.get(`/calls/${id}`))['is_alive'], true)
        await stage.ok(id, 'hangup')
      },
    ),
  ),
  check(
    'record_start: recording_track and play_beep are taken, one direction has one channel',
    'C122',
    [
      'POST /calls/{call_control_id}/actions/record_start#recording_track',
      'POST /calls/{call_control_id}/actions/record_start#play_beep',
      'POST /calls/{call_control_id}/actions/record_start#trim',
    ],
    async (stage) => {
      const options = { format: 'wav', channels: 'single', play_beep: true, trim: 'trim-silence' }
      const { recording } = await recorded(stage, { ...options, recording_track: 'outbound' })
      const file = Buffer.from(await (await fetch(urlOf(recording, 'wav'))).arrayBuffer())
      assert.equal(file.readUInt16LE(22), 1)
    },
  ),
  ...['POST /calls', 'POST /calls/{call_control_id}/actions/bridge'].map((command) =>
    check(
      `${command}: record with its format and channels`,
      page(command === 'POST /calls' ? 'Dial' : 'Bridge calls'),
      ['record', 'record_format', 'record_channels', 'record_track'].map(
        (field) => `${command}#${field}`,
      ),
      async (stage) => {
        const record = {
          record: 'record-from-answer',
          record_format: 'wav',
          record_channels: 'single',
          record_track: 'both',
        }
        const isDial = command === 'POST /calls'
        const caller = isDial ? undefined : await stage.answered()
        const agent = await stage.dialled(isDial ? record : {})
        if (caller !== undefined) {
          await stage.ok(agent.id, 'bridge', { call_control_id: caller.id, ...record })
          await stage.event(agent.id, 'call.bridged')
        }
        await stage.ok(agent.id, 'hangup')
        const { payload } = await stage.webhooks.next(
          ({ type, payload: told }) =>
            type === 'call.recording.saved' &&
            [agent.id, caller?.id].includes(String(told['call_control_id'])),
          'call.recording.saved',
        )
        assert.deepEqual([payload['format'], payload['channels']], ['wav', 'single'])
      },
    ),
  ),
  check(
    'a conference is recorded in mp3 on two channels, paused and resumed',
    page('Conference recording start'),
    [
      'POST /conferences/{id}/actions/record_start#format',
      'POST /conferences/{id}/actions/record_start#channels',
      'POST /conferences/{id}/actions/record_pause',
      'POST /conferences/{id}/actions/record_resume',
      'POST /conferences/{id}/actions/record_stop#recording_id',
      'event conference.recording.saved#channels=dual',
      'event conference.recording.saved#format=mp3',
    ],
    async (stage) => {
      const host = await stage.answered()
      const name = stage.unique('room')
      const made = dataOf(await stage.post('/conferences', { call_control_id: host.id, name }))
      const act = (action: string, body: Json = {}) =>
        stage.post(`/conferences/${String(made['id'])}/actions/${action}`, body)
      const started = dataOf(await act('record_start', { format: 'mp3', channels: 'dual' }))
      assert.equal(started['result'], 'ok')
      assertField(started, 'recording_id', 'uuid')
      const { recording_id } = started
      assertOk(await act('record_pause', { recording_id }))
      assertOk(await act('record_resume', { recording_id }))
      const other = { recording_id: '6e00ab49-9487-4364-8ad6-23965965afb2' }
      for (const action of ['record_pause', 'record_resume', 'record_stop']) {
        assertRefused(await act(action, other), 404, '10005', { title: 'Recording not found' })
      }
      assertOk(await act('record_stop', { recording_id }))
      const { payload } = await stage.webhooks.next(
        ({ type, payload: told }) =>
          type === 'conference.recording.saved' && told['recording_id'] === recording_id,
        'conference.recording.saved',
      )
      assert.deepEqual([payload['channels'], payload['format']], ['dual', 'mp3'])
      await stage.ok(host.id, 'hangup')
    },
  ),
  check(
    'official client: recordings.list, retrieve, delete',
    clientPage,
    [list, path, 'DELETE /recordings/{recording_id}'],
    async (stage) => {
      const { recording } = await recorded(stage, { format: 'wav', channels: 'single' })
      const { recordings } = stage.telnyx
      const id = String(recording['id'])
      const leg = String(recording['call_leg_id'])
      const ids: unknown[] = []
      for await (const each of recordings.list({ filter: { call_leg_id: leg } })) ids.push(each.id)
      assert.deepEqual(ids, [id])
      assert.equal((await recordings.retrieve(id)).data?.channels, 'single')
      assert.equal((await recordings.delete(id)).data?.id, id)
    },
  ),
]

export const recordingChecks: readonly Check[] = [...listing, ...fetching]
