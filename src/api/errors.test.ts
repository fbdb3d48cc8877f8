// Every entry of the catalogue is provoked by a request, and every refusal of the call logic has its answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../base/ids.ts'
import type { ApplicationId, LegUuid, QueueName, SessionId } from '../base/ids.ts'
import type { Refusal } from '../ports/commands.ts'
import { catalogue } from './errors.ts'
import type { ErrorName } from './errors.ts'
import { createRecordingLinks } from './recordings/links.ts'
import { adminCookie, readCookie } from './sessions/testing.ts'
import { callView, legId, nowMs, recordingView, testApi, withKey } from './testing.ts'
import type { TestWorld } from './testing.ts'

interface Occasion {
  readonly url?: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: string | Buffer | object
  readonly world?: TestWorld
  readonly refusal?: Refusal
  /** Parts of the error beyond the catalogue's. */
  readonly error?: object
  readonly retryAfter?: string
}

const call = `/v2/calls/${legId}/actions`
const queueName = brandAs<QueueName>('support')
const good = { connection_id: '1000000001', to: '+15550100', from: '+15550199' }
const at = (pointer: string) => ({ source: { pointer } })

const caller = {
  legId,
  legUuid: brandAs<LegUuid>('2dc6fc34-f9e0-11ef-b68e-02420a0f7768'),
  sessionId: brandAs<SessionId>('2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768'),
  applicationId: brandAs<ApplicationId>('1000000001'),
  from: '+35319605860',
  to: '+13129457420',
  clientState: null,
  queueName,
  waitSecs: 17,
}

const recordStart = (payload: object, pointer: string): Occasion => ({
  method: 'POST',
  url: `${call}/record_start`,
  payload,
  error: at(pointer),
})

const newNumber = {
  method: 'POST',
  url: '/v2/phone_numbers',
  payload: { phone_number: '+15550100' },
} as const

/** The last field of the body is the one at fault. */
function digitFault(action: string, payload: Readonly<Record<string, unknown>>): Occasion {
  return {
    ...{ method: 'POST', url: `${call}/${action}`, payload },
    error: at(`/${Object.keys(payload).at(-1)}`),
  }
}

