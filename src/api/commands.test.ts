// What good requests become: the command that the call logic gets, and the answer that the client gets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legId, nowMs, queueRecord, testApi, withKey } from './testing.ts'

const call = `/v2/calls/${legId}/actions`
const conference = '/v2/conferences/support-42/actions'
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const fresh = { legId: `v3:${'x'.repeat(54)}` }

const dialDefaults = {
  to: '+15550100',
  from: '+15550199',
  fromDisplayName: undefined,
  timeoutMs: 30_000,
  timeLimitMs: 14_400_000,
  customHeaders: [],
  sipHeaders: [],
  credentials: undefined,
  transport: undefined,
  privacy: false,
  codecs: undefined,
  audio: undefined,
  sendDigits: undefined,
  webhooks: undefined,
}

interface Case {
  readonly name: string
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: Readonly<Record<string, unknown>>
  /** The command; request ids are made in order, the first is 2 (1 is the request's own). */
  readonly command: object
  readonly status?: number
}

const cases: readonly Case[] = [
  {
    name: 'enqueue with defaults',
    url: `${call}/enqueue`,
    body: { queue_name: 'support' },
    command: {
      kind: 'enqueue',
      legId,
      queueName: 'support',
      newQueueId: uuid(2),
      maxWaitMs: undefined,
      maxSize: undefined,
      keepAfterHangup: false,
    },
  },
  {
    name: 'enqueue with everything',
    url: `${call}/enqueue`,
    body: {
      queue_name: 'ä/ +',
      max_wait_time_secs: 2,
      max_size: 1,
      keep_after_hangup: true,
      client_state: 'aGk=',
      command_id: 'c1',
    },
    command: {
      kind: 'enqueue',
      legId,
      queueName: 'ä/ +',
      newQueueId: uuid(2),
      maxWaitMs: 2000,
      maxSize: 1,
      keepAfterHangup: true,
    },
  },
  { name: 'leave queue', url: `${call}/leave_queue`, command: { kind: 'leave-queue', legId } },
  {
    name: 'answer',
    url: `${call}/answer`,
    body: {
      custom_headers: [{ name: 'X-A', value: 'b' }],
      sip_headers: [{ name: 'User-to-User', value: 'c' }],
      preferred_codecs: 'PCMU, pcma',
      billing_group_id: 'ignored',
      sound_modifications: { pitch: 1 },
      transcription: false,
      webhook_url: 'http://127.0.0.1/a?b=c',
      webhook_urls: { 'call.hangup': 'https://127.0.0.1/h' },
      webhook_urls_method: 'GET',
      webhook_retries_policies: { 'call.hangup': { retries_ms: [100, 200] } },
    },
    command: {
      kind: 'answer',
      legId,
      customHeaders: [{ name: 'X-A', value: 'b' }],
      sipHeaders: [{ name: 'User-to-User', value: 'c' }],
      codecs: ['PCMU', 'PCMA'],
      webhooks: {
        url: 'http://127.0.0.1/a?b=c',
        method: 'POST',
        urlByEvent: { 'call.hangup': 'https://127.0.0.1/h' },
        methodByEvent: 'GET',
        retriesMsByEvent: { 'call.hangup': [100, 200] },
      },
    },
  },
  {
    name: 'reject',
    url: `${call}/reject`,
    body: { cause: 'USER_BUSY' },
    command: { kind: 'reject', legId, cause: 'USER_BUSY' },
  },
  {
    name: 'hangup',
    url: `${call}/hangup`,
    command: { kind: 'hangup', legId, customHeaders: [] },
  },
  {
    name: 'bridge by queue',
    url: `${call}/bridge`,
    body: { queue: 'support', park_after_unbridge: 'self' },
    command: {
      kind: 'bridge',
      legId,
      target: { kind: 'queue', queueName: 'support', legIdToo: undefined },
      playRingtone: false,
      ringtone: 'us',
      muteDtmf: 'none',
      preventDoubleBridge: false,
      parkAfterUnbridge: true,
      holdAfterUnbridge: false,
    },
  },
  {
    name: 'bridge by queue and call id',
    url: `${call}/bridge`,
    body: { queue: 'support', call_control_id: 'v3:other', hold_after_unbridge: true },
    command: {
      kind: 'bridge',
      legId,
      target: { kind: 'queue', queueName: 'support', legIdToo: 'v3:other' },
      playRingtone: false,
      ringtone: 'us',
      muteDtmf: 'none',
      preventDoubleBridge: false,
      parkAfterUnbridge: false,
      holdAfterUnbridge: true,
    },
  },
  {
    name: 'bridge by call id',
    url: `${call}/bridge`,
    body: {
      call_control_id: 'v3:other',
      play_ringtone: true,
      ringtone: 'de',
      mute_dtmf: 'opposite',
      prevent_double_bridge: true,
    },
    command: {
      kind: 'bridge',
      legId,
      target: { kind: 'leg', legId: 'v3:other' },
      playRingtone: true,
      ringtone: 'de',
      muteDtmf: 'opposite',
      preventDoubleBridge: true,
      parkAfterUnbridge: false,
      holdAfterUnbridge: false,
    },
  },
  {
    name: 'transfer',
    url: `${call}/transfer`,
    body: {
      to: 'sip:alice@localhost',
      timeout_secs: 5,
      time_limit_secs: 60,
      early_media: false,
      park_after_unbridge: 'self',
      target_leg_client_state: 'YQ==',
      audio_url: 'http://127.0.0.1/a.wav',
      sip_auth_username: 'u',
      sip_auth_password: 'p',
      sip_transport_protocol: 'TCP',
      privacy: 'id',
      from_display_name: 'Ann',
      route_to_mobile: true,
    },
    command: {
      kind: 'transfer',
      legId,
      fresh: { ...fresh, legUuid: uuid(2), sessionId: uuid(3) },
      dial: {
        ...dialDefaults,
        to: 'sip:alice@localhost',
        from: undefined,
        fromDisplayName: 'Ann',
        timeoutMs: 5000,
        timeLimitMs: 60_000,
        credentials: { username: 'u', password: 'p' },
        transport: 'TCP',
        privacy: true,
        audio: { kind: 'url', url: 'http://127.0.0.1/a.wav', cache: true },
      },
      earlyMedia: false,
      parkAfterUnbridge: true,
      muteDtmf: 'none',
      targetClientState: 'YQ==',
    },
  },
  {
    name: 'refer',
    url: `${call}/refer`,
    body: { sip_address: 'sip:b@example.org' },
    command: {
      kind: 'refer',
      legId,
      target: 'sip:b@example.org',
      customHeaders: [],
      sipHeaders: [],
      credentials: undefined,
    },
  },
  {
    name: 'dial with defaults',
    url: '/v2/calls',
    body: { connection_id: '1000000001', to: '+15550100', from: '+15550199' },
    command: {
      kind: 'dial',
      fresh: { ...fresh, legUuid: uuid(2), sessionId: uuid(3) },
      applicationId: '1000000001',
      dial: dialDefaults,
      retryOnTimeout: true,
      linkTo: undefined,
      bridgeIntent: false,
      bridgeOnAnswer: false,
      parkAfterUnbridge: false,
      preventDoubleBridge: false,
      joins: undefined,
      supervise: undefined,
    },
  },
  {
    name: 'dial linked',
    url: '/v2/calls',
    body: {
      connection_id: '1000000001',
      to: '+15550100',
      from: '+15550199',
      link_to: 'v3:a',
      bridge_on_answer: true,
      bridge_intent: true,
      park_after_unbridge: 'self',
      prevent_double_bridge: true,
      retry_on_timeout: false,
    },
    command: {
      kind: 'dial',
      fresh: { ...fresh, legUuid: uuid(2), sessionId: uuid(3) },
      applicationId: '1000000001',
      dial: dialDefaults,
      retryOnTimeout: false,
      linkTo: 'v3:a',
      bridgeIntent: true,
      bridgeOnAnswer: true,
      parkAfterUnbridge: true,
      preventDoubleBridge: true,
      joins: undefined,
      supervise: undefined,
    },
  },
  {
    name: 'dial to supervise',
    url: '/v2/calls',
    body: {
      ...{ connection_id: '1000000001', to: '+15550100', from: '+15550199' },
      ...{ supervise_call_control_id: 'v3:a', supervisor_role: 'whisper' },
    },
    command: {
      kind: 'dial',
      fresh: { ...fresh, legUuid: uuid(2), sessionId: uuid(3) },
      applicationId: '1000000001',
      dial: dialDefaults,
      ...{ retryOnTimeout: true, linkTo: undefined, bridgeIntent: false, bridgeOnAnswer: false },
      ...{ parkAfterUnbridge: false, preventDoubleBridge: false, joins: undefined },
      supervise: { target: 'v3:a', role: 'whisper' },
    },
  },
  {
    name: 'dial into a conference',
    url: '/v2/calls',
    body: {
      ...{ connection_id: '1000000001', to: '+15550100', from: '+15550199' },
      conference_config: {
        ...{ conference_name: 'new room', beep_enabled: 'on_exit', early_media: false },
        ...{ supervisor_role: 'monitor', mute: true, end_conference_on_exit: true },
      },
    },
    command: {
      kind: 'dial',
      applicationId: '1000000001',
      joins: {
        ...{ by: 'name', conference: 'new room', conferenceId: uuid(2), participantId: uuid(3) },
        ...{ earlyMedia: false, startOnCreate: true, participantsMax: 250, beep: 'on_exit' },
        options: {
          ...{ startOnEnter: false, endOnExit: true, softEndOnExit: false, hold: false },
          ...{ holdAudio: undefined, mute: true, role: 'monitor', whisperTo: [], beep: 'on_exit' },
        },
      },
      supervise: undefined,
      fresh: { ...fresh, legUuid: uuid(4), sessionId: uuid(5) },
      dial: dialDefaults,
      ...{ retryOnTimeout: true, linkTo: undefined, bridgeIntent: false, bridgeOnAnswer: false },
      ...{ parkAfterUnbridge: false, preventDoubleBridge: false },
    },
  },
  {
    name: 'switch supervisor role',
    url: `${call}/switch_supervisor_role`,
    body: { role: 'monitor' },
    command: { kind: 'switch-supervisor-role', legId, role: 'monitor' },
  },
  {
    name: 'gather',
    url: `${call}/gather`,
    body: { gather_id: 'menu', maximum_digits: 3, terminating_digit: '', timeout_millis: 9000 },
    command: {
      ...{ kind: 'gather', legId, gatherId: 'menu', playbackId: 'xxxxxxxxxx' },
      rules: {
        ...{ minimumDigits: 1, maximumDigits: 3, timeoutMs: 9000, interDigitMs: 5000 },
        ...{ initialMs: 5000, terminatingDigit: '', validDigits: '0123456789#*', triesMax: 1 },
      },
      ...{ prompt: undefined, invalidPrompt: undefined },
    },
  },
  {
    name: 'gather using audio',
    url: `${call}/gather_using_audio`,
    body: {
      ...{ audio_url: 'http://127.0.0.1/a.mp3', invalid_audio_url: 'http://127.0.0.1/b.mp3' },
      ...{ gather_id: 'menu', minimum_digits: 2, valid_digits: '12' },
    },
    command: {
      ...{ kind: 'gather', legId, gatherId: 'menu', playbackId: 'xxxxxxxxxx' },
      rules: {
        ...{ minimumDigits: 2, maximumDigits: 128, timeoutMs: 60_000, interDigitMs: 5000 },
        ...{ initialMs: 60_000, terminatingDigit: '#', validDigits: '12', triesMax: 3 },
      },
      prompt: { kind: 'url', url: 'http://127.0.0.1/a.mp3', cache: true },
      invalidPrompt: { kind: 'url', url: 'http://127.0.0.1/b.mp3', cache: true },
    },
  },
  {
    name: 'gather stop',
    url: `${call}/gather_stop`,
    body: {},
    command: { kind: 'gather-stop', legId },
  },
  {
    name: 'send DTMF',
    url: `${call}/send_dtmf`,
    body: { digits: '1wW#' },
    command: { kind: 'send-dtmf', legId, digits: '1wW#', durationMs: 250 },
  },
  {
    name: 'playback of a URL',
    url: `${call}/playback_start`,
    body: { audio_url: 'http://127.0.0.1/a.mp3', loop: 'infinity', cache_audio: false },
    command: {
      kind: 'playback-start',
      legId,
      playbackId: uuid(2),
      audio: { kind: 'url', url: 'http://127.0.0.1/a.mp3', cache: false },
      loops: Infinity,
      overlay: false,
      stop: undefined,
      targetLegs: 'self',
    },
  },
  {
    name: 'playback of content',
    url: `${call}/playback_start`,
    body: { playback_content: 'aGk=', loop: '3', stop: 'all', overlay: true },
    command: {
      kind: 'playback-start',
      legId,
      playbackId: uuid(2),
      audio: { kind: 'inline', bytes: Buffer.from('hi') },
      loops: 3,
      overlay: true,
      stop: 'all',
      targetLegs: 'self',
    },
  },
  {
    name: 'speak',
    url: `${call}/speak`,
    body: { payload: 'Hello', voice: 'female' },
    command: {
      kind: 'speak',
      legId,
      playbackId: 'xxxxxxxxxx',
      speech: {
        ...{ kind: 'speech', text: 'Hello', ssml: false, voice: 'female', language: undefined },
      },
      loops: 1,
      stop: undefined,
      targetLegs: 'self',
    },
  },
  {
    name: 'speak SSML, with everything',
    url: `${call}/speak`,
    body: {
      payload: '<speak>Hi</speak>',
      ...{ payload_type: 'ssml', voice: 'AWS.Polly.Brian', language: 'en-GB', loop: 'infinity' },
      ...{ service_level: 'premium', stop: 'all', target_legs: 'both', voice_settings: { a: 1 } },
    },
    command: {
      kind: 'speak',
      legId,
      playbackId: 'xxxxxxxxxx',
      speech: {
        ...{ kind: 'speech', text: '<speak>Hi</speak>', ssml: true },
        ...{ voice: 'AWS.Polly.Brian', language: 'en-GB' },
      },
      loops: Infinity,
      stop: 'all',
      targetLegs: 'both',
    },
  },
  {
    name: 'playback stop',
    url: `${call}/playback_stop`,
    command: { kind: 'playback-stop', legId, stop: 'all', overlay: false },
  },
  {
    name: 'client state update by PUT',
    method: 'PUT',
    url: `${call}/client_state_update`,
    body: { client_state: 'aGk=' },
    command: { kind: 'client-state-update', legId },
  },
  {
    name: 'client state update by POST',
    url: `${call}/client_state_update`,
    body: { client_state: 'aGk=' },
    command: { kind: 'client-state-update', legId },
  },
  {
    name: 'queue create',
    url: '/v2/queues',
    body: { queue_name: 'support' },
    command: { kind: 'queue-create', queueName: 'support', newQueueId: uuid(2), maxSize: 300 },
  },
  {
    name: 'queue update',
    url: '/v2/queues/support',
    body: { max_size: 5 },
    command: { kind: 'queue-update', queueName: 'support', maxSize: 5 },
  },
  {
    name: 'queue delete',
    method: 'DELETE',
    url: '/v2/queues/support',
    command: { kind: 'queue-delete', queueName: 'support' },
    status: 204,
  },
  {
    name: 'queued call update',
    method: 'PATCH',
    url: `/v2/queues/support/calls/${legId}`,
    body: { keep_after_hangup: true },
    command: { kind: 'queued-call-update', queueName: 'support', legId, keepAfterHangup: true },
    status: 204,
  },
  {
    name: 'queued call remove',
    method: 'DELETE',
    url: `/v2/queues/support/calls/${legId}`,
    command: { kind: 'queued-call-remove', queueName: 'support', legId },
    status: 204,
  },
  {
    name: 'conference create',
    url: '/v2/conferences',
    body: {
      call_control_id: legId,
      name: 'support-42',
      start_conference_on_create: false,
      hold_audio_url: 'http://127.0.0.1/h.wav',
      duration_minutes: 2,
      region: 'US',
      beep_enabled: 'always',
    },
    command: {
      kind: 'conference-create',
      legId,
      conferenceId: uuid(2),
      participantId: uuid(3),
      name: 'support-42',
      durationMs: 120_000,
      participantsMax: 250,
      startOnCreate: false,
      holdAudio: { kind: 'url', url: 'http://127.0.0.1/h.wav', cache: true },
      beep: 'always',
      region: 'US',
    },
  },
  {
    name: 'conference join',
    url: `${conference}/join`,
    body: {
      ...{ call_control_id: legId, mute: true, supervisor_role: 'whisper' },
      ...{ whisper_call_control_ids: ['v3:a'], beep_enabled: 'never' },
    },
    command: {
      kind: 'conference-join',
      conference: 'support-42',
      legId,
      participantId: uuid(2),
      options: {
        startOnEnter: false,
        endOnExit: false,
        softEndOnExit: false,
        hold: false,
        holdAudio: undefined,
        mute: true,
        role: 'whisper',
        whisperTo: ['v3:a'],
        beep: 'never',
      },
    },
  },
  {
    name: 'conference leave',
    url: `${conference}/leave`,
    body: { call_control_id: legId },
    command: { kind: 'conference-leave', conference: 'support-42', legId, beep: undefined },
  },
  {
    name: 'conference play to all',
    url: `${conference}/play`,
    body: { audio_url: 'http://127.0.0.1/a.mp3', loop: 2 },
    command: {
      kind: 'conference-play',
      conference: 'support-42',
      legIds: [],
      playbackId: uuid(2),
      audio: { kind: 'url', url: 'http://127.0.0.1/a.mp3', cache: true },
      loops: 2,
    },
  },
  {
    name: 'conference speak to one',
    url: `${conference}/speak`,
    body: { payload: 'Hello', voice: 'female', call_control_ids: [legId] },
    command: {
      kind: 'conference-play',
      conference: 'support-42',
      legIds: [legId],
      playbackId: uuid(2),
      audio: {
        ...{ kind: 'speech', text: 'Hello', ssml: false, voice: 'female', language: undefined },
      },
      loops: 1,
    },
  },
  {
    name: 'conference stop',
    url: `${conference}/stop`,
    command: { kind: 'conference-stop', conference: 'support-42', legIds: [] },
  },
  {
    name: 'conference send DTMF',
    url: `${conference}/send_dtmf`,
    body: { digits: '1wA#' },
    command: {
      ...{ kind: 'conference-dtmf', conference: 'support-42', legIds: [], digits: '1wA#' },
      durationMs: 250,
    },
  },
  {
    name: 'conference update of a role',
    url: `${conference}/update`,
    body: { call_control_id: legId, supervisor_role: 'monitor' },
    command: {
      ...{ kind: 'conference-role', conference: 'support-42', legId, role: 'monitor' },
      whisperTo: undefined,
    },
  },
  {
    name: 'conference hold all',
    url: `${conference}/hold`,
    command: { kind: 'conference-hold', conference: 'support-42', legIds: [], audio: undefined },
  },
  {
    name: 'conference unhold',
    url: `${conference}/unhold`,
    body: { call_control_ids: [legId] },
    command: { kind: 'conference-unhold', conference: 'support-42', legIds: [legId] },
  },
  {
    name: 'conference mute',
    url: `${conference}/mute`,
    body: { call_control_ids: [legId] },
    command: { kind: 'conference-mute', conference: 'support-42', legIds: [legId] },
  },
  {
    name: 'conference unmute',
    url: `${conference}/unmute`,
    command: { kind: 'conference-unmute', conference: 'support-42', legIds: [] },
  },
  {
    name: 'conference end',
    url: `${conference}/end`,
    command: { kind: 'conference-end', conference: 'support-42' },
  },
  {
    name: 'participant update',
    method: 'PATCH',
    url: `/v2/conferences/support-42/participants/${legId}`,
    body: { end_conference_on_exit: true },
    command: {
      kind: 'participant-update',
      conference: 'support-42',
      participant: legId,
      endOnExit: true,
      softEndOnExit: undefined,
      beep: undefined,
    },
  },
]

