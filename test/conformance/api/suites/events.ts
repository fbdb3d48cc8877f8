// Every webhook, field by field: its envelope, its headers, its signature, what its payload has and has not; and the
// objects that the API answers with.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import {
  assertField,
  dataOf,
  isRecord,
  page,
  wantedText,
  webhookPage,
  type Check,
  type Wanted,
} from '../check.ts'
import { conference, detours, features, life, programme, sound, state } from '../scenarios.ts'
import type { ConformanceStage, Json } from '../stage.ts'
import type { Delivery } from '../webhooks.ts'
import { queueFields } from './queues.ts'

type Fields = Readonly<Record<string, Wanted>>

const call: Fields = {
  call_control_id: 'token',
  call_leg_id: 'uuid',
  call_session_id: 'uuid',
  connection_id: 'decimal',
  client_state: 'textOrNull',
}
const parties: Fields = { from: 'text', to: 'text' }
const withoutParties = ['from', 'to']
const hangup: Fields = {
  ...call,
  ...parties,
  state: ['hangup'],
  start_time: 'micros',
  end_time: 'micros',
  call_quality_stats: 'objectOrNull',
}
const room: Fields = { conference_id: 'uuid', connection_id: 'decimal' }
const roomSpeech: Fields = { ...room, creator_call_session_id: 'uuid', occurred_at: 'millis' }
const roomPlayback: Fields = { ...roomSpeech, media_url: 'text' }
const media = ['media_url', 'media_name']
const saved = ['reason', 'digit']

interface Told {
  /** Event type, and which of several after a comma. */
  readonly name: string
  readonly from: (stage: ConformanceStage) => Promise<Readonly<Record<string, Delivery>>>
  readonly fields: Fields
  readonly absent?: readonly string[]
}

const ofLife = async (stage: ConformanceStage) => (await life(stage)).events
const ofProgramme = async (stage: ConformanceStage) => (await programme(stage)).events
const ofConference = async (stage: ConformanceStage) => (await conference(stage)).events