const occasions: Readonly<Record<ErrorName, Occasion>> = {
  'malformed-request': { method: 'POST', url: '/v2/queues', payload: '[]' },
  'invalid-json': { method: 'POST', url: '/v2/queues', payload: '{' },
  'bad-encoding': {
    method: 'POST',
    url: '/v2/queues',
    payload: Buffer.from([0xff]),
    error: { detail: 'Error decoding request body at position 0' },
  },
  'authentication-failed': { url: '/v2/queues', headers: {} },
  'not-found': { url: '/v2/calls/unknown' },
  'audio-not-found': {
    method: 'POST',
    url: `${call}/playback_start`,
    payload: { media_name: 'a' },
    error: { detail: 'No uploaded media has that name.', ...at('/media_name') },
  },
  'media-full': {
    method: 'POST',
    url: '/v2/media',
    payload: { media_url: 'http://198.51.100.1/a.wav', media_name: 'd' },
    world: { media: ['a', 'b', 'c'] },
    error: { detail: 'The server keeps at most 3 media files.' },
  },
  'method-not-allowed': { method: 'DELETE', url: '/v2/queues' },
  'events-gone': { url: '/v2/events?after=gone', error: { source: { parameter: 'after' } } },
  'body-too-large': { method: 'POST', url: '/v2/queues', payload: 'a'.repeat(1_048_577) },
  'path-too-long': { url: `/v2/queues?${'a'.repeat(8192)}` },
  'not-json': {
    method: 'POST',
    url: '/v2/queues',
    headers: { ...withKey, 'content-type': 'text/xml' },
    payload: '<a/>',
  },
  'rate-limited': { url: '/v2/queues', world: { rateLimit: 1 }, retryAfter: '1' },
  internal: {
    method: 'POST',
    url: `${call}/hangup`,
    world: {
      answer: () => {
        throw new Error('a fault of ours')
      },
    },
  },
  'parameter-missing': {
    method: 'POST',
    url: `${call}/reject`,
    error: { detail: "The 'cause' parameter is required and cannot be blank.", ...at('/cause') },
  },
  'parameter-refused': {
    method: 'POST',
    url: `${call}/bridge`,
    payload: { video_room_id: 'a' },
    error: {
      detail: "The 'video_room_id' parameter asks for a feature that this server does not have.",
      ...at('/video_room_id'),
    },
  },
  'number-malformed': {
    method: 'POST',
    url: `${call}/transfer`,
    payload: { to: 'x' },
    error: { detail: "The 'to' parameter must be in E164 format.", ...at('/to') },
  },
  'media-encryption': {
    method: 'POST',
    url: `${call}/transfer`,
    payload: { to: '+15550100', media_encryption: 'DTLS' },
    error: {
      detail: 'DTLS media encryption is not supported for PSTN calls.',
      ...at('/media_encryption'),
    },
  },
  'string-length': {
    method: 'POST',
    url: '/v2/queues',
    payload: { queue_name: 'a'.repeat(256) },
    error: {
      detail:
        "The string length of 'queue_name' must be between 1 and 255 characters long, but was 256.",
      ...at('/queue_name'),
    },
  },
  'parameter-type': {
    url: '/v2/queues?page[size]=many',
    error: {
      detail: 'The parameter must be of type integer, but received type string',
      source: { parameter: 'page[size]' },
    },
  },
  'not-enumerated': {
    url: '/v2/conferences?filter[status]=x',
    error: {
      detail: 'The value must be one of: completed, in_progress, init.',
      source: { parameter: 'filter[status]' },
    },
  },
  'out-of-range': {
    url: '/v2/queues?page%5Bsize%5D=251',
    error: {
      detail: 'The value is outside of allowed range 1 to 250',
      source: { parameter: 'page[size]' },
    },
  },
  'feature-off': {
    method: 'POST',
    url: `${call}/gather_using_ai`,
    error: { detail: "The 'gather_using_ai' action is not enabled on this server." },
  },
  'loop-invalid': {
    method: 'POST',
    url: `${call}/playback_start`,
    payload: { playback_content: 'aGk=', loop: 101 },
    error: at('/loop'),
  },
  'stop-invalid': {
    method: 'POST',
    url: `${call}/playback_stop`,
    payload: { stop: 'x' },
    error: at('/stop'),
  },
  'payload-invalid': {
    method: 'POST',
    url: `${call}/speak`,
    payload: { payload: '<speak>', payload_type: 'ssml', voice: 'female' },
    error: { detail: "The 'payload' parameter is not closed.", ...at('/payload') },
  },
  'payload-type-invalid': {
    method: 'POST',
    url: `${call}/speak`,
    payload: { payload: 'a', payload_type: 'html', voice: 'female' },
    error: at('/payload_type'),
  },
  'voice-invalid': {
    method: 'POST',
    url: `${call}/speak`,
    payload: { payload: 'a', voice: 'nobody' },
    error: { detail: "The 'voice' parameter is unknown.", ...at('/voice') },
  },
  'language-invalid': {
    method: 'POST',
    url: `${call}/speak`,
    payload: { payload: 'a', voice: 'male', language: 'tr-TR' },
    error: { detail: "The 'language' parameter needs espeak-ng.", ...at('/language') },
  },
  'service-level-invalid': {
    method: 'POST',
    url: `${call}/speak`,
    payload: { payload: 'a', voice: 'male', service_level: 'x' },
    error: at('/service_level'),
  },
  'client-state-invalid': {
    method: 'POST',
    url: `${call}/hangup`,
    payload: { client_state: '-' },
    error: at('/client_state'),
  },
  'timeout-secs-invalid': {
    method: 'POST',
    url: '/v2/calls',
    payload: { ...good, timeout_secs: 601 },
    error: at('/timeout_secs'),
  },
  'time-limit-secs-invalid': {
    method: 'POST',
    url: '/v2/calls',
    payload: { ...good, time_limit_secs: 29 },
    error: at('/time_limit_secs'),
  },
  'webhook-urls-invalid': {
    method: 'POST',
    url: `${call}/answer`,
    payload: { webhook_urls: { 'call.bridge': 'http://127.0.0.1/' } },
    error: at('/webhook_urls'),
  },
  'leg-unknown': { refusal: { code: 'leg-unknown' }, error: at('/call_control_id') },
  'leg-ended': { refusal: { code: 'leg-ended' } },
  'other-leg-unknown': { refusal: { code: 'other-leg-unknown' }, error: at('/call_control_id') },
  'other-leg-ended': { refusal: { code: 'other-leg-ended' }, error: at('/call_control_id') },
  'other-leg-not-answered': {
    refusal: { code: 'other-leg-not-answered' },
    error: at('/call_control_id'),
  },
  'format-invalid': recordStart({ format: 'ogg', channels: 'dual' }, '/format'),
  'channels-invalid': recordStart({ format: 'wav', channels: 'three' }, '/channels'),
  'recording-track-invalid': recordStart(
    { format: 'wav', channels: 'dual', recording_track: 'left' },
    '/recording_track',
  ),
  'record-timeout-invalid': recordStart(
    { format: 'wav', channels: 'dual', timeout_secs: -1 },
    '/timeout_secs',
  ),
  'no-audio-yet': { refusal: { code: 'no-audio-yet' } },
  'recording-unknown': { refusal: { code: 'recording-unknown' }, error: at('/recording_id') },
  'recordings-max': {
    refusal: { code: 'recordings-max', most: 4 },
    error: { detail: 'At most 4 recordings can run at the same time.' },
  },
  'already-streaming': { refusal: { code: 'already-streaming' } },
  'not-streaming': { refusal: { code: 'not-streaming' } },
  'already-forking': { refusal: { code: 'already-forking' } },
  'not-forking': { refusal: { code: 'not-forking' } },
  'link-expired': { url: '/recordings/a.wav?expires=1&signature=x' },
  'range-unsatisfiable': {
    url: createRecordingLinks(new Uint8Array(32)).pathOf(recordingView.fileName, nowMs),
    headers: { range: 'bytes=10-' },
  },
  'not-answered': { refusal: { code: 'not-answered' } },
  'wrong-direction': { refusal: { code: 'wrong-direction', command: 'answer' } },
  'bridge-with-self': { refusal: { code: 'bridge-with-self' }, error: at('/call_control_id') },
  'already-bridged': { refusal: { code: 'already-bridged' }, error: at('/call_control_id') },
  'kept-caller-gone': {
    refusal: { code: 'kept-caller-gone', caller },
    error: {
      meta: {
        call_control_id: legId,
        call_leg_id: caller.legUuid,
        call_session_id: caller.sessionId,
        connection_id: '1000000001',
        from: '+35319605860',
        to: '+13129457420',
        client_state: null,
        queue: 'support',
        wait_time_secs: 17,
      },
    },
  },
  'application-unknown': { refusal: { code: 'application-unknown' }, error: at('/connection_id') },
  'supervised-unknown': {
    refusal: { code: 'supervised-unknown' },
    error: at('/supervise_call_control_id'),
  },
  'supervised-ended': {
    refusal: { code: 'supervised-ended' },
    error: at('/supervise_call_control_id'),
  },
  'supervised-not-bridged': {
    refusal: { code: 'supervised-not-bridged' },
    error: at('/supervise_call_control_id'),
  },
  'not-supervising': { refusal: { code: 'not-supervising' } },
  'link-unknown': { refusal: { code: 'link-unknown' }, error: at('/link_to') },
  'link-ended': { refusal: { code: 'link-ended' }, error: at('/link_to') },
  'channel-limit': {
    refusal: { code: 'channel-limit', limit: 3 },
    error: {
      detail: "The connection's limit of 3 simultaneous calls has been reached.",
      ...at('/connection_id'),
    },
  },
  'outbound-concurrent-limit': {
    refusal: { code: 'outbound-concurrent-limit', of: 'server', limit: 3 },
    error: {
      detail: "The server's limit of 3 simultaneous calls over trunks has been reached.",
    },
  },
  'outbound-rate-limit': {
    refusal: { code: 'outbound-rate-limit', of: 'key', limit: 9, retryAfterSecs: 7 },
    error: { detail: "Your API key's limit of 9 calls per minute over trunks has been reached." },
    retryAfter: '7',
  },
  'audio-refused': {
    method: 'POST',
    url: `${call}/playback_start`,
    payload: { audio_url: 'http://192.168.0.1/a.wav' },
    world: { forbiddenUrl: 'http://192.168.0.1/a.wav' },
  },
  'audio-queue-full': { refusal: { code: 'audio-queue-full', tracksMax: 100 } },
  'no-overlay-base': { refusal: { code: 'no-overlay-base' }, error: at('/overlay') },
  unavailable: {
    refusal: { code: 'unavailable', why: 'draining', retryAfterSecs: 5 },
    retryAfter: '5',
  },
  'destination-malformed': {
    refusal: { code: 'destination-refused', why: 'malformed' },
    error: at('/to'),
  },
  'destination-forbidden': {
    refusal: { code: 'destination-refused', why: 'forbidden-host' },
    url: `${call}/refer`,
    payload: { sip_address: 'sip:a@b' },
    error: at('/sip_address'),
  },
  'destination-prefix-forbidden': {
    refusal: { code: 'destination-refused', why: 'forbidden-prefix' },
    error: at('/to'),
  },
  'destination-key-prefix-forbidden': {
    refusal: { code: 'destination-refused', why: 'forbidden-key-prefix' },
    error: at('/to'),
  },
  'destination-without-trunk': {
    refusal: { code: 'destination-refused', why: 'no-trunk' },
    error: at('/to'),
  },
  'destination-unknown-user': {
    refusal: { code: 'destination-refused', why: 'unknown-user' },
    error: at('/to'),
  },
  'terminating-digit-invalid': digitFault('gather', { terminating_digit: 'x' }),
  'valid-digits-invalid': digitFault('gather', { valid_digits: '12x' }),
  'digits-invalid': digitFault('send_dtmf', { digits: '12!' }),
  'minimum-digits-invalid': digitFault('gather', { minimum_digits: 0 }),
  'maximum-digits-invalid': digitFault('gather', { maximum_digits: 129 }),
  'maximum-tries-invalid': digitFault('gather_using_audio', { maximum_tries: 129 }),
  'timeout-millis-invalid': digitFault('gather', { timeout_millis: 0 }),
  'inter-digit-timeout-invalid': digitFault('gather', { inter_digit_timeout_millis: 120_001 }),
  'duration-millis-invalid': digitFault('send_dtmf', { digits: '1', duration_millis: 99 }),
  'initial-timeout-invalid': digitFault('gather', { initial_timeout_millis: 0 }),
  'not-queued': {
    refusal: { code: 'not-queued', legId },
    error: { detail: `Call ${legId} isn't in a queue.` },
  },
  'queue-full': {
    refusal: { code: 'queue-full', queueName },
    error: { detail: "The 'support' queue is full and can't accept more calls." },
  },
  'queue-size-fixed': { refusal: { code: 'queue-size-fixed' } },
  'already-queued': { refusal: { code: 'already-queued' } },
  'queue-empty': {
    refusal: { code: 'queue-empty', queueName },
    error: {
      detail: "The 'support' queue has no calls to bridge with.",
      meta: { reason: 'queue_empty' },
      ...at('/queue'),
    },
  },
  'queue-and-leg': { refusal: { code: 'queue-and-leg' }, error: at('/queue') },
  'queue-unknown': { url: '/v2/queues/nowhere' },
  'queue-exists': { refusal: { code: 'queue-exists' }, error: at('/queue_name') },
  'queue-not-empty': { refusal: { code: 'queue-not-empty' } },
  'queued-call-unknown': { url: `/v2/queues/support/calls/${legId}` },
  'conference-unknown': { url: '/v2/conferences/nowhere' },
  'conference-ended': { refusal: { code: 'conference-ended' } },
  'conference-full': {
    refusal: { code: 'conference-full', participantsMax: 100 },
    error: { detail: 'The maximum allowed value of `max_participants` has been reached at 100.' },
  },
  'conference-name-taken': { refusal: { code: 'conference-name-taken' } },
  'already-participant': { refusal: { code: 'already-participant' } },
  'not-participant': { refusal: { code: 'not-participant' }, error: at('/call_control_id') },
  'participant-unknown': { refusal: { code: 'participant-unknown' } },
  'defined-in-file': { method: 'DELETE', url: '/v2/call_control_applications/1000000001' },
  'already-taken': { ...newNumber, world: { setupRefusal: 'taken' }, error: at('/phone_number') },
  'connection-unknown': {
    method: 'POST',
    url: '/v2/telephony_credentials',
    payload: { connection_id: '1' },
    world: { setupRefusal: 'connection-unknown' },
    error: at('/connection_id'),
  },
  'filter-invalid': {
    url: '/v2/call_events?filter[occurred_at][gt]=2025-03-04&filter[occurred_at][lt]=2025-03-05',
    error: {
      detail: 'The request filter filter[occurred_at] may have one comparison only.',
      source: { parameter: 'filter[occurred_at][lt]' },
    },
  },
  'delivery-unfinished': {
    method: 'POST',
    url: '/v2/webhook_deliveries/unfinished/actions/redeliver',
  },
  'read-only': {
    method: 'POST',
    url: '/v2/queues',
    headers: { cookie: readCookie(), 'x-holdfast-console': '1' },
  },
  'console-header-missing': {
    method: 'POST',
    url: '/v2/queues',
    headers: { cookie: readCookie() },
  },
  'listening-off': { url: `/v2/calls/${legId}/listen`, world: { calls: [callView] } },
  'foreign-origin': {
    url: `/v2/calls/${legId}/listen`,
    headers: { cookie: adminCookie(), upgrade: 'websocket', origin: 'http://evil.example' },
    world: { calls: [callView], mayListen: true },
  },
  'upgrade-required': {
    url: `/v2/calls/${legId}/listen`,
    world: { calls: [callView], mayListen: true },
  },
  'setup-full': { ...newNumber, world: { setupRefusal: 'full' } },
}

