// What this server does not do says so: an action by 20015, a parameter by 10015 and where it stands (C22, C157). And what
// a client sends along that asks for nothing, or changes nothing to be heard, is taken.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { conferenceView, legId, testApi, withKey } from './testing.ts'

const call = `/v2/calls/${legId}/actions`
const conference = '/v2/conferences/support-42/actions'
const dialed = { connection_id: '1000000001', to: 'sip:a@localhost', from: '+15550199' }

type Body = Readonly<Record<string, unknown>>

const actions = [
  ...[
    'transcription_start',
    'transcription_stop',
    'suppression_start',
    'suppression_stop',
    'siprec_start',
    'siprec_stop',
  ],
  ...['gather_using_ai', 'ai_assistant_start', 'ai_assistant_stop', 'ai_assistant_add_messages'],
  ...['ai_assistant_join', 'conversation_relay_start', 'conversation_relay_stop', 'pay'],
  'send_sip_info',
]

test('actions: 20015, named, and nothing is done; what no action is, is 404', async (t) => {
  const { api, submitted } = testApi({ conferences: [conferenceView] })
  t.after(() => api.close())
  const post = (url: string) => api.inject({ method: 'POST', url, headers: withKey, payload: {} })
  for (const action of [
    ...actions.map((name) => `${call}/${name}`),
    `${conference}/dial_participant`,
  ]) {
    const answer = await post(action)
    assert.equal(answer.statusCode, 422, action)
    const [error] = answer.json().errors
    assert.equal(error.code, '20015', action)
    assert.ok(error.detail.includes(`'${action.split('/').at(-1)}'`), error.detail)
  }
  const unknown = await post(`${call}/levitate`)
  assert.equal(unknown.statusCode, 404)
  assert.equal(unknown.json().errors[0].code, '10005')
  assert.deepEqual(submitted, [])
})

/** On answer, dial and transfer alike. */
const refusedEverywhere: readonly (readonly [name: string, value: unknown])[] = [
  ['answering_machine_detection', 'premium'],
  ['transcription', true],
  ['assistant', { id: 'a' }],
  ['conversation_relay_config', { url: 'wss://a.example/' }],
  ['deepfake_detection', { enabled: true }],
]

const refused: readonly (readonly [url: string, body: Body, pointer: string])[] = [
  ['/v2/calls', { to: 'sips:a@localhost' }, '/to'],
  ['/v2/calls', { to: ['+15550100', 'sips:a@localhost'] }, '/to/1'],
  ['/v2/calls', { media_encryption: 'SRTP' }, '/media_encryption'],
  ['/v2/calls', { media_encryption: 'DTLS' }, '/media_encryption'],
  ['/v2/calls', { to: 'sip:a@localhost;secure=true' }, '/to'],
  ['/v2/calls', { sip_transport_protocol: 'TLS' }, '/sip_transport_protocol'],
  [`${call}/transfer`, { sip_transport_protocol: 'TLS' }, '/sip_transport_protocol'],
  ['/v2/calls', { preferred_codecs: 'G729,AMR-WB' }, '/preferred_codecs'],
  ['/v2/calls', { dialogflow_config: {} }, '/dialogflow_config'],
  ['/v2/calls', { enable_dialogflow: true }, '/enable_dialogflow'],
  ...['P-Asserted-Identity', 'via', 'F', 'Contact'].map(
    (name) =>
      ['/v2/calls', { custom_headers: [{ name, value: 'x' }] }, '/custom_headers/0/name'] as const,
  ),
  [`${call}/transfer`, { to: ['sip:a@localhost', 'sip:b@localhost'] }, '/to'],
  [`${call}/transfer`, { media_encryption: 'DTLS' }, '/media_encryption'],
  [`${call}/transfer`, { preferred_codecs: 'VP8' }, '/preferred_codecs'],
  [`${call}/transfer`, { stream_url: 'wss://a.example/' }, '/stream_url'],
  [`${call}/bridge`, { video_room_id: 'x' }, '/video_room_id'],
  [`${call}/bridge`, { queue: 'a', video_room_context: 'x' }, '/video_room_context'],
  [
    `${call}/record_start`,
    { format: 'wav', channels: 'single', transcription: true },
    '/transcription',
  ],
  [
    `${conference}/gather_using_audio`,
    { call_control_id: legId, audio_url: 'http://a.example/', stop_playback_on_dtmf: false },
    '/stop_playback_on_dtmf',
  ],
  [
    `${conference}/gather_using_audio`,
    { call_control_id: legId, audio_url: 'http://a.example/', initial_timeout_millis: 5000 },
    '/initial_timeout_millis',
  ],
  [`${call}/answer`, { answering_machine_detection: 'detect' }, '/answering_machine_detection'],
  ...['/v2/calls', `${call}/transfer`, `${call}/answer`].flatMap((url) =>
    refusedEverywhere.map(([name, value]) => [url, { [name]: value }, `/${name}`] as const),
  ),
]

