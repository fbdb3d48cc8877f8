// Is it what the contract says? Checks single webhooks and HTTP answers, and records whole runs:
//
//   const contract = createContractRecorder()
//   const client = new Telnyx({ …, fetch: contract.fetch })      // every exchange is checked
//   contract.webhook(delivery.raw)                               // every webhook is checked
//   contract.assertClean()                                       // at the end of the test
//
// Without the vendor's description nothing is checked against it; `contract.skipped` then counts, and one line says so.

import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { isObject, loadStructure, type JsonObject, type Structure } from './structure.ts'

/** Payload fields that the description lacks and receivers see all the same. */
const additions: Readonly<Record<string, readonly string[]>> = {
  'call.initiated': ['from_sip_uri', 'to_sip_uri'],
  'call.hangup': ['end_time'],
  'call.speak.started': ['speak_id'],
  'call.gather.ended': ['gather_id'],
  'call.recording.saved': ['call_control_id', 'recording_id', 'format', 'start_time', 'end_time'],
  'call.recording.error': ['recording_id'],
  'conference.recording.saved': ['call_leg_id'],
  'call.speak.ended': ['speak_id', 'status_detail'],
}

const legIds = [
  'call_control_id',
  'call_leg_id',
  'call_session_id',
  'client_state',
  'connection_id',
]
const withParties = [...legIds, 'from', 'to']
const ofConference = [...legIds, 'conference_id']
const ofRecording = [
  ...['channels', 'recording_started_at', 'recording_ended_at', 'recording_urls'],
  'public_recording_urls',
]

/** Payload fields without which an application would not run. */
const required: Readonly<Record<string, readonly string[]>> = {
  'call.initiated': [...withParties, 'direction', 'state', 'connection_codecs'],
  'call.answered': [...withParties, 'start_time', 'state'],
  'call.bridged': withParties,
  'call.hold': withParties,
  'call.unhold': withParties,
  'call.hangup': [
    ...withParties,
    'start_time',
    'end_time',
    'state',
    'hangup_cause',
    'hangup_source',
    'sip_hangup_cause',
    'call_quality_stats',
  ],
  'call.enqueued': [...legIds, 'queue', 'current_position', 'queue_avg_wait_time_secs'],
  'call.dequeued': [...legIds, 'queue', 'queue_position', 'reason', 'wait_time_secs'],
  'call.dtmf.received': [...withParties, 'digit'],
  'call.gather.ended': [...withParties, 'digits', 'status', 'gather_id'],
  'call.machine.detection.ended': [...withParties, 'result'],
  'call.machine.greeting.ended': [...withParties, 'result'],
  'call.playback.started': [...legIds, 'overlay'],
  'call.playback.ended': [...legIds, 'overlay', 'status', 'status_detail'],
  'call.speak.started': legIds,
  'call.speak.ended': [...legIds, 'status'],
  'call.refer.started': [...withParties, 'sip_notify_response'],
  'call.refer.completed': [...withParties, 'sip_notify_response'],
  'call.refer.failed': [...withParties, 'sip_notify_response'],
  'conference.created': [...ofConference, 'occurred_at'],
  'conference.ended': [...ofConference, 'occurred_at', 'reason'],
  'conference.participant.joined': ofConference,
  'conference.participant.left': ofConference,
  'call.recording.saved': [...legIds, ...ofRecording],
  'call.recording.error': [...legIds, 'reason'],
  'conference.recording.saved': [...ofConference, ...ofRecording, 'recording_id', 'format'],
}

/** Events that the description at hand leaves out: the results that the vendor's page of the event has. */
const results: Readonly<Record<string, readonly string[]>> = {
  'call.machine.detection.ended': ['human', 'machine', 'not_sure'],
  'call.machine.greeting.ended': ['beep_detected', 'ended', 'not_sure'],
}

/** What is wrong with a webhook's body (JSON text, or decoded); empty when it is right. */
export function checkWebhook(body: unknown): string[] {
  const decoded: unknown = typeof body === 'string' ? JSON.parse(body) : body
  const data = isObject(decoded) ? decoded['data'] : undefined
  const meta = isObject(decoded) ? decoded['meta'] : undefined
  if (!isObject(data) || !isObject(meta)) return ['the body is not {data, meta}']
  const type = String(data['event_type'])
  const payload = data['payload']
  if (!isObject(payload)) return [`${type}: payload is not an object`]
  return [...checkEnvelope(data, meta), ...checkPayload(data, type, payload)].map(
    (problem) => `${type}: ${problem}`,
  )
}

function checkEnvelope(data: JsonObject, meta: JsonObject): string[] {
  const problems: string[] = []
  if (data['record_type'] !== 'event') problems.push('data.record_type is not "event"')
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(data['occurred_at']))) {
    problems.push('data.occurred_at is not UTC with microseconds')
  }
  // C78: an addition of ours that every webhook has.
  const number = data['leg_sequence']
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1) {
    problems.push('data.leg_sequence is not an integer from 1')
  }
  const attempt = meta['attempt']
  if (typeof attempt !== 'number' || !Number.isInteger(attempt) || attempt < 1) {
    problems.push('meta.attempt is not an integer from 1')
  }
  if (typeof meta['delivered_to'] !== 'string') problems.push('meta.delivered_to is not a text')
  return problems
}