for (const [name, occasion] of Object.entries(occasions)) {
  test(`answer: ${name}`, async (t) => {
    const world: TestWorld = { ...occasion.world }
    if (occasion.refusal !== undefined) world.answer = { ok: false, refusal: occasion.refusal }
    const { api, logged } = testApi(world)
    t.after(() => api.close())
    const ask = () =>
      api.inject({
        method: occasion.method ?? (occasion.refusal === undefined ? 'GET' : 'POST'),
        url: occasion.url ?? `${call}/hangup`,
        headers: occasion.headers ?? withKey,
        ...(occasion.payload === undefined ? {} : { payload: occasion.payload }),
      })
    let answer = await ask()
    if (name === 'rate-limited') answer = await ask()
    const { status, code, title, detail } = catalogue[name as ErrorName]
    assert.equal(answer.statusCode, status, answer.body)
    const [error] = answer.json().errors
    if (name === 'webhook-urls-invalid') delete error.detail // Lists all event types.
    const expected = { code, title, ...(name === 'webhook-urls-invalid' ? {} : { detail }) }
    assert.deepEqual(error, { ...expected, ...occasion.error })
    assert.equal(answer.headers['retry-after'], occasion.retryAfter)
    assert.equal(logged.length, name === 'internal' ? 1 : 0)
  })
}

