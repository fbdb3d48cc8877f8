// Deviations from the API that a suite must notice. Each is drawn from a table by rule: a status changed, a field dropped, a
// type or an enum value wrong, an event lost, repeated, late or out of order, a header missing.
import type { Deviation, WireAnswer, WireEvent } from './proxy.ts'

export interface Mutation {
  readonly name: string
  /** What of the suite looks at the place: a check runs when it covers one of these, or when its name has one of them. */
  readonly near: readonly string[]
  readonly deviation: Deviation
}

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The `data` of an answer: one object, or each of a list. */
function objectsOf({ body }: WireAnswer): readonly Fields[] {
  if (!isFields(body)) return []
  const { data } = body
  return Array.isArray(data) ? data.filter(isFields) : isFields(data) ? [data] : []
}

/** True for the endpoint, whose braces stand for one segment. */
function isAt(endpoint: string, method: string, path: string): boolean {
  const [wanted = '', template = ''] = endpoint.split(' ')
  const pattern = new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return wanted === method && pattern.test(path)
}

const command = (name: string): string => `POST /calls/{call_control_id}/actions/${name}`

const wrongSuccess: readonly (readonly [endpoint: string, status: number])[] = [
  ['POST /queues', 201],
  ['POST /queues/{queue_name}', 202],
  ['GET /queues', 206],
  ['GET /queues/{queue_name}', 203],
  ['GET /queues/{queue_name}/calls', 206],
  ['POST /calls', 201],
  ['POST /conferences', 201],
  ...[
    'answer',
    'enqueue',
    'leave_queue',
    'bridge',
    'hangup',
    'playback_start',
    'playback_stop',
  ].map((name) => [command(name), 202] as const),
]

/** Creations are 201, deletions 200 with what was deleted. */
const wrongChange: readonly (readonly [endpoint: string, right: number, wrong: number])[] = [
  ['POST /call_control_applications', 201, 200],
  ['POST /phone_numbers', 201, 200],
  ['POST /credential_connections', 201, 200],
  ['POST /telephony_credentials', 201, 200],
  ['DELETE /call_control_applications/{id}', 200, 202],
  ['DELETE /phone_numbers/{id}', 200, 202],
  ['DELETE /recordings/{recording_id}', 200, 202],
  ['PATCH /credential_connections/{id}', 200, 202],
  ['GET /events', 200, 206],
  ['GET /call_events', 200, 206],
  ['GET /webhook_deliveries', 200, 206],
  ['GET /recordings', 200, 206],
]

const noBody: readonly string[] = [
  'DELETE /queues/{queue_name}',
  'DELETE /queues/{queue_name}/calls/{call_control_id}',
  'PATCH /queues/{queue_name}/calls/{call_control_id}',
]

/** Error codes and the status that they must not come with. */
const wrongStatus: readonly (readonly [code: string, right: number, wrong: number])[] = [
  ['10009', 401, 403],
  ['10005', 404, 400],
  ['10030', 405, 404],
  ['10029', 415, 400],
  ['10023', 400, 422],
  ['10004', 422, 400],
  ['10026', 422, 400],
  ['10033', 422, 400],
  ['10032', 422, 400],
  ['90015', 422, 404],
  ['90018', 422, 409],
  ['90034', 422, 409],
  ['90035', 422, 400],
  ['90036', 422, 503],
  ['90050', 400, 422],
  ['10010', 403, 401],
  ['10005', 410, 404],
  ['90040', 400, 422],
  ['90058', 404, 422],
  ['90057', 422, 400],
  ['10031', 422, 400],
]

const wrongCode: readonly (readonly [code: string, status: number, other: string])[] = [
  ['10009', 401, '10010'],
  ['10005', 404, '10007'],
  ['10012', 422, '10027'],
  ['10025', 422, '10033'],
  ['10032', 422, '10015'],
  ['90009', 422, '10015'],
  ['90016', 422, '10032'],
  ['90017', 422, '10015'],
  ['90028', 422, '10033'],
  ['90029', 422, '10033'],
  ['90034', 422, '90018'],
  ['90035', 422, '90038'],
  ['90037', 422, '90036'],
  ['90038', 422, '90035'],
  ['90102', 422, '90034'],
  ['20015', 422, '10005'],
  ['10027', 422, '10015'],
  ['90057', 422, '10015'],
  ['10031', 422, '10015'],
  ['90043', 422, '10027'],
  ['10011', 422, '10015'],
  ['90020', 422, '90034'],
  ['10016', 422, '10026'],
  ['90044', 422, '90038'],
  ['90040', 400, '10005'],
  ['90024', 422, '10033'],
]

