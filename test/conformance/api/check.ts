// What a conformance check is, and the few words that all checks are written with. A check is one statement about the API
// that can be true or false of any server: it has a name, a source that says so, and a list of what it covers.
//
// What is covered is named like this, and docs/reference/conformance.md is a table of these names:
//   'POST /queues'                 an endpoint               'POST /queues#max_size'          its parameter
//   'code 422 10033'               an error                  'event call.enqueued'            a webhook
//   'event call.enqueued#queue'    its field                 'object queue#name'              a field of an answer
//   'rule …'                       a rule that belongs to none of these
import assert from 'node:assert/strict'
import type { Answer, ConformanceStage, Json } from './stage.ts'

export interface Check {
  readonly name: string
  /** `C12` of docs/reference/compatibility.md, or the vendor's public page. */
  readonly cites: string
  readonly covers: readonly string[]
  /** What the check cannot do without; default `http`: nothing but the API. */
  readonly needs?: 'calls'
  /** It takes so long at least, because the API knows no shorter time. It runs beside all others, and against no deviation. */
  readonly takesMs?: number
  readonly run: (stage: ConformanceStage) => void | Promise<void>
}

/** The vendor's page of one operation, by its published title. */
export const page = (operation: string): string => `Telnyx Voice API reference, "${operation}"`
/** The vendor's page of one error code. */
export const errorPage = (code: string): string =>
  `https://developers.telnyx.com/docs/overview/errors/${code}`
/** The vendor's client for Node. */
export const clientPage = 'https://www.npmjs.com/package/telnyx/v/7.24.0'
/** The vendor's page of webhooks. */
export const webhookPage = 'Telnyx developer guide, "Voice API webhooks"'

export interface ApiError {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly source?: { readonly pointer?: string; readonly parameter?: string }
  readonly meta?: Json
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The `data` object of a success; creations of some kinds are 201, all else is 200. */
export function dataOf(answer: Answer, status = 200): Json {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.ok(isRecord(answer.body), JSON.stringify(answer.body))
  const data = answer.body['data']
  assert.ok(isRecord(data), JSON.stringify(answer.body))
  return data
}

/** The `data` list of a success. */
export function listOf(answer: Answer): readonly Json[] {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.ok(isRecord(answer.body) && Array.isArray(answer.body['data']), 'data is no list')
  return answer.body['data'].filter(isRecord)
}

export function metaOf(answer: Answer): Json {
  assert.ok(isRecord(answer.body) && isRecord(answer.body['meta']), JSON.stringify(answer.body))
  return answer.body['meta']
}

/** All errors of a refusal, each of which must have the published shape. */
export function errorsOf(answer: Answer): readonly ApiError[] {
  const text = JSON.stringify(answer.body)
  assert.ok(isRecord(answer.body), text)
  const errors = answer.body['errors']
  assert.ok(Array.isArray(errors) && errors.length > 0, text)
  return errors.map((one: unknown): ApiError => {
    assert.ok(isRecord(one), text)
    const { code, title, detail, source, meta } = one
    assert.ok(typeof code === 'string' && /^\d{5}$/.test(code), `code: ${text}`)
    assert.ok(typeof title === 'string' && title !== '', `title: ${text}`)
    assert.ok(typeof detail === 'string' && detail !== '', `detail: ${text}`)
    assert.ok(source === undefined || isRecord(source), `source: ${text}`)
    assert.ok(meta === undefined || isRecord(meta), `meta: ${text}`)
    const { pointer, parameter } = source ?? {}
    return {
      code,
      title,
      detail,
      source: {
        ...(typeof pointer === 'string' ? { pointer } : {}),
        ...(typeof parameter === 'string' ? { parameter } : {}),
      },
      ...(meta === undefined ? {} : { meta }),
    }
  })
}

export interface Expected {
  readonly pointer?: string
  readonly parameter?: string
  readonly title?: string
  readonly detail?: RegExp
}

/** A refusal with this status and code; the first error is looked at. */
export function assertRefused(
  answer: Answer,
  status: number,
  code: string,
  expected: Expected = {},
): ApiError {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  const [error] = errorsOf(answer)
  assert.ok(error)
  assert.equal(error.code, code, JSON.stringify(answer.body))
  if (expected.pointer !== undefined) assert.equal(error.source?.pointer, expected.pointer)
  if (expected.parameter !== undefined) assert.equal(error.source?.parameter, expected.parameter)
  if (expected.title !== undefined) assert.equal(error.title, expected.title)
  if (expected.detail !== undefined) assert.match(error.detail, expected.detail)
  return error
}

/** Accepted: 200 and `{"data":{"result":"ok"}}`. */
export function assertOk(answer: Answer): void {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(dataOf(answer)['result'], 'ok')
}

/** Kinds of value that fields have, each with its test. */
export const kinds = {
  uuid: (value) =>
    typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  decimal: (value) => typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value),
  token: (value) => typeof value === 'string' && /^v\d:\S{20,}$/.test(value),
  text: (value) => typeof value === 'string' && value !== '',
  anyText: (value) => typeof value === 'string',
  textOrNull: (value) => value === null || typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  count: (value) => Number.isInteger(value) && Number(value) >= 0,
  positive: (value) => Number.isInteger(value) && Number(value) >= 1,
  list: (value) => Array.isArray(value),
  object: (value) => isRecord(value),
  objectOrNull: (value) => value === null || isRecord(value),
  millis: (value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  micros: (value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value),
  digits: (value) => typeof value === 'string' && /^\d+$/.test(value),
  codecs: (value) => typeof value === 'string' && /^[A-Za-z0-9-]+(,[A-Za-z0-9-]+)*$/.test(value),
} as const satisfies Record<string, (value: unknown) => boolean>

export type Kind = keyof typeof kinds

/** A field's wanted value: a kind, or the list of its values. */
export type Wanted = Kind | readonly unknown[]

/** The field is there and of that kind. */
export function assertField(holder: Json, name: string, wanted: Wanted): void {
  assert.ok(name in holder, `no ${name} in ${JSON.stringify(holder)}`)
  const value = holder[name]
  const fits = typeof wanted === 'string' ? kinds[wanted](value) : wanted.includes(value)
  const what = typeof wanted === 'string' ? wanted : `one of ${wanted.join(', ')}`
  assert.ok(fits, `${name} is ${JSON.stringify(value)}, not ${what}`)
}

/** Says it in the words of the list of checks. */
export function wantedText(wanted: Wanted): string {
  return typeof wanted === 'string' ? wanted : wanted.map((one) => JSON.stringify(one)).join(' or ')
}
