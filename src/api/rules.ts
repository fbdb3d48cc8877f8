// Named checks that a JSON schema cannot say. A schema field refers to them by `x-rule`; they run after type and length.

import { isReservedHeader } from '../base/reserved-headers.ts'
import { missing } from './problems.ts'
import type { Problem } from './problems.ts'
import { eventTypes } from '../base/event-types.ts'
import { samplingRateFault, streamUrlFault, udpTargetFault } from './stream-rules.ts'

/** Why the egress rules forbid a URL, or undefined; host names are looked at when they are resolved. */
export type JudgeUrl = (url: string) => string | undefined

type Rule = (value: unknown, name: string, judgeUrl: JudgeUrl) => readonly Problem[]

const controls = /\p{Cc}/u
// ITU-T E.164: at most 15 digits, no leading zero.
const e164 = /^\+[1-9]\d{1,14}$/
const sipUri = /^sips?:[^\s\p{Cc}<>"@]+(@[^\s\p{Cc}<>"@]+)?$/iu
const sipUser = /^[A-Za-z\-_.!~*'()][A-Za-z0-9\-_.!~*'()+]{0,63}$/
// ISO 8601 as RFC 3339 has it, the zone optional, or a day. The language's own parser takes "foo 1" for a day of 2001.
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/i
// RFC 3261 §25.1: token.
const headerName = /^[A-Za-z0-9\-.!%*_+`'~]+$/

function refusedText(name: string, why: string): Problem {
  return { name: 'parameter-refused', detail: `The '${name}' parameter ${why}.` }
}

const notE164 = (name: string): Problem => ({
  name: 'number-malformed',
  detail: `The '${name}' parameter must be in E164 format.`,
})

const refusedFor = (name: string, why: string | undefined): readonly Problem[] =>
  why === undefined ? [] : [refusedText(name, why)]

const when = (fault: boolean, problem: Problem): readonly Problem[] => (fault ? [problem] : [])

/** An absolute http or https URL, in text that a header could carry. */
export function isWebUrl(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > 4096 || /[\s\p{Cc}]/u.test(text)) return false
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
}

/** Standard base64, padding optional (C-common: client_state); the empty text clears. */
export function isBase64(text: string): boolean {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text)
  if (match === null) return false
  const [, digits = '', padding = ''] = match
  if (digits.length % 4 === 1) return false
  return padding === '' || (digits.length + padding.length) % 4 === 0
}

export const rules = {
  base64: (value, name) =>
    when(!isBase64(String(value)), refusedText(name, 'must be a valid base64 string')),
  printable: (value, name) =>
    when(controls.test(String(value)), refusedText(name, 'must not contain control characters')),
  /** C15: in a path `.` and `..` are resolved away by every client, `%2E` like them (URL standard, dot segments). */
  'queue-name': (value, name): readonly Problem[] => {
    if (value === '.' || value === '..') return [refusedText(name, 'must not be . or ..')]
    return rules.printable(value, name)
  },
  destination: (value, name) => destinationProblems(value, name),
  /** One, or a list. */
  destinations: (value, name) =>
    Array.isArray(value) ? listProblems(value, name) : destinationProblems(value, name),
  caller: (value, name) => {
    const text = String(value)
    return when(!e164.test(text) && !sipUser.test(text), notE164(name))
  },
  'media-name': (value, name) =>
    when(
      /[/\\\p{Cc}]|^\.{1,2}$/u.test(String(value)),
      refusedText(name, 'must not hold slashes or control characters'),
    ),
  'sip-uri': (value, name) =>
    when(!sipUri.test(String(value)), refusedText(name, 'must be a SIP URI')),
  'display-name': (value, name) =>
    when(
      !/^[\p{L}\p{M}\p{N} \-_~!.+]*$/u.test(String(value)),
      refusedText(name, 'may contain letters, digits, spaces and -_~!.+ only'),
    ),
  'web-url': (value, name) =>
    when(!isWebUrl(value), refusedText(name, 'must be an http or https URL')),
  'webhook-url': (value, name, judgeUrl) => webhookUrlProblems(value, name, judgeUrl, ''),
  /** The empty text is none. */
  'optional-webhook-url': (value, name, judgeUrl) =>
    value === '' ? [] : webhookUrlProblems(value, name, judgeUrl, ''),
  'stream-url': (value, name, judgeUrl) => refusedFor(name, streamUrlFault(value, judgeUrl)),
  'udp-target': (value, name, judgeUrl) => refusedFor(name, udpTargetFault(value, judgeUrl)),
  'sampling-rate': (value, name) => refusedFor(name, samplingRateFault(value)),
  'sip-user-name': (value, name) =>
    when(
      !/^[A-Za-z0-9]*$/.test(String(value)),
      refusedText(name, 'may contain letters and digits only'),
    ),
  'header-name': (value, name) => {
    const text = String(value)
    if (!headerName.test(text)) return [refusedText(name, 'must hold valid SIP header names')]
    return when(
      isReservedHeader(text),
      refusedText(name, `cannot set ${text}, which is the server's own`),
    )
  },
  time: (value, name) => {
    const text = String(value)
    const isTime = isoTime.test(text) && !Number.isNaN(Date.parse(text))
    return when(!isTime, refusedText(name, 'must be an ISO 8601 time'))
  },
  codecs: (value, name) => codecProblems(String(value), name),
  /** One key, or none. */
  key: (value, name) => when(!/^[0-9A-D*#]?$/.test(String(value)), refusedText(name, 'is no key')),
  keys: (value, name) =>
    when(!/^[0-9A-D*#]+$/.test(String(value)), refusedText(name, 'must hold keys only')),
  'keys-and-pauses': (value, name) =>
    when(!/^[0-9A-D*#wW]+$/.test(String(value)), refusedText(name, 'must hold keys only')),
  'digits-on-answer': (value, name) =>
    when(!/^[0-9A-DwW*#]*$/.test(String(value)), refusedText(name, 'must hold keys only')),
  loop: (value, name) => when(loopsOf(value) === undefined, refusedText(name, 'is invalid')),
  'event-urls': (value, name, judgeUrl) => eventUrlProblems(value, name, judgeUrl),
  'event-retries': (value, name) => eventRetryProblems(value, name),
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

/** Number of times that a `loop` value means, or undefined when it is none (1 to 100, "infinity", digits as text). */
export function loopsOf(value: unknown): number | undefined {
  if (value === 'infinity') return Infinity
  const digits = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value
  const fits =
    typeof digits === 'number' && Number.isInteger(digits) && digits >= 1 && digits <= 100
  return fits ? digits : undefined
}

/** A destination may end in a comma and keys that are pressed when it has answered, at most 64. */
export function splitDestination(text: string): {
  readonly to: string
  readonly digits: string | undefined
} {
  const match = /^([^,]+),([0-9A-DwW*#]{1,64})$/.exec(text)
  return { to: match?.[1] ?? text, digits: match?.[2] }
}

/** So many can be rung at the same time (C159). */
export const destinationsMax = 20

function listProblems(list: readonly unknown[], name: string): readonly Problem[] {
  if (list.length === 0 || list.length > destinationsMax) {
    return [refusedText(name, `must have 1 to ${destinationsMax} destinations`)]
  }
  return list.flatMap((one, place) =>
    destinationProblems(one, name).map((problem) => ({ ...problem, pointer: `/${place}` })),
  )
}

function destinationProblems(value: unknown, name: string): readonly Problem[] {
  if (Array.isArray(value)) return [refusedText(name, 'must be a single destination')]
  if (typeof value !== 'string') {
    const detail = `The parameter must be of type string, but received type ${typeof value}`
    return [{ name: 'parameter-type', detail }]
  }
  if (value === '') return [missing(name)]
  const { to } = splitDestination(value)
  if (/^sips?:/i.test(to)) {
    if (/^sips:|^[^?]*;transport=tls\b/i.test(to))
      return [refusedText(name, 'must not ask for SIP over TLS, which this server does not have')]
    if (/;secure=/i.test(to)) return [refusedText(name, 'must not ask for media encryption')]
    return when(to.length > 1024 || !sipUri.test(to), notE164(name))
  }
  return when(!e164.test(to), notE164(name))
}

const codecNames = ['AMR-WB', 'G722', 'G729', 'H264', 'OPUS', 'PCMA', 'PCMU', 'VP8']

function codecProblems(text: string, name: string): readonly Problem[] {
  const known = text.split(',').every((one) => codecNames.includes(one.trim().toUpperCase()))
  const detail = `The value of '${name}' must be a comma separated list out of: ${codecNames.join(', ')}.`
  return when(!known, { name: 'not-enumerated', detail })
}

function unknownEvents(entries: Readonly<Record<string, unknown>>): readonly Problem[] {
  const unknown = Object.keys(entries).filter((type) => !eventTypes.includes(type))
  const detail = `Unknown event types: ${unknown.join(', ').slice(0, 200)}. Valid ones are: ${eventTypes.join(', ')}.`
  return when(unknown.length > 0, { name: 'webhook-urls-invalid', detail })
}

/** `of`: the event type in a map of URLs, else ''. */
function webhookUrlProblems(
  value: unknown,
  name: string,
  judgeUrl: JudgeUrl,
  of: string,
): readonly Problem[] {
  const what = of === '' ? 'URL' : `URL for ${of}`
  if (!isWebUrl(value)) {
    const verb = of === '' ? 'must be' : 'must have'
    return [refusedText(name, `${verb} an http or https ${what}`)]
  }
  return when(
    judgeUrl(value) !== undefined,
    refusedText(name, `has a ${what} that this server may not reach`),
  )
}

function eventUrlProblems(value: unknown, name: string, judgeUrl: JudgeUrl): readonly Problem[] {
  const entries = value as Readonly<Record<string, unknown>> // The schema made sure of an object.
  const problems = [...unknownEvents(entries)]
  for (const [type, url] of Object.entries(entries)) {
    if (!eventTypes.includes(type)) continue
    for (const problem of webhookUrlProblems(url, name, judgeUrl, type))
      problems.push({ ...problem, pointer: `/${type}` })
  }
  return problems
}

// At most 5 delays that sum up to at most 60,000 ms (E.6 of the vendor's webhook guide).
function eventRetryProblems(value: unknown, name: string): readonly Problem[] {
  const entries = value as Readonly<Record<string, unknown>> // The schema made sure of an object.
  const problems = [...unknownEvents(entries)]
  for (const [type, policy] of Object.entries(entries)) {
    if (!eventTypes.includes(type) || retriesOf(policy) !== undefined) continue
    const why = `must have 'retries_ms' for ${type}: at most 5 delays with a sum of at most 60000`
    problems.push({ ...refusedText(name, why), pointer: `/${type}` })
  }
  return problems
}

/** The delays of one `webhook_retries_policies` entry, or undefined when they break a rule. */
export function retriesOf(policy: unknown): readonly number[] | undefined {
  if (typeof policy !== 'object' || policy === null || !('retries_ms' in policy)) return undefined
  const { retries_ms: list } = policy
  if (!Array.isArray(list) || list.length > 5) return undefined
  const delays = list.map(Number)
  const fits = list.every((one) => Number.isInteger(one) && one >= 0)
  return fits && delays.reduce((sum, one) => sum + one, 0) <= 60_000 ? delays : undefined
}