/** Object of an answer, the endpoint that gives it, a field. */
const objectFields: readonly (readonly [record: string, endpoint: string, field: string])[] = [
  ['queue', 'POST /queues', 'id'],
  ['queue', 'POST /queues', 'max_size'],
  ['queue', 'POST /queues', 'average_wait_time_secs'],
  ['queue', 'GET /queues/{queue_name}', 'current_size'],
  ['queued call', 'GET /queues/{queue_name}/calls/{call_control_id}', 'is_alive'],
  ['queued call', 'GET /queues/{queue_name}/calls/{call_control_id}', 'queue_position'],
  ['queued call', 'GET /queues/{queue_name}/calls', 'wait_time_secs'],
  ['queued call', 'GET /queues/{queue_name}/calls', 'queue_id'],
  ['call', 'GET /calls/{call_control_id}', 'is_alive'],
  ['call', 'GET /calls/{call_control_id}', 'call_duration'],
  ['dialled call', 'POST /calls', 'call_session_id'],
  ['active call', 'GET /connections/{connection_id}/active_calls', 'call_duration'],
  ['conference', 'POST /conferences', 'expires_at'],
  ['conference', 'GET /conferences/{id}', 'end_reason'],
  ['participant', 'GET /conferences/{id}/participants', 'muted'],
  ['application', 'POST /call_control_applications', 'webhook_event_failover_url'],
  ['application', 'PATCH /call_control_applications/{id}', 'webhook_timeout_secs'],
  ['phone number', 'GET /phone_numbers/{id}', 'connection_name'],
  ['voice settings', 'GET /phone_numbers/{id}/voice', 'media_features'],
  ['credential connection', 'POST /credential_connections', 'user_name'],
  ['telephony credential', 'POST /telephony_credentials', 'sip_password'],
  ['connection', 'GET /connections/{connection_id}', 'record_type'],
  ['media', 'POST /media', 'expires_at'],
  ['recording', 'GET /recordings/{recording_id}', 'download_urls'],
  ['recording', 'GET /recordings/{recording_id}', 'duration_millis'],
  ['call event', 'GET /call_events', 'metadata'],
  ['webhook delivery', 'GET /webhook_deliveries/{id}', 'attempts'],
  ['event of the list', 'GET /events', 'cursor'],
  ['event of the list', 'GET /events', 'leg_sequence'],
]

const eventFields: readonly (readonly [type: string, field: string])[] = [
  ['call.initiated', 'direction'],
  ['call.initiated', 'state'],
  ['call.initiated', 'client_state'],
  ['call.initiated', 'connection_codecs'],
  ['call.answered', 'start_time'],
  ['call.answered', 'from'],
  ['call.enqueued', 'queue'],
  ['call.enqueued', 'current_position'],
  ['call.enqueued', 'queue_avg_wait_time_secs'],
  ['call.dequeued', 'reason'],
  ['call.dequeued', 'queue_position'],
  ['call.dequeued', 'wait_time_secs'],
  ['call.bridged', 'call_session_id'],
  ['call.bridged', 'to'],
  ['call.hangup', 'hangup_cause'],
  ['call.hangup', 'hangup_source'],
  ['call.hangup', 'sip_hangup_cause'],
  ['call.hangup', 'end_time'],
  ['call.playback.started', 'media_url'],
  ['call.playback.ended', 'status'],
  ['call.playback.ended', 'overlay'],
  ['call.speak.ended', 'status'],
  ['call.dtmf.received', 'digit'],
  ['call.gather.ended', 'digits'],
  ['call.recording.saved', 'recording_urls'],
  ['call.refer.completed', 'sip_notify_response'],
  ['conference.ended', 'reason'],
  ['conference.participant.joined', 'conference_id'],
  ['call.initiated', 'custom_headers'],
  ['call.initiated', 'caller_id_name'],
  ['call.hold', 'from'],
  ['call.unhold', 'client_state'],
  ['call.refer.started', 'sip_notify_response'],
  ['call.recording.saved', 'format'],
  ['call.speak.started', 'speak_id'],
  ['conference.recording.saved', 'recording_urls'],
  ['conference.speak.ended', 'creator_call_session_id'],
  ['conference.participant.playback.ended', 'call_control_id'],
  ['conference.participant.speak.started', 'client_state'],
  ['conference.floor.changed', 'occurred_at'],
]

