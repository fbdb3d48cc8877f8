// What there is to cover: every endpoint and parameter of our own description, with the values of those that have a list;
// every status and code of the error catalogue; every webhook with its fields, and the values of those that have a list. The
// page of the coverage compares this with what the checks say they look at.
import type { ApiDescription } from '../../../src/api/reference.ts'
import { catalogue } from '../../../src/api/errors.ts'
import { webhookOf } from '../../../src/webhooks/payloads.ts'
import { sampleEvents, stamp } from '../../support/events.ts'

/** Values that webhook fields may have, as published. */
const eventValues: Readonly<Record<string, string>> = {
  'call.initiated#direction': 'incoming outgoing',
  'call.initiated#state': 'parked bridging',
  'call.hangup#hangup_cause':
    'call_rejected normal_clearing originator_cancel timeout time_limit user_busy not_found no_answer unspecified',
  'call.hangup#hangup_source': 'caller callee unknown',
  'call.dequeued#reason': 'bridged bridging-in-process hangup leave timeout',
  'call.gather.ended#status': 'valid invalid call_hangup cancelled cancelled_amd timeout',
  'call.playback.ended#status':
    'file_not_found call_hangup unknown cancelled cancelled_amd completed failed',
  'call.speak.ended#status': 'completed call_hangup cancelled_amd',
  'call.recording.saved#channels': 'single dual',
  'call.recording.saved#format': 'wav mp3',
  'conference.recording.saved#channels': 'single dual',
  'conference.recording.saved#format': 'wav mp3',
  'conference.ended#reason': 'all_left host_left time_exceeded',
  'call.answered#state': 'answered',
  'call.hangup#state': 'hangup',
  'call.machine.detection.ended#result': 'human machine not_sure',
  'call.machine.greeting.ended#result': 'beep_detected ended not_sure',
  'call.dtmf.received#digit': '0 1 2 3 4 5 6 7 8 9 A B C D * #',
  'call.refer.started#sip_notify_response': '100',
  'call.refer.completed#sip_notify_response': '200',
}

/** Statuses and codes that are published and that we have no occasion for. */
const publishedCodes: readonly string[] = [
  '415 10014',
  '422 90041',
  '422 90042',
  '503 10037',
  '422 90021',
]

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Everything, in the words of `covers`. */
export function everything(description: ApiDescription): readonly string[] {
  return [...operations(description), ...codes(), ...events()]
}

function operations({ paths = {} }: ApiDescription): readonly string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods ?? {}).flatMap(([method, operation]) => {
      const endpoint = `${method.toUpperCase()} ${path.replace(/^\/v2/, '')}`
      return [endpoint, ...parametersOf(operation).map((name) => `${endpoint}#${name}`)]
    }),
  )
}

function parametersOf(operation: unknown): readonly string[] {
  if (!isNode(operation)) return []
  const { parameters = [], requestBody } = operation
  const query = Array.isArray(parameters) ? parameters.filter(isNode) : []
  const schema = ['content', 'application/json', 'schema'].reduce<unknown>(
    (node, key) => (isNode(node) ? node[key] : undefined),
    requestBody,
  )
  const body = isNode(schema) && isNode(schema['properties']) ? schema['properties'] : {}
  const named = [
    ...query
      .filter((one) => one['in'] === 'query')
      .map((one) => [String(one['name']), one['schema']] as const),
    ...Object.entries(body),
  ]
  return named.flatMap(([name, field]) => [name, ...valuesOf(field).map((one) => `${name}=${one}`)])
}

function valuesOf(field: unknown): readonly string[] {
  const values = isNode(field) ? field['enum'] : undefined
  return Array.isArray(values) ? values.map(String) : []
}

function codes(): readonly string[] {
  const own = Object.values(catalogue).map(({ status, code }) => `${status} ${code}`)
  return [...new Set([...own, ...publishedCodes])].sort().map((one) => `code ${one}`)
}

function events(): readonly string[] {
  const found = new Set<string>()
  for (const event of sampleEvents()) {
    const webhook = webhookOf(stamp(event), '')
    if (webhook === undefined) continue
    const { eventType, payload } = webhook
    found.add(`event ${eventType}`)
    for (const field of Object.keys(payload)) {
      found.add(`event ${eventType}#${field}`)
      for (const value of eventValues[`${eventType}#${field}`]?.split(' ') ?? []) {
        found.add(`event ${eventType}#${field}=${value}`)
      }
    }
  }
  return [...found]
}

/** A covered value covers its field, a covered field its endpoint or event. */
export function withWholes(covered: string): readonly string[] {
  const field = /^(.*?#[^=]*)=/.exec(covered)?.[1]
  const whole = covered.includes('#') ? covered.slice(0, covered.indexOf('#')) : undefined
  return [covered, field, whole].filter((one) => one !== undefined)
}
