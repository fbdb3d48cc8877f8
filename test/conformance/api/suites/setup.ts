// What an application is set up with over the API: call control applications, uploaded audio.
import assert from 'node:assert/strict'
import {
  assertField,
  assertRefused,
  dataOf,
  errorPage,
  listOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const webhook_event_url = 'https://app.example.com/webhooks'
const base = '/call_control_applications'
const one = `${base}/{id}`

const create = async (stage: ConformanceStage, extra: Json = {}): Promise<Json> => {
  const application_name = stage.unique('application')
  return dataOf(await stage.post(base, { application_name, webhook_event_url, ...extra }), 201)
}

const made = (stage: ConformanceStage): Promise<Json> =>
  stage.once('application', () => create(stage))

const applicationFields: Readonly<Record<string, Wanted>> = {
  id: 'decimal',
  record_type: ['call_control_application'],
  application_name: 'text',
  webhook_event_url: [webhook_event_url],
  webhook_api_version: ['2'],
  active: [true],
  anchorsite_override: ['Latency'],
  dtmf_type: ['RFC 2833'],
  first_command_timeout: [false],
  first_command_timeout_secs: [30],
  call_cost_in_webhooks: [false],
  redact_dtmf_debug_logging: [false],
  inbound: 'object',
  outbound: 'object',
  tags: 'list',
  created_at: 'millis',
  updated_at: 'millis',
}

interface Fault {
  readonly field: string
  readonly value: unknown
  readonly code: string
}
const faults: readonly Fault[] = [
  { field: 'application_name', value: undefined, code: '10004' },
  { field: 'application_name', value: '', code: '10004' },
  { field: 'application_name', value: 7, code: '10026' },
  { field: 'webhook_event_url', value: undefined, code: '10004' },
  { field: 'webhook_timeout_secs', value: 31, code: '10033' },
  { field: 'webhook_timeout_secs', value: -1, code: '10033' },
  { field: 'webhook_timeout_secs', value: '5', code: '10026' },
  { field: 'webhook_api_version', value: '1', code: '10032' },
  { field: 'active', value: 'yes', code: '10026' },
  { field: 'dtmf_type', value: 'morse', code: '10032' },
]

const applications: readonly Check[] = [
  ...Object.entries(applicationFields).map(([field, wanted]): Check => ({
    name: `application: ${field} is ${wantedText(wanted)}`,
    cites: page('Create a call control application'),
    covers: [`POST ${base}`, `object application#${field}`],
    run: async (stage) => assertField(await made(stage), field, wanted),
  })),
  ...faults.map(({ field, value, code }): Check => ({
    name: `application: ${field} ${value === undefined ? 'missing' : JSON.stringify(value)} is ${code}`,
    cites: `${page('Create a call control application')}; ${errorPage(code)}`,
    covers: [`POST ${base}`, `POST ${base}#${field}`, `code 422 ${code}`],
    run: async (stage) => {
      const application_name = stage.unique('application')
      const body = { application_name, webhook_event_url, [field]: value }
      assertRefused(await stage.post(base, body), 422, code, { pointer: `/${field}` })
    },
  })),
  {
    name: 'application: retrieved and listed as created',
    cites: page('Retrieve a call control application'),
    covers: [`GET ${one}`, `GET ${base}`],
    run: async (stage) => {
      const application = await create(stage)
      const id = String(application['id'])
      assert.deepEqual(dataOf(await stage.get(`${base}/${id}`)), application)
      const listed = listOf(await stage.get(`${base}?page[size]=250`))
      assert.ok(listed.some((other) => other['id'] === id))
    },
  },
  {
    name: 'application: PATCH changes what it names',
    cites: page('Update a call control application'),
    covers: [`PATCH ${one}`],
    run: async (stage) => {
      const application = await create(stage)
      const { application_name, id } = application
      const body = { application_name, webhook_event_url, webhook_timeout_secs: 7 }
      const answer = await stage.request('PATCH', `${base}/${String(id)}`, { body })
      const { updated_at, ...rest } = dataOf(answer)
      const { updated_at: before, ...old } = application
      assert.deepEqual(rest, { ...old, webhook_timeout_secs: 7 })
      assert.ok(String(updated_at) >= String(before))
    },
  },
  {
    name: 'application: DELETE answers 200 with what was deleted',
    cites: page('Delete a call control application'),
    covers: [`DELETE ${one}`, `GET ${one}`, 'code 404 10005'],
    run: async (stage) => {
      const id = String((await create(stage))['id'])
      const answer = await stage.request('DELETE', `${base}/${id}`)
      assert.equal(dataOf(answer)['id'], id)
      assertRefused(await stage.get(`${base}/${id}`), 404, '10005')
    },
  },
  ...(['GET', 'PATCH', 'DELETE'] as const).map((method): Check => ({
    name: `application: ${method} of an unknown one is 404`,
    cites: errorPage('10005'),
    covers: [`${method} ${one}`, 'code 404 10005'],
    run: async (stage) => {
      const body = { application_name: 'x', webhook_event_url }
      const more = method === 'PATCH' ? { body } : {}
      assertRefused(await stage.request(method, `${base}/999999`, more), 404, '10005')
    },
  })),
]

const media: readonly Check[] = [
  {
    name: 'media: uploaded by URL, retrieved, played by name, deleted',
    cites: page('Upload media'),
    covers: [
      'POST /media',
      'GET /media/{media_name}',
      'DELETE /media/{media_name}',
      'POST /calls/{call_control_id}/actions/playback_start#media_name',
    ],
    needs: 'calls',
    run: async (stage) => {
      const media_name = stage.unique('sound')
      const media_url = await stage.soundUrl(500, 200)
      const upload = dataOf(await stage.post('/media', { media_url, media_name }))
      assert.equal(upload['media_name'], media_name)
      assertField(upload, 'created_at', 'millis')
      assertField(upload, 'expires_at', 'millis')
      assert.equal(dataOf(await stage.get(`/media/${media_name}`))['media_name'], media_name)
      const { id } = await stage.answered()
      await stage.ok(id, 'playback_start', { media_name })
      const { payload } = await stage.event(id, 'call.playback.ended')
      assert.deepEqual([payload['media_name'], payload['status']], [media_name, 'completed'])
      assert.equal((await stage.request('DELETE', `/media/${media_name}`)).status, 204)
      assertRefused(await stage.get(`/media/${media_name}`), 404, '10005')
    },
  },
  {
    name: 'media: without a source is 10004',
    cites: errorPage('10004'),
    covers: ['POST /media#media_url', 'code 422 10004'],
    run: async (stage) => {
      const answer = await stage.post('/media', { media_name: stage.unique('sound') })
      assertRefused(answer, 422, '10004', { pointer: '/media_url' })
    },
  },
  ...(['GET', 'DELETE'] as const).map((method): Check => ({
    name: `media: ${method} of an unknown file is 404`,
    cites: errorPage('10005'),
    covers: [`${method} /media/{media_name}`, 'code 404 10005'],
    run: async (stage) => {
      const path = `/media/${stage.unique('none')}`
      assertRefused(await stage.request(method, path), 404, '10005')
    },
  })),
]

export const setupChecks: readonly Check[] = [...applications, ...media]