const wrongValues: readonly (readonly [type: string, field: string, value: unknown])[] = [
  ['call.initiated', 'direction', 'inbound'],
  ['call.initiated', 'state', 'ringing'],
  ['call.enqueued', 'current_position', 0],
  ['call.enqueued', 'current_position', '1'],
  ['call.enqueued', 'from', '+15550100'],
  ['call.dequeued', 'reason', 'left'],
  ['call.dequeued', 'wait_time_secs', 1.5],
  ['call.dequeued', 'queue_position', 0],
  ['call.hangup', 'hangup_cause', 'NORMAL_CLEARING'],
  ['call.hangup', 'hangup_source', 'agent'],
  ['call.hangup', 'sip_hangup_cause', 200],
  ['call.hangup', 'direction', 'incoming'],
  ['call.playback.ended', 'status', 'done'],
  ['call.gather.ended', 'status', 'done'],
  ['call.speak.ended', 'status', 'stopped'],
  ['conference.ended', 'reason', 'over'],
  ['call.answered', 'start_time', '2025-03-04T09:10:11Z'],
  ['call.bridged', 'client_state', ''],
  ['call.initiated', 'connection_id', 1000000001],
  ['call.recording.saved', 'channels', 'stereo'],
  ['call.recording.saved', 'recording_ended_at', '2025-03-04T09:10:11Z'],
  ['call.refer.failed', 'sip_notify_response', '603'],
  ['conference.recording.saved', 'format', 'ogg'],
  ['conference.participant.speak.ended', 'media_url', 'http://x.example/'],
  ['conference.floor.changed', 'client_state', 'eA=='],
]

const lost = [
  'call.answered',
  'call.enqueued',
  'call.dequeued',
  'call.bridged',
  'call.hangup',
  'call.playback.started',
  'call.playback.ended',
  'conference.created',
  'conference.participant.left',
  'call.unhold',
  'call.gather.ended',
  'call.recording.saved',
  'conference.recording.saved',
  'conference.floor.changed',
  'conference.participant.speak.ended',
]

const onEvent = (
  type: string,
  change: (event: WireEvent) => ReturnType<NonNullable<Deviation['webhook']>>,
): Deviation => ({
  webhook: (event) => (event.body.data['event_type'] === type ? change(event) : undefined),
})

function payloadOf({ body }: WireEvent): Fields {
  const { payload } = body.data
  return isFields(payload) ? payload : {}
}

function firstError({ body }: WireAnswer): Fields | undefined {
  if (!isFields(body) || !Array.isArray(body['errors'])) return undefined
  const [first] = body['errors'] as unknown[] // A list, as just seen.
  return isFields(first) ? first : undefined
}

