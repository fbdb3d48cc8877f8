// Every parameter: what is refused with which code and where, and what a good request becomes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legId, testApi, withKey } from './testing.ts'

const call = `/v2/calls/${legId}/actions`
const conference = '/v2/conferences/support-42/actions'
const dialed = { connection_id: '1000000001', to: '+15550100', from: '+15550199' }

type Body = Readonly<Record<string, unknown>>
/** [code, source.pointer] of each error. */
type Expected = readonly (readonly [code: string, pointer: string | undefined])[]

const tooMany = Array.from({ length: 51 }, () => ({ name: 'X-A', value: 'b' }))

const refused: readonly (readonly [url: string, body: Body, ...errors: Expected])[] = [
  ['/v2/queues', {}, ['10004', '/queue_name']],
  ['/v2/queues', { queue_name: '' }, ['10004', '/queue_name']],
  ['/v2/queues', { queue_name: null }, ['10004', '/queue_name']],
  ['/v2/queues', { queue_name: 5 }, ['10026', '/queue_name']],
  ['/v2/queues', { queue_name: 'x'.repeat(256) }, ['10025', '/queue_name']],
  ['/v2/queues', { queue_name: 'a\nb' }, ['10015', '/queue_name']],
  ['/v2/queues', { queue_name: '\ud800' }, ['10015', '/queue_name']],
  ['/v2/queues', { queue_name: '.' }, ['10015', '/queue_name']],
  ['/v2/queues', { queue_name: '..' }, ['10015', '/queue_name']],
  [`${call}/enqueue`, { queue_name: '.' }, ['10015', '/queue_name']],
  [`${call}/enqueue`, { queue_name: '..' }, ['10015', '/queue_name']],
  ['/v2/queues', { queue_name: 'a', max_size: 0 }, ['10033', '/max_size']],
  ['/v2/queues', { queue_name: 'a', max_size: 100_001 }, ['10033', '/max_size']],
  ['/v2/queues', { queue_name: 'a', max_size: '5' }, ['10026', '/max_size']],
  ['/v2/queues', { queue_name: 'a', max_size: 1.5 }, ['10026', '/max_size']],
  ['/v2/queues', { max_size: [] }, ['10004', '/queue_name'], ['10026', '/max_size']],
  ['/v2/queues/a', {}, ['10004', '/max_size']],
  ['/v2/queues/a', { max_size: -1 }, ['10033', '/max_size']],

  [`${call}/enqueue`, {}, ['10004', '/queue_name']],
  [`${call}/enqueue`, { queue_name: 'a', max_wait_time_secs: 0 }, ['10033', '/max_wait_time_secs']],
  [
    `${call}/enqueue`,
    { queue_name: 'a', max_wait_time_secs: 86_401 },
    ['10033', '/max_wait_time_secs'],
  ],
  [`${call}/enqueue`, { queue_name: 'a', max_size: 'x' }, ['10026', '/max_size']],
  [
    `${call}/enqueue`,
    { queue_name: 'a', keep_after_hangup: 'yes' },
    ['10026', '/keep_after_hangup'],
  ],
  [`${call}/enqueue`, { queue_name: 'a', client_state: '***' }, ['90017', '/client_state']],
  [`${call}/enqueue`, { queue_name: 'a', client_state: 7 }, ['90017', '/client_state']],
  [
    `${call}/enqueue`,
    { queue_name: 'a', client_state: 'a'.repeat(65_540) },
    ['90017', '/client_state'],
  ],
  [`${call}/enqueue`, { queue_name: 'a', command_id: 5 }, ['10026', '/command_id']],
  [`${call}/leave_queue`, { client_state: 'a' }, ['90017', '/client_state']],

  [`${call}/bridge`, {}, ['10004', '/call_control_id']],
  [`${call}/bridge`, { queue: '' }, ['10004', '/queue']],
  [`${call}/bridge`, { video_room_id: 'x' }, ['10015', '/video_room_id']],
  [
    `${call}/bridge`,
    { queue: 'a', park_after_unbridge: 'other' },
    ['10032', '/park_after_unbridge'],
  ],
  [`${call}/bridge`, { queue: 'a', ringtone: 'xx' }, ['10032', '/ringtone']],
  [`${call}/bridge`, { queue: 'a', mute_dtmf: 'all' }, ['10032', '/mute_dtmf']],
  [`${call}/bridge`, { queue: 'a', record: 'always' }, ['10032', '/record']],
  [`${call}/bridge`, { queue: 'a', play_ringtone: 1 }, ['10026', '/play_ringtone']],

  [`${call}/hangup`, { custom_headers: {} }, ['10026', '/custom_headers']],
  [`${call}/hangup`, { custom_headers: ['x'] }, ['10026', '/custom_headers/0']],
  [
    `${call}/hangup`,
    { custom_headers: [{ name: 'X-A' }, { value: 'b' }] },
    ['10004', '/custom_headers/0/value'],
    ['10004', '/custom_headers/1/name'],
  ],
  [
    `${call}/hangup`,
    { custom_headers: [{ name: 'X A', value: 'b\r\nVia: c' }] },
    ['10015', '/custom_headers/0/name'],
    ['10015', '/custom_headers/0/value'],
  ],
  [`${call}/hangup`, { custom_headers: tooMany }, ['10015', '/custom_headers']],

  [
    `${call}/answer`,
    { sip_headers: [{ name: 'Via', value: 'x' }] },
    ['10032', '/sip_headers/0/name'],
  ],
  [`${call}/answer`, { preferred_codecs: 'PCMU,MP3' }, ['10032', '/preferred_codecs']],
  [`${call}/answer`, { record_format: 'ogg' }, ['90000', '/record_format']],
  [`${call}/answer`, { stream_url: 'https://x/' }, ['10015', '/stream_url']],
  [`${call}/answer`, { stream_track: 'all' }, ['10032', '/stream_track']],
  [`${call}/streaming_start`, {}, ['10004', '/stream_url']],
  [`${call}/streaming_start`, { stream_url: 'ws:x y' }, ['10015', '/stream_url']],
  [`${call}/streaming_start`, { stream_url: 'wss://x/#y' }, ['10015', '/stream_url']],
  [
    `${call}/streaming_start`,
    { stream_url: 'wss://x/', stream_bidirectional_sampling_rate: 44_100 },
    ['10015', '/stream_bidirectional_sampling_rate'],
  ],
  [
    `${call}/streaming_start`,
    {
      ...{ stream_url: 'wss://x/', stream_bidirectional_mode: 'rtp' },
      stream_bidirectional_codec: 'AMR-WB',
    },
    ['10015', '/stream_bidirectional_codec'],
  ],
  [
    `${call}/streaming_start`,
    { stream_url: 'wss://x/', enable_dialogflow: true },
    ['10015', '/enable_dialogflow'],
  ],
  [`${call}/fork_start`, { rx: 'udp:192.0.2.1:9000' }, ['10004', '/tx']],
  [`${call}/fork_start`, { rx: 'udp:192.0.2.1:9000', tx: 'tcp:192.0.2.1:9000' }, ['10015', '/tx']],
  [`${call}/answer`, { assistant: {} }, ['10015', '/assistant']],
  [`${call}/answer`, { transcription: true }, ['10015', '/transcription']],
  [`${call}/answer`, { webhook_url: 'nowhere' }, ['10015', '/webhook_url']],
  [`${call}/answer`, { webhook_url: 'ftp://a/b' }, ['10015', '/webhook_url']],
  [`${call}/answer`, { webhook_url_method: 'PUT' }, ['10032', '/webhook_url_method']],
  [`${call}/answer`, { webhook_urls: { 'call.bridge': 'http://a/' } }, ['90057', '/webhook_urls']],
  [
    `${call}/answer`,
    { webhook_urls: { 'call.hangup': 'x' } },
    ['10015', '/webhook_urls/call.hangup'],
  ],
  [`${call}/answer`, { webhook_urls: [] }, ['10026', '/webhook_urls']],
  [
    `${call}/answer`,
    { webhook_retries_policies: { nothing: { retries_ms: [1] } } },
    ['90057', '/webhook_retries_policies'],
  ],
  [
    `${call}/answer`,
    { webhook_retries_policies: { 'call.hangup': { retries_ms: [60_000, 1] } } },
    ['10015', '/webhook_retries_policies/call.hangup'],
  ],
  [
    `${call}/answer`,
    { webhook_retries_policies: { 'call.hangup': { retries_ms: [1, 1, 1, 1, 1, 1] } } },
    ['10015', '/webhook_retries_policies/call.hangup'],
  ],
  [
    `${call}/answer`,
    { webhook_retries_policies: { 'call.hangup': { retries_ms: ['1'] } } },
    ['10015', '/webhook_retries_policies/call.hangup'],
  ],

  [`${call}/reject`, {}, ['10004', '/cause']],
  [`${call}/reject`, { cause: 'BUSY' }, ['10032', '/cause']],

  [`${call}/refer`, {}, ['10004', '/sip_address']],
  [`${call}/refer`, { sip_address: '+15550100' }, ['10015', '/sip_address']],
  [`${call}/refer`, { sip_address: 'sip:a@b\r\nX: y' }, ['10015', '/sip_address']],

  [`${call}/transfer`, {}, ['10004', '/to']],
  [`${call}/transfer`, { to: '' }, ['10004', '/to']],
  [`${call}/transfer`, { to: '5550100' }, ['10016', '/to']],
  [`${call}/transfer`, { to: 'sip:' }, ['10016', '/to']],
  [`${call}/transfer`, { to: '+15550100,12x' }, ['10016', '/to']],
  [`${call}/transfer`, { to: 'sip:a@b;secure=srtp' }, ['10015', '/to']],
  [`${call}/transfer`, { to: 5 }, ['10026', '/to']],
  [`${call}/transfer`, { to: '+15550100', early_media: 'no' }, ['10026', '/early_media']],
  [
    `${call}/transfer`,
    { to: '+15550100', target_leg_client_state: '?' },
    ['90017', '/target_leg_client_state'],
  ],
  [
    `${call}/transfer`,
    { to: '+15550100', media_encryption: 'SRTP' },
    ['10011', '/media_encryption'],
  ],
  [
    `${call}/transfer`,
    { to: 'sip:a@127.0.0.1', media_encryption: 'SRTP' },
    ['10015', '/media_encryption'],
  ],

  ['/v2/calls', {}, ['10004', '/connection_id'], ['10004', '/to'], ['10004', '/from']],
  ['/v2/calls', { ...dialed, to: [] }, ['10015', '/to']],
  ['/v2/calls', { ...dialed, to: Array(21).fill('+15550100') }, ['10015', '/to']],
  [
    '/v2/calls',
    { ...dialed, to: ['+15550100', '5550100', 'sips:a@b', 7] },
    ['10016', '/to/1'],
    ['10015', '/to/2'],
    ['10026', '/to/3'],
  ],
  ['/v2/calls', { ...dialed, to: ['+15550100', ['+15550100']] }, ['10015', '/to/1']],
  ['/v2/calls', { ...dialed, to: 'sips:a@b.example' }, ['10015', '/to']],
  ['/v2/calls', { ...dialed, to: 'sip:a@b.example:5061;transport=TLS' }, ['10015', '/to']],
  [`${call}/transfer`, { to: 'SIPS:a@b.example' }, ['10015', '/to']],
  ['/v2/calls', { ...dialed, to: {} }, ['10026', '/to']],
  ['/v2/calls', { ...dialed, from: '5550100' }, ['10016', '/from']],
  ['/v2/calls', { ...dialed, timeout_secs: 4 }, ['90028', '/timeout_secs']],
  ['/v2/calls', { ...dialed, timeout_secs: '30' }, ['90028', '/timeout_secs']],
  ['/v2/calls', { ...dialed, time_limit_secs: 14_401 }, ['90029', '/time_limit_secs']],
  ['/v2/calls', { ...dialed, from_display_name: 'a<b' }, ['10015', '/from_display_name']],
  ['/v2/calls', { ...dialed, from_display_name: 'a'.repeat(129) }, ['10025', '/from_display_name']],
  ['/v2/calls', { ...dialed, sip_transport_protocol: 'udp' }, ['10032', '/sip_transport_protocol']],
  ['/v2/calls', { ...dialed, sip_region: 'Mars' }, ['10032', '/sip_region']],
  ['/v2/calls', { ...dialed, privacy: 'all' }, ['10032', '/privacy']],
  ['/v2/calls', { ...dialed, send_digits_on_answer: '12x' }, ['10015', '/send_digits_on_answer']],
  ['/v2/calls', { ...dialed, bridge_on_answer: true }, ['10004', '/link_to']],
  ['/v2/calls', { ...dialed, bridge_intent: true }, ['10004', '/link_to']],
  ['/v2/calls', { ...dialed, park_after_unbridge: 'self' }, ['10004', '/link_to']],
  ['/v2/calls', { ...dialed, conference_config: {} }, ['10004', '/conference_config/id']],
  [
    '/v2/calls',
    { ...dialed, conference_config: { id: 'a', conference_name: 'b' } },
    ['10015', '/conference_config/conference_name'],
  ],
  [
    '/v2/calls',
    { ...dialed, conference_config: { id: 'a' }, supervise_call_control_id: 'x' },
    ['10015', '/supervise_call_control_id'],
  ],
  [
    '/v2/calls',
    { ...dialed, supervise_call_control_id: 'x', supervisor_role: 'none' },
    ['10032', '/supervisor_role'],
  ],
  ['/v2/conferences/a/actions/play', {}, ['10004', '/audio_url']],
  ['/v2/conferences/a/actions/speak', { voice: 'female' }, ['10004', '/payload']],
  ['/v2/conferences/a/actions/update', { call_control_id: 'v3:a' }, ['10004', '/supervisor_role']],
  ['/v2/conferences/a/actions/send_dtmf', { digits: '1x' }, ['90014', '/digits']],
  [
    '/v2/conferences/a/actions/send_dtmf',
    { digits: '1', duration_millis: 99 },
    ['90027', '/duration_millis'],
  ],
  [
    '/v2/conferences/a/actions/gather_using_audio',
    { call_control_id: 'v3:a', audio_url: 'http://127.0.0.1/a.wav', stop_playback_on_dtmf: false },
    ['10015', '/stop_playback_on_dtmf'],
  ],
  [
    '/v2/calls',
    { ...dialed, answering_machine_detection: 'premium' },
    ['10015', '/answering_machine_detection'],
  ],
  ['/v2/calls', { ...dialed, audio_url: 'x' }, ['10015', '/audio_url']],
  [
    '/v2/calls',
    { ...dialed, audio_url: 'http://127.0.0.1/a.wav', media_name: 'b' },
    ['10015', '/media_name'],
  ],

  [`${call}/playback_start`, {}, ['10004', '/audio_url']],
  [`${call}/playback_start`, { audio_url: 'file:///etc/passwd' }, ['10015', '/audio_url']],
  [`${call}/playback_start`, { media_name: 'a' }, ['10005', '/media_name']],
  [
    `${call}/playback_start`,
    { audio_url: 'http://127.0.0.1/a', playback_content: 'aGk=' },
    ['10015', '/playback_content'],
  ],
  [`${call}/playback_start`, { playback_content: '*' }, ['10015', '/playback_content']],
  [`${call}/playback_start`, { playback_content: 'aGk=', loop: 0 }, ['90009', '/loop']],
  [`${call}/playback_start`, { playback_content: 'aGk=', loop: 'forever' }, ['90009', '/loop']],
  [`${call}/playback_start`, { playback_content: 'aGk=', loop: [] }, ['90009', '/loop']],
  [`${call}/playback_start`, { playback_content: 'aGk=', stop: 'both' }, ['90016', '/stop']],
  [
    `${call}/playback_start`,
    { playback_content: 'aGk=', overlay: true, target_legs: 'both' },
    ['10015', '/overlay'],
  ],
  [
    `${call}/playback_start`,
    { playback_content: 'aGk=', target_legs: 'x' },
    ['10032', '/target_legs'],
  ],
  [
    `${call}/playback_start`,
    { playback_content: 'aGk=', audio_type: 'ogg' },
    ['10032', '/audio_type'],
  ],
  [`${call}/playback_stop`, { stop: 'overlay' }, ['90016', '/stop']],
  [`${call}/client_state_update`, {}, ['10004', '/client_state']],
  [`${call}/client_state_update`, { client_state: 'a=b' }, ['90017', '/client_state']],

  ['/v2/conferences', {}, ['10004', '/call_control_id'], ['10004', '/name']],
  [
    '/v2/conferences',
    { call_control_id: 'a', name: 'b', max_participants: 801 },
    ['10033', '/max_participants'],
  ],
  [
    '/v2/conferences',
    { call_control_id: 'a', name: 'b', beep_enabled: 'loud' },
    ['10032', '/beep_enabled'],
  ],
  [
    '/v2/conferences',
    { call_control_id: 'a', name: 'b', duration_minutes: 0 },
    ['10033', '/duration_minutes'],
  ],
  [
    '/v2/conferences',
    { call_control_id: 'a', name: 'b', hold_audio_url: 'http://127.0.0.1/a' },
    ['10015', '/hold_audio_url'],
  ],
  [
    '/v2/conferences',
    { call_control_id: 'a', name: 'b', hold_audio_url: 'http://a/', hold_media_name: 'c' },
    ['10015', '/hold_media_name'],
  ],
  [`${conference}/join`, {}, ['10004', '/call_control_id']],
  [
    `${conference}/join`,
    { call_control_id: 'a', supervisor_role: 'listen' },
    ['10032', '/supervisor_role'],
  ],
  [`${conference}/leave`, {}, ['10004', '/call_control_id']],
  [`${conference}/unhold`, {}, ['10004', '/call_control_ids']],
  [`${conference}/mute`, { call_control_ids: 'all' }, ['10026', '/call_control_ids']],
  [`${conference}/unmute`, { call_control_ids: [7] }, ['10026', '/call_control_ids/0']],
  [`${conference}/hold`, { audio_url: 'x' }, ['10015', '/audio_url']],
]