test('reject on the wrong call is named so', async (t) => {
  const { api } = testApi({
    answer: { ok: false, refusal: { code: 'wrong-direction', command: 'reject' } },
  })
  t.after(() => api.close())
  const payload = { cause: 'USER_BUSY' }
  const answer = await api.inject({
    method: 'POST',
    url: `${call}/reject`,
    headers: withKey,
    payload,
  })
  assert.match(
    answer.json().errors[0].detail,
    /^Call reject command can only be issued for inbound/,
  )
})

test('known operations without implementation answer 20015, and say what to do', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const paths = [
    ...['gather_using_ai', 'ai_assistant_start', 'pay'].map(
      (action) => ['POST', `${call}/${action}`] as const,
    ),
    ...['dial_participant'].map(
      (action) => ['POST', `/v2/conferences/a/actions/${action}`] as const,
    ),
    ['POST', '/v2/number_orders'] as const,
    ['POST', '/v2/telephony_credentials/a/token'] as const,
    ['GET', '/v2/outbound_voice_profiles'] as const,
    ['PATCH', '/v2/outbound_voice_profiles/1'] as const,
  ]
  for (const [method, url] of paths) {
    const answer = await api.inject({ method, url, headers: withKey })
    assert.deepEqual([answer.statusCode, answer.json().errors[0].code], [422, '20015'], url)
    const wanted = url.includes('/actions/') ? /'[a-z_]+' action/ : / here\.|on this server\./
    assert.match(answer.json().errors[0].detail, wanted)
  }
})