const answers: readonly Mutation[] = [
  ...wrongSuccess.map(([endpoint, status]): Mutation => ({
    name: `${endpoint} succeeds with ${status}`,
    // Checks of webhooks begin with the command that causes them.
    near: [
      endpoint,
      ...(endpoint.endsWith('playback_start') ? ['event call.playback.started'] : []),
    ],
    deviation: {
      answer: (answer, method, path) => {
        if (answer.status === 200 && isAt(endpoint, method, path)) answer.status = status
      },
    },
  })),
  ...noBody.map((endpoint): Mutation => ({
    name: `${endpoint} succeeds with 200 and a body`,
    near: [endpoint],
    deviation: {
      answer: (answer, method, path) => {
        if (answer.status !== 204 || !isAt(endpoint, method, path)) return
        Object.assign(answer, { status: 200, body: { data: { result: 'ok' } } })
        answer.headers['content-type'] = 'application/json'
      },
    },
  })),
  ...wrongStatus.map(([code, right, wrong]): Mutation => ({
    name: `${code} comes with ${wrong}`,
    near: [`code ${right} ${code}`],
    deviation: {
      answer: (answer) => {
        if (answer.status === right && firstError(answer)?.['code'] === code) answer.status = wrong
      },
    },
  })),
  ...wrongCode.map(([code, status, other]): Mutation => ({
    name: `${code} is called ${other}`,
    near: [`code ${status} ${code}`],
    deviation: {
      answer: (answer) => {
        const error = firstError(answer)
        if (error?.['code'] === code) error['code'] = other
      },
    },
  })),
  ...(['pointer', 'title', 'detail', 'code as a number', 'errors as an object'] as const).map(
    (what): Mutation => ({
      name: `errors without ${what}`,
      near: ['code 422 10004', 'rule error envelope'],
      deviation: {
        answer: (answer) => {
          const error = firstError(answer)
          if (error === undefined) return
          if (what === 'pointer') delete error['source']
          else if (what === 'code as a number') error['code'] = Number(error['code'])
          else if (what === 'errors as an object') answer.body = { errors: error }
          else delete error[what]
        },
      },
    }),
  ),
  ...['content-type', 'x-request-id', 'allow'].map((header): Mutation => ({
    name: `answers without ${header}`,
    near: ['rule headers', 'rule methods'],
    deviation: { answer: (answer) => void delete answer.headers[header] },
  })),
  ...objectFields.map(([record, endpoint, field]): Mutation => ({
    name: `${endpoint}: ${record} without ${field}`,
    near: [endpoint, `object ${record}#${field}`],
    deviation: {
      answer: (answer, method, path) => {
        if (isAt(endpoint, method, path)) for (const one of objectsOf(answer)) delete one[field]
      },
    },
  })),
  ...(['page_number', 'page_size', 'total_pages', 'total_results'] as const).map(
    (field): Mutation => ({
      name: `lists with ${field} one too large`,
      near: ['rule paging'],
      deviation: {
        answer: ({ body }) => {
          const meta = isFields(body) ? body['meta'] : undefined
          if (isFields(meta)) meta[field] = Number(meta[field]) + 1
        },
      },
    }),
  ),
  ...wrongChange.map(([endpoint, right, wrong]): Mutation => ({
    name: `${endpoint} succeeds with ${wrong}`,
    near: [endpoint],
    deviation: {
      answer: (answer, method, path) => {
        if (answer.status === right && isAt(endpoint, method, path)) answer.status = wrong
      },
    },
  })),
  ...[
    'GET /queues',
    'GET /queues/{queue_name}/calls',
    'GET /call_events',
    'GET /webhook_deliveries',
    'GET /recordings',
    'GET /connections',
    'GET /events',
  ].map((endpoint): Mutation => ({
    name: `lists of ${endpoint} backwards`,
    near: [endpoint, `${endpoint}#sort`],
    deviation: {
      answer: ({ body }, method, path) => {
        const data = isFields(body) && isAt(endpoint, method, path) ? body['data'] : undefined
        if (Array.isArray(data)) data.reverse()
      },
    },
  })),
  ...[
    ['GET /credential_connections/{id}', 'password'],
    ['GET /telephony_credentials/{id}', 'sip_password'],
  ].map(([endpoint = '', field = '']): Mutation => ({
    name: `${endpoint} gives the ${field} out`,
    near: [endpoint],
    deviation: {
      answer: (answer, method, path) => {
        if (!isAt(endpoint, method, path)) return
        for (const one of objectsOf(answer)) one[field] = 'correct horse'
      },
    },
  })),
  ...[
    ['PATCH /call_control_applications/{id}', 'tags'],
    ['PATCH /phone_numbers/{id}', 'customer_reference'],
    ['PATCH /credential_connections/{id}', 'sip_uri_calling_preference'],
    ['PATCH /telephony_credentials/{id}', 'tag'],
    ['GET /conferences/{id}/participants/{participant_id}', 'end_conference_on_exit'],
  ].map(([endpoint = '', field = '']): Mutation => ({
    name: `${endpoint} answers with ${field} as it always was`,
    near: [endpoint],
    deviation: {
      answer: (answer, method, path) => {
        if (!isAt(endpoint, method, path)) return
        for (const one of objectsOf(answer)) if (field in one) one[field] = 'unchanged'
      },
    },
  })),
  {
    name: 'events without meta.next',
    near: ['GET /events'],
    deviation: {
      answer: ({ body }, method, path) => {
        const meta = isAt('GET /events', method, path) && isFields(body) ? body['meta'] : undefined
        if (isFields(meta)) delete meta['next']
      },
    },
  },
  {
    name: 'commands say "accepted" instead of "ok"',
    near: ['rule states'],
    deviation: {
      answer: (answer) => {
        for (const one of objectsOf(answer)) if (one['result'] === 'ok') one['result'] = 'accepted'
      },
    },
  },
  {
    name: 'times of answers without milliseconds',
    near: ['object queue#created_at'],
    deviation: {
      answer: (answer) => {
        for (const one of objectsOf(answer)) {
          const time = one['created_at']
          if (typeof time === 'string') one['created_at'] = time.replace(/\.\d+Z$/, 'Z')
        }
      },
    },
  },
]