test('parameters: 10015 with a pointer, and nothing is done', async (t) => {
  const { api, submitted } = testApi({ conferences: [conferenceView] })
  t.after(() => api.close())
  for (const [url, body, pointer] of refused) {
    const payload = { ...(url.startsWith(call) ? { to: dialed.to } : dialed), ...body }
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    const what = `${url} ${JSON.stringify(body)}: ${answer.body}`
    assert.equal(answer.statusCode, 422, what)
    const { errors } = answer.json()
    assert.deepEqual(
      errors.map((error: { code: string; source: { pointer: string } }) => [
        error.code,
        error.source.pointer,
      ]),
      [['10015', pointer]],
      what,
    )
  }
  assert.deepEqual(submitted, [])
})

/** Each asks for nothing, or for something that is no different to the ear. */
const harmless: Body = {
  ...{ answering_machine_detection: 'disabled', answering_machine_detection_config: {} },
  ...{ transcription: false, transcription_config: {}, deepfake_detection: { enabled: false } },
  ...{ billing_group_id: 'f5586561-8ff0-4291-a0ac-84fe544797bd', send_silence_when_idle: true },
  ...{ sound_modifications: { pitch: 0.8 }, sip_region: 'Europe', stream_track: 'both_tracks' },
  ...{ route_to_mobile: true, diversion: '+15550101', region: 'US', assistant: null },
  ...{ dialogflow_config: null, enable_dialogflow: false, media_encryption: 'disabled' },
  ...{ preferred_codecs: 'AMR-WB,G722', webhook_url: null },
}

test('what asks for nothing is taken', async (t) => {
  const { api } = testApi({ conferences: [conferenceView] })
  t.after(() => api.close())
  const bodies: readonly (readonly [url: string, body: Body])[] = [
    ['/v2/calls', dialed],
    [`${call}/transfer`, { to: dialed.to }],
    [`${call}/answer`, {}],
    [`${call}/bridge`, { queue: 'a' }],
    [`${conference}/join`, { call_control_id: legId }],
  ]
  for (const [url, body] of bodies) {
    const payload = { ...harmless, ...body }
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`)
  }
})

test('OPUS alone is refused where its package is missing', async (t) => {
  for (const hasOpus of [true, false]) {
    const { api } = testApi({ hasOpus })
    t.after(() => api.close())
    for (const [preferred_codecs, refuses] of [
      ['OPUS', !hasOpus],
      ['opus,H264', !hasOpus],
      ['OPUS,PCMA', false],
    ] as const) {
      const payload = { ...dialed, preferred_codecs }
      const answer = await api.inject({
        ...{ method: 'POST', url: '/v2/calls', headers: withKey, payload },
      })
      assert.equal(answer.statusCode, refuses ? 422 : 200, answer.body)
      if (refuses) assert.match(answer.body, /@evan\/opus.*\/preferred_codecs/)
    }
  }
})

test('every parameter that the description calls not supported is named in the decisions', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  await api.ready()
  const decisions = readFileSync('docs/reference/compatibility.md', 'utf8')
  const found = new Set<string>()
  const walk = (node: unknown, name: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { description } = node as { description?: unknown }
    if (typeof description === 'string' && description.startsWith('Not supported;')) found.add(name)
    for (const [key, inner] of Object.entries(node)) walk(inner, key)
  }
  walk(api.swagger().paths, '')
  assert.ok(found.size > 15, [...found].join())
  assert.deepEqual(
    [...found].filter((name) => !new RegExp(`\\b${name}\\b`).test(decisions)),
    [],
  )
})