const events: readonly Told[] = [
  {
    name: 'call.initiated, incoming',
    from: ofLife,
    fields: {
      ...call,
      ...parties,
      client_state: [null],
      direction: ['incoming'],
      state: ['parked'],
      start_time: 'micros',
      connection_codecs: 'codecs',
      offered_codecs: 'codecs',
    },
  },
  {
    name: 'call.initiated, outgoing',
    from: ofLife,
    fields: {
      ...call,
      ...parties,
      client_state: [state.agent],
      from: ['+15550100'],
      direction: ['outgoing'],
      state: ['bridging'],
      connection_codecs: 'codecs',
    },
    absent: ['offered_codecs', 'caller_id_name'],
  },
  {
    name: 'call.answered, incoming',
    from: ofLife,
    fields: {
      ...call,
      ...parties,
      client_state: [state.caller],
      start_time: 'micros',
      state: ['answered'],
    },
  },
  {
    name: 'call.answered, outgoing',
    from: ofLife,
    fields: {
      ...call,
      ...parties,
      client_state: [state.agent],
      start_time: 'micros',
      state: ['answered'],
    },
  },
  {
    name: 'call.enqueued',
    from: ofLife,
    fields: {
      ...call,
      client_state: [state.queued],
      queue: 'text',
      current_position: [1],
      queue_avg_wait_time_secs: [0],
    },
    absent: withoutParties,
  },
  {
    name: 'call.dequeued, leave',
    from: ofLife,
    fields: {
      ...call,
      client_state: [state.left],
      queue: 'text',
      queue_position: [1],
      reason: ['leave'],
      wait_time_secs: 'count',
    },
    absent: withoutParties,
  },
  {
    name: 'call.dequeued, bridged',
    from: ofLife,
    fields: {
      ...call,
      client_state: [state.left],
      queue: 'text',
      queue_position: [1],
      reason: ['bridged'],
      wait_time_secs: 'count',
    },
    absent: withoutParties,
  },
  {
    name: 'call.bridged, caller',
    from: ofLife,
    fields: { ...call, ...parties, client_state: [state.left] },
    absent: saved,
  },
  {
    name: 'call.bridged, agent',
    from: ofLife,
    fields: { ...call, ...parties, client_state: [state.agent] },
    absent: saved,
  },
  {
    name: 'call.hangup, by the far end',
    from: ofLife,
    fields: {
      ...hangup,
      hangup_cause: ['normal_clearing'],
      hangup_source: ['caller'],
      sip_hangup_cause: ['200'],
    },
    absent: ['direction'],
  },
  {
    name: 'call.hangup, of the other side',
    from: ofLife,
    fields: {
      ...hangup,
      hangup_cause: ['normal_clearing'],
      hangup_source: ['caller', 'callee', 'unknown'],
      sip_hangup_cause: 'text',
    },
    absent: ['direction'],
  },
  {
    name: 'call.hangup, by command',
    from: sound,
    fields: {
      ...hangup,
      hangup_cause: ['normal_clearing'],
      hangup_source: ['callee'],
      sip_hangup_cause: ['unspecified'],
    },
  },
  {
    name: 'call.playback.started',
    from: sound,
    fields: { ...call, client_state: [state.caller], media_url: 'text', overlay: [false] },
    absent: [...withoutParties, 'status', 'media_name'],
  },
  ...(['completed', 'cancelled', 'call_hangup'] as const).map((status): Told => ({
    name: `call.playback.ended, ${status}`,
    from: sound,
    fields: {
      ...call,
      media_url: 'text',
      overlay: [false],
      status: [status],
      status_detail: 'anyText',
    },
    absent: withoutParties,
  })),
  {
    name: 'call.speak.started',
    from: features,
    fields: { ...call, client_state: [state.caller], speak_id: 'text' },
    absent: withoutParties,
  },
  {
    name: 'call.speak.ended',
    from: features,
    fields: { ...call, status: ['completed'], speak_id: 'text' },
    absent: withoutParties,
  },
  {
    name: 'call.dtmf.received',
    from: features,
    fields: { ...call, ...parties, digit: ['4'] },
  },
  {
    name: 'call.gather.ended',
    from: features,
    fields: { ...call, ...parties, digits: ['42'], status: ['valid'], gather_id: ['one'] },
  },
  {
    name: 'call.recording.saved',
    from: features,
    fields: {
      ...call,
      channels: ['single'],
      format: ['wav'],
      recording_id: 'uuid',
      recording_urls: 'object',
      public_recording_urls: 'object',
      recording_started_at: 'micros',
      recording_ended_at: 'micros',
      start_time: 'micros',
      end_time: 'micros',
    },
    absent: withoutParties,
  },
  {
    name: 'conference.created',
    from: ofConference,
    fields: { ...call, ...room, client_state: [state.caller], occurred_at: 'millis' },
  },
  {
    name: 'conference.participant.joined',
    from: ofConference,
    fields: { ...call, ...room, client_state: [state.agent] },
  },
  {
    name: 'conference.participant.left',
    from: ofConference,
    fields: { ...call, ...room, client_state: [state.agent] },
  },
  {
    name: 'conference.ended',
    from: ofConference,
    fields: { ...call, ...room, reason: ['all_left'], occurred_at: 'millis' },
  },
  { name: 'conference.playback.started', from: ofConference, fields: roomPlayback },
  { name: 'conference.playback.ended', from: ofConference, fields: roomPlayback },
  {
    name: 'call.initiated, with headers',
    from: detours,
    fields: {
      custom_headers: 'list',
      sip_headers: 'list',
      caller_id_name: ['Carol'],
      from_sip_uri: 'text',
      to_sip_uri: 'text',
    },
  },
  ...['call.hold', 'call.unhold'].map((name): Told => ({
    name,
    from: detours,
    fields: { ...call, ...parties, client_state: [state.caller] },
  })),
  ...(
    [
      ['call.refer.started', 100],
      ['call.refer.completed', 200],
      ['call.refer.failed', 603],
    ] as const
  ).map(([name, status]): Told => ({
    name,
    from: detours,
    fields: { ...call, ...parties, client_state: [state.caller], sip_notify_response: [status] },
  })),
  {
    name: 'conference.floor.changed',
    from: ofProgramme,
    fields: { ...call, ...room, client_state: [state.agent], occurred_at: 'millis' },
    absent: withoutParties,
  },
  ...['started', 'ended'].flatMap((end): readonly Told[] => [
    { name: `conference.speak.${end}`, from: ofProgramme, fields: roomSpeech, absent: media },
    {
      name: `conference.participant.speak.${end}`,
      from: ofProgramme,
      fields: { ...call, ...roomSpeech, client_state: [state.agent] },
      absent: media,
    },
    {
      name: `conference.participant.playback.${end}`,
      from: ofProgramme,
      fields: { ...call, ...roomPlayback, client_state: [state.agent] },
    },
  ]),
  {
    name: 'conference.recording.saved',
    from: ofProgramme,
    fields: {
      ...call,
      ...room,
      client_state: [state.caller],
      channels: ['single'],
      format: ['wav'],
      recording_id: 'uuid',
      recording_urls: 'object',
      public_recording_urls: 'object',
      recording_started_at: 'micros',
      recording_ended_at: 'micros',
    },
  },
]