function checkPayload(data: JsonObject, type: string, payload: JsonObject): string[] {
  const problems: string[] = []
  for (const field of required[type] ?? []) {
    if (payload[field] === undefined) problems.push(`payload.${field} is missing`)
  }
  const structure = loadStructure()
  if (structure === undefined) return problems
  const schema = structure.webhookSchema(type)
  if (schema === undefined) {
    const known = results[type]
    if (known === undefined) return [...problems, 'no such event type']
    const isKnown = known.includes(String(payload['result']))
    return isKnown ? problems : [...problems, `payload.result is none of ${known.join(', ')}`]
  }
  const properties = structure.resolve(schema['properties'])
  const described = structure.resolve(structure.resolve(properties?.['payload'])?.['properties'])
  for (const field of Object.keys(payload)) {
    if (described?.[field] === undefined && !additions[type]?.includes(field)) {
      problems.push(`payload.${field} is not described`)
    }
  }
  return [...problems, ...errorsOf(structure, schema, data)]
}

/** What is wrong with an answer; `path` as requested, with or without `/v2` and query. Unknown paths are right. */
export function checkAnswer(method: string, path: string, status: number, body: unknown): string[] {
  const structure = loadStructure()
  const operation = operationOf(method, path)
  const label = `${method.toUpperCase()} ${path} ${status}`
  if (structure === undefined || operation === undefined) return []
  const answer = structure.answerSchema(operation.template, method.toLowerCase(), status)
  if (answer === undefined)
    return status >= 400 ? checkErrors(label, body) : [`${label}: no such status`]
  const empty = body === undefined || body === null || body === ''
  if (answer === 'no-body' && status < 400) return empty ? [] : [`${label}: has a body`]
  if (answer === 'no-body') return checkErrors(label, body)
  if (empty) return [`${label}: has no body`]
  const decoded: unknown = typeof body === 'string' ? JSON.parse(body) : body
  const problems = errorsOf(structure, answer, decoded).map((problem) => `${label}: ${problem}`)
  if (status >= 400) return [...problems, ...checkErrors(label, decoded)]
  const wantsData = structure.resolve(answer['properties'])?.['data'] !== undefined
  const hasData = isObject(decoded) && decoded['data'] !== undefined
  return wantsData && !hasData ? [...problems, `${label}: no data in the body`] : problems
}

/** Errors have one shape, whatever the operation says about them. */
function checkErrors(label: string, body: unknown): string[] {
  const decoded: unknown = typeof body === 'string' ? JSON.parse(body || 'null') : body
  const errors = isObject(decoded) ? decoded['errors'] : undefined
  if (!Array.isArray(errors) || errors.length === 0) return [`${label}: no errors in the body`]
  return errors.flatMap((error) => {
    const right = isObject(error) && /^\d+$/.test(String(error['code'])) && error['title'] !== ''
    return right ? [] : [`${label}: an error without code or title`]
  })
}

function errorsOf(structure: Structure, schema: JsonObject, value: unknown): string[] {
  const validate = structure.validate(schema)
  if (validate(value) === true) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath === '' ? '/' : instancePath} ${message ?? ''} ${JSON.stringify(params)}`
  })
}

function operationOf(method: string, path: string): { template: string } | undefined {
  const plain = path.replace(/[?#].*$/, '').replace(/^\/v2(?=\/)/, '')
  return loadStructure()?.paths.find(
    ({ pattern, methods }) => pattern.test(plain) && methods.includes(method.toLowerCase()),
  )
}

export interface ContractRecorder {
  readonly violations: readonly string[]
  /** Exchanges and webhooks that could not be checked. */
  readonly skipped: number
  /** `POST /queues` to how often each status was seen. */
  operations(): ReadonlyMap<string, ReadonlyMap<number, number>>
  /** Event types to how many webhooks of it were seen. */
  events(): ReadonlyMap<string, number>
  exchange(method: string, path: string, status: number, body: unknown): void
  webhook(body: unknown): void
  /** For SDK clients: the global fetch, with every exchange recorded. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Throws with all violations; says once when nothing could be checked. */
  assertClean(): void
}

/** With `HOLDFAST_CONTRACT_LOG` set, `assertClean` appends hits to that file: one JSON object per line. */
export function createContractRecorder(): ContractRecorder {
  const violations: string[] = []
  const operations = new Map<string, Map<number, number>>()
  const events = new Map<string, number>()
  const checks = loadStructure() !== undefined
  let seen = 0

  const recorder: ContractRecorder = {
    violations,
    get skipped() {
      return checks ? 0 : seen
    },
    operations: () => operations,
    events: () => events,
    exchange(method, path, status, body) {
      seen++
      violations.push(...checkAnswer(method, path, status, body))
      const template = operationOf(method, path)?.template ?? path.replace(/[?#].*$/, '')
      const name = `${method.toUpperCase()} ${template}`
      const statuses = operations.get(name) ?? new Map<number, number>()
      operations.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1))
    },
    webhook(body) {
      seen++
      violations.push(...checkWebhook(body))
      const decoded: unknown = typeof body === 'string' ? JSON.parse(body) : body
      const data = isObject(decoded) ? decoded['data'] : undefined
      const type = isObject(data) ? String(data['event_type']) : 'unknown'
      events.set(type, (events.get(type) ?? 0) + 1)
    },
    async fetch(input, init) {
      const response = await fetch(input, init)
      const request = input instanceof Request ? input : undefined
      const url = new URL(request?.url ?? String(input))
      const method = init?.method ?? request?.method ?? 'GET'
      const text = await response.clone().text()
      recorder.exchange(method, url.pathname, response.status, text)
      return response
    },
    assertClean() {
      const log = process.env['HOLDFAST_CONTRACT_LOG']
      const hits = [...operations].map(([operation, statuses]) => [operation, [...statuses]])
      if (log !== undefined) {
        appendFileSync(log, `${JSON.stringify({ operations: hits, events: [...events] })}\n`)
      }
      if (!checks)
        console.log(`contract: ${seen} exchanges and webhooks not checked (no description)`)
      assert.deepEqual([...new Set(violations)], [])
    },
  }
  return recorder
}