test('bad parameters have the right code and place', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  for (const [url, body, ...errors] of refused) {
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload: body })
    const found = answer
      .json()
      .errors?.map((error: { code: string; source?: { pointer: string } }) => [
        error.code,
        error.source?.pointer,
      ])
    assert.deepEqual(found, errors, `${url} ${JSON.stringify(body).slice(0, 200)}: ${answer.body}`)
    assert.equal(answer.statusCode, errors[0]?.[0] === '10005' ? 404 : 422)
  }
  assert.deepEqual(submitted, [])
})

const texts: readonly (readonly [url: string, body: Body, detail: string])[] = [
  ['/v2/queues', {}, "The 'queue_name' parameter is required and cannot be blank."],
  ['/v2/queues', { queue_name: '..' }, "The 'queue_name' parameter must not be . or ..."],
  [
    '/v2/queues',
    { queue_name: 'x'.repeat(300) },
    "The string length of 'queue_name' must be between 1 and 255 characters long, but was 300.",
  ],
  [
    '/v2/queues',
    { queue_name: 'a', max_size: '600' },
    'The parameter must be of type integer, but received type string',
  ],
  [
    '/v2/queues',
    { queue_name: 'a', max_size: 0 },
    'The value is outside of allowed range 1 to 100000',
  ],
  [`${call}/reject`, { cause: 'x' }, 'The value must be one of: CALL_REJECTED, USER_BUSY.'],
  [`${call}/transfer`, { to: '12' }, "The 'to' parameter must be in E164 format."],
  [
    `${call}/hangup`,
    { client_state: '%' },
    "The 'client_state' parameter must be a valid base64 string.",
  ],
  [
    `${call}/bridge`,
    { queue: 'a', mute_dtmf: 'x' },
    'The value must be one of: both, none, opposite, self.',
  ],
]

test('details read as published', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  for (const [url, body, detail] of texts) {
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload: body })
    assert.equal(answer.json().errors[0].detail, detail)
  }
})

test('base64 is taken with or without padding, and empty text clears', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  for (const client_state of ['', 'aGk=', 'aGk', 'YQ', 'YQ==', 'a'.repeat(65_536)]) {
    const payload = { client_state }
    await api.inject({ method: 'POST', url: `${call}/hangup`, headers: withKey, payload })
    assert.equal(submitted.at(-1)?.clientState, client_state)
  }
  assert.equal(submitted.length, 6)
})

test('numbers, SIP URIs and SIP users that are good', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  const good = ['+15550100', 'sip:alice@localhost', 'sip:a@b.example:5061;transport=tcp', 'sip:h']
  for (const to of good) {
    const payload = { ...dialed, to, from: 'alice' }
    const answer = await api.inject({ method: 'POST', url: '/v2/calls', headers: withKey, payload })
    assert.equal(answer.statusCode, 200, answer.body)
  }
  const dialedTo = submitted.map(({ command }) => command.kind === 'dial' && command.dial.to)
  assert.deepEqual(dialedTo, good)
})