const webhooks: readonly Mutation[] = [
  ...eventFields.map(([type, field]): Mutation => ({
    name: `${type} without ${field}`,
    near: [`event ${type}#${field}`],
    deviation: onEvent(type, (event) => void delete payloadOf(event)[field]),
  })),
  ...wrongValues.map(([type, field, value]): Mutation => ({
    name: `${type} with ${field} ${JSON.stringify(value)}`,
    near: [`event ${type}#${field}`],
    deviation: onEvent(type, (event) => void (payloadOf(event)[field] = value)),
  })),
  ...lost.map((type): Mutation => ({
    name: `${type} is lost`,
    near: [`event ${type}`, 'rule order of events'],
    deviation: onEvent(type, () => false),
  })),
  ...['call.enqueued', 'call.dequeued', 'call.bridged', 'call.hangup'].map((type): Mutation => ({
    name: `${type} comes twice`,
    near: [`event ${type}`],
    deviation: onEvent(type, () => 'twice'),
  })),
  ...['call.answered', 'call.dequeued', 'call.enqueued'].map((type): Mutation => ({
    name: `${type} comes after the next event`,
    near: ['rule order of events', 'rule leg_sequence'],
    deviation: onEvent(type, () => 'later'),
  })),
  ...(['id', 'occurred_at', 'record_type', 'leg_sequence'] as const).map((field): Mutation => ({
    name: `events without ${field}`,
    near: ['event call.initiated', 'rule leg_sequence'],
    deviation: { webhook: ({ body }) => void delete body.data[field] },
  })),
  {
    name: 'events with milliseconds only',
    near: ['event call.initiated'],
    deviation: {
      webhook: ({ body }) => {
        body.data['occurred_at'] = String(body.data['occurred_at']).replace(/\d{3}Z$/, 'Z')
      },
    },
  },
  {
    name: 'events without meta.attempt',
    near: ['event call.initiated'],
    deviation: { webhook: ({ body }) => void delete body.meta['attempt'] },
  },
  {
    name: 'events that count attempts from 0',
    near: ['event call.initiated'],
    deviation: { webhook: ({ body }) => void (body.meta['attempt'] = 0) },
  },
  {
    name: 'events whose body is changed after signing',
    near: ['event call.initiated'],
    deviation: { webhook: (event) => void (event.raw = ` ${JSON.stringify(event.body)}`) },
  },
  ...(['telnyx-signature-ed25519', 'telnyx-timestamp', 'user-agent'] as const).map(
    (header): Mutation => ({
      name: `webhooks without ${header}`,
      near: ['event call.initiated'],
      deviation: { signed: (headers) => void delete headers[header] },
    }),
  ),
  {
    name: 'webhooks signed an hour ago',
    near: ['event call.initiated'],
    deviation: {
      webhook: ({ headers }) => {
        headers['telnyx-timestamp'] = String(Number(headers['telnyx-timestamp']) - 3600)
      },
    },
  },
]

export const mutations: readonly Mutation[] = [...answers, ...webhooks]