for (const { name, method, url, body, command, status } of cases) {
  test(`command: ${name}`, async (t) => {
    const { api, submitted } = testApi()
    t.after(() => api.close())
    const answer = await api.inject({
      method: method ?? 'POST',
      url,
      headers: withKey,
      ...(body === undefined ? {} : { payload: body }),
    })
    assert.equal(answer.statusCode, status ?? 200, answer.body)
    assert.deepEqual(submitted[0]?.command, command)
    assert.equal(submitted[0]?.clientState, body?.['client_state'])
    assert.equal(submitted[0]?.commandId, body?.['command_id'])
  })
}

test('a dial answers the new ids and is not alive yet', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const payload = { connection_id: '1000000001', to: '+15550100', from: '+15550199' }
  const answer = await api.inject({ method: 'POST', url: '/v2/calls', headers: withKey, payload })
  assert.deepEqual(answer.json(), {
    data: {
      call_control_id: fresh.legId,
      call_leg_id: uuid(2),
      call_session_id: uuid(3),
      record_type: 'call',
      is_alive: false,
    },
  })
})

test('a conference and a participant are answered whole', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const payload = { call_control_id: legId, name: 'a' }
  const made = await api.inject({
    method: 'POST',
    url: '/v2/conferences',
    headers: withKey,
    payload,
  })
  assert.deepEqual(made.json().data, {
    id: '41b9acd4-f4da-4ff5-a85c-e07e90b53f46',
    name: 'a',
    record_type: 'conference',
    connection_id: '1000000001',
    created_at: new Date(nowMs - 1000).toISOString(),
    updated_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + 14_400_000).toISOString(),
    status: 'in_progress',
    end_reason: null,
    ended_by: null,
  })
})