/** A field whose one value is looked for covers that value. */
function valueOf(field: string, wanted: Wanted | undefined): readonly string[] {
  if (typeof wanted !== 'object' || wanted.length !== 1) return []
  const [value] = wanted
  return typeof value === 'string' ? [`${field}=${value}`] : []
}

const typeOf = (name: string): string => name.split(',')[0] ?? name

function checksOf({ name, from, fields, absent = [] }: Told): readonly Check[] {
  const type = typeOf(name)
  const one = async (stage: ConformanceStage): Promise<Delivery> => {
    const delivery = (await from(stage))[name]
    assert.ok(delivery, `no ${name}`)
    return delivery
  }
  const about = (
    what: string,
    field: string,
    look: (delivery: Delivery, stage: ConformanceStage) => void | Promise<void>,
    only?: Wanted,
  ): Check => ({
    name: `${name}: ${what}`,
    cites: webhookPage,
    covers: [
      `event ${type}`,
      ...(field === '' ? [] : [`event ${type}#${field}`]),
      ...valueOf(`event ${type}#${field}`, only),
    ],
    needs: 'calls',
    run: async (stage) => look(await one(stage), stage),
  })
  return [
    about('is an event with an id of its own and microseconds', '', ({ data, body }, stage) => {
      assert.deepEqual(Object.keys(body ?? {}).sort(), ['data', 'meta'])
      assertField(data, 'record_type', ['event'])
      assertField(data, 'id', 'uuid')
      assertField(data, 'occurred_at', 'micros')
      const same = stage.webhooks.deliveries.filter((other) => other.data['id'] === data['id'])
      assert.equal(same.length, 1, 'the id came twice')
    }),
    about('says which attempt this is, and where', '', ({ body }, stage) => {
      const meta = body?.['meta']
      assert.ok(isRecord(meta))
      assert.deepEqual([meta['attempt'], meta['delivered_to']], [1, stage.webhooks.url])
    }),
    about('is a POST with the published headers', '', ({ method, headers }) => {
      assert.equal(method, 'POST')
      assert.match(headers['content-type'] ?? '', /^application\/json(;|$)/)
      assert.equal(headers['user-agent'], 'telnyx-webhooks')
    }),
    about('is signed, just now', '', assertSigned),
    about('happened before it came', '', ({ data, atMs }) => {
      const at = Date.parse(String(data['occurred_at']))
      assert.ok(at <= atMs + 2_000 && at > atMs - 60_000, `${data['occurred_at']}`)
    }),
    ...Object.entries(fields).map(([field, wanted]) =>
      about(
        `${field} is ${wantedText(wanted)}`,
        field,
        ({ payload }) => assertField(payload, field, wanted),
        wanted,
      ),
    ),
    ...absent.map((field) =>
      about(`has no ${field}`, field, ({ payload }) => assert.ok(!(field in payload))),
    ),
  ]
}

/** Ed25519 over `timestamp|body` as it came. */
async function assertSigned(delivery: Delivery, stage: ConformanceStage): Promise<void> {
  const key = await stage.once('public key', async () =>
    String(dataOf(await stage.get('/public_key'))['public']),
  )
  const { raw, headers, atMs } = delivery
  const timestamp = String(headers['telnyx-timestamp'])
  assert.match(timestamp, /^\d{10}$/)
  assert.ok(Math.abs(Number(timestamp) - atMs / 1000) < 60, 'the timestamp is not of now')
  const signature = String(headers['telnyx-signature-ed25519'])
  assert.match(signature, /^[A-Za-z0-9+/]{86}==$/)
  const publicKey = createPublicKey({
    key: Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(key, 'base64'),
    ]),
    format: 'der',
    type: 'spki',
  })
  const signed = Buffer.from(`${timestamp}|${raw}`)
  assert.ok(verify(null, signed, publicKey, Buffer.from(signature, 'base64')), 'signature')
}

interface Answered {
  readonly object: string
  readonly title: string
  readonly endpoint: string
  readonly get: (stage: ConformanceStage) => Promise<Json | undefined>
  readonly fields: Fields
  readonly absent?: readonly string[]
}

const legFields: Fields = { call_control_id: 'token', call_leg_id: 'uuid', call_session_id: 'uuid' }
const queueCall: Fields = {
  ...legFields,
  connection_id: 'decimal',
  from: 'text',
  to: 'text',
  enqueued_at: 'millis',
  wait_time_secs: 'count',
  queue_position: [1],
  queue_id: 'uuid',
  is_alive: [true],
  record_type: ['queue_call'],
}
const conferenceFields: Fields = {
  id: 'uuid',
  name: 'text',
  record_type: ['conference'],
  connection_id: 'decimal',
  created_at: 'millis',
  updated_at: 'millis',
  expires_at: 'millis',
}