test('repeats by the SDK carry the same hash, other requests another one', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  const post = (payload: string, headers: Record<string, string> = {}) =>
    api.inject({
      method: 'POST',
      url: `${call}/enqueue`,
      headers: { ...withKey, 'content-type': 'application/json', ...headers },
      payload,
    })
  await post('{"queue_name":"a"}', { 'x-stainless-retry-count': '0' })
  await post('{"queue_name":"a"}', { 'x-stainless-retry-count': '1' })
  await post('{"queue_name":"b"}')
  await post('{"queue_name":"a","command_id":"x"}', { 'x-stainless-retry-count': '1' })
  await post('{"queue_name":"a","command_id":""}')
  const [first, repeat, other, guarded, empty] = submitted
  assert.equal(first?.request?.retry, false)
  assert.equal(repeat?.request?.retry, true)
  assert.equal(repeat?.request?.hash, first?.request?.hash)
  assert.notEqual(other?.request?.hash, first?.request?.hash)
  assert.equal(guarded?.request, undefined)
  assert.equal(guarded?.commandId, 'x')
  assert.equal(empty?.commandId, undefined)
  assert.ok(empty?.request)
})

test('limits of the whole server answer 503; what exists is still served', async (t) => {
  const queues = Array.from({ length: 100 }, (_, index) => queueRecord(`q${index}`))
  const { api, submitted } = testApi({ queues, runningConferences: 10 })
  t.after(() => api.close())
  const post = async (url: string, payload: object) => {
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    return [answer.statusCode, answer.headers['retry-after']]
  }
  assert.deepEqual(await post('/v2/queues', { queue_name: 'new' }), [503, '30'])
  assert.deepEqual(await post(`${call}/enqueue`, { queue_name: 'new' }), [503, '30'])
  assert.deepEqual(await post('/v2/conferences', { call_control_id: 'a', name: 'b' }), [503, '30'])
  assert.equal(submitted.length, 0)
  assert.deepEqual(await post(`${call}/enqueue`, { queue_name: 'q7' }), [200, undefined])
})

test('keys to press after the answer: behind the destination, or by name, which wins', async () => {
  const dialled = async (body: object) => {
    const { api, submitted } = testApi()
    const payload = { connection_id: '1000000001', from: '+15550199', ...body }
    const answer = await api.inject({ method: 'POST', url: '/v2/calls', headers: withKey, payload })
    assert.equal(answer.statusCode, 200, answer.body)
    const command = submitted[0]?.command
    assert.ok(command?.kind === 'dial')
    return [command.dial.to, command.dial.sendDigits]
  }
  assert.deepEqual(await dialled({ to: '+15550100,12w#' }), ['+15550100', '12w#'])
  assert.deepEqual(await dialled({ to: 'sip:a@b.example,7' }), ['sip:a@b.example', '7'])
  assert.deepEqual(await dialled({ to: '+15550100,1', send_digits_on_answer: '2' }), [
    '+15550100',
    '2',
  ])
  assert.deepEqual(await dialled({ to: '+15550100', send_digits_on_answer: '' }), [
    '+15550100',
    undefined,
  ])
})