const objects: readonly Answered[] = [
  {
    object: 'queued call',
    title: 'Retrieve a call from a queue',
    endpoint: 'GET /queues/{queue_name}/calls/{call_control_id}',
    get: async (stage) => (await life(stage)).queued,
    fields: queueCall,
  },
  {
    object: 'queued call, listed',
    title: 'Retrieve calls from a queue',
    endpoint: 'GET /queues/{queue_name}/calls',
    get: async (stage) => (await life(stage)).listed[0],
    fields: queueCall,
  },
  {
    object: 'queue with a call, made by enqueue',
    title: 'Retrieve a call queue',
    endpoint: 'GET /queues/{queue_name}',
    get: async (stage) => (await life(stage)).queueObject,
    fields: { ...queueFields, current_size: [1], max_size: [100] },
  },
  {
    object: 'dialled call',
    title: 'Dial',
    endpoint: 'POST /calls',
    get: async (stage) => (await life(stage)).dialled,
    fields: { ...legFields, is_alive: [false], record_type: ['call'] },
  },
  {
    object: 'call, alive',
    title: 'Retrieve a call status',
    endpoint: 'GET /calls/{call_control_id}',
    get: async (stage) => (await life(stage)).talking,
    fields: {
      ...legFields,
      is_alive: [true],
      record_type: ['call'],
      client_state: [state.left],
      start_time: 'millis',
      call_duration: 'count',
    },
    absent: ['end_time'],
  },
  {
    object: 'call, ended',
    title: 'Retrieve a call status',
    endpoint: 'GET /calls/{call_control_id}',
    get: async (stage) => (await life(stage)).ended,
    fields: {
      ...legFields,
      is_alive: [false],
      record_type: ['call'],
      start_time: 'millis',
      end_time: 'millis',
      call_duration: 'count',
    },
  },
  {
    object: 'active call',
    title: 'List all active calls for given connection',
    endpoint: 'GET /connections/{connection_id}/active_calls',
    get: async (stage) => {
      const { caller, active } = await life(stage)
      return active.find((one) => one['call_control_id'] === caller)
    },
    fields: {
      ...legFields,
      call_duration: 'count',
      client_state: [state.left],
      record_type: ['call'],
    },
  },
  {
    object: 'conference',
    title: 'Create conference',
    endpoint: 'POST /conferences',
    get: async (stage) => (await conference(stage)).created,
    fields: { ...conferenceFields, status: ['in_progress'] },
  },
  {
    object: 'conference, listed',
    title: 'List conferences',
    endpoint: 'GET /conferences',
    get: async (stage) => (await conference(stage)).listed[0],
    fields: { ...conferenceFields, status: ['in_progress'] },
  },
  {
    object: 'conference, ended by command',
    title: 'Retrieve a conference',
    endpoint: 'GET /conferences/{id}',
    get: async (stage) => (await conference(stage)).ended,
    fields: { ...conferenceFields, status: ['completed'], end_reason: ['ended_via_api'] },
  },
  {
    object: 'participant',
    title: 'List conference participants',
    endpoint: 'GET /conferences/{id}/participants',
    get: async (stage) => {
      const { guest, participants } = await conference(stage)
      return participants.find((one) => one['call_control_id'] === guest)
    },
    fields: {
      id: 'uuid',
      record_type: ['participant'],
      call_control_id: 'token',
      call_leg_id: 'uuid',
      conference: 'object',
      created_at: 'millis',
      updated_at: 'millis',
      muted: [false],
      on_hold: [false],
      status: ['joined'],
      end_conference_on_exit: [false],
      soft_end_conference_on_exit: [false],
      whisper_call_control_ids: 'list',
    },
  },
]

const objectChecks = objects.flatMap(({ object, title, endpoint, get, fields, absent = [] }) => {
  const about = (what: string, field: string, look: (found: Json) => void): Check => ({
    name: `${object}: ${what}`,
    cites: page(title),
    covers: [endpoint, `object ${object.split(',')[0]}#${field}`],
    needs: 'calls',
    run: async (stage) => {
      const found = await get(stage)
      assert.ok(found, `no ${object}`)
      look(found)
    },
  })
  return [
    ...Object.entries(fields).map(([field, wanted]) =>
      about(`${field} is ${wantedText(wanted)}`, field, (found) =>
        assertField(found, field, wanted),
      ),
    ),
    ...absent.map((field) =>
      about(`has no ${field}`, field, (found) => assert.ok(!(field in found))),
    ),
  ]
})

export const eventChecks: readonly Check[] = [...events.flatMap(checksOf), ...objectChecks]
