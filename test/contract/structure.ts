// The vendor's description of the API, when it lies next to this checkout, compiled into validators on demand. The few
// places where the contract knows better than the description are one table here.

import { existsSync, readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const structureFile =
  process.env['HOLDFAST_CONTRACT'] ??
  new URL('../../../shared/contract/voice-api.structure.json', import.meta.url)

/** Properties that may be null although the description has no null there. */
export const nullableProperties: ReadonlySet<string> = new Set([
  'client_state',
  'call_quality_stats',
  'telnyx_error',
  'mp3',
  'wav',
  'end_reason',
  'ended_by',
  // Cursors that point nowhere.
  'after',
  'before',
  'next',
  'previous',
])

/** Enums that the description draws too tightly: `Diversion` is a SIP header of webhooks too. */
const widerEnums: Readonly<Record<string, readonly string[]>> = {
  SipHeader: ['User-to-User', 'Diversion'],
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }
export type JsonObject = Extract<Json, { [key: string]: unknown }>

export interface Structure {
  readonly paths: readonly PathTemplate[]
  /** Schema of an answer: the exact status, else `default`; undefined when the operation names neither. */
  answerSchema(template: string, method: string, status: number): JsonObject | 'no-body' | undefined
  /** Schema of the JSON body of a request; undefined when it has none. */
  requestSchema(template: string, method: string): JsonObject | undefined
  /** Schema of a webhook body by its event type. */
  webhookSchema(eventType: string): JsonObject | undefined
  validate(schema: JsonObject): ValidateFunction
  /** Follows `$ref`. */
  resolve(schema: Json | undefined): JsonObject | undefined
}

export interface PathTemplate {
  readonly template: string
  readonly pattern: RegExp
  readonly methods: readonly string[]
}

let loaded: Structure | undefined

/** Undefined when the description is not there: then nothing can be checked against it. */
export function loadStructure(): Structure | undefined {
  if (loaded === undefined && existsSync(structureFile)) {
    const text = readFileSync(structureFile, 'utf8')
    loaded = build(JSON.parse(text) as JsonObject)
  }
  return loaded
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function build(description: JsonObject): Structure {
  adjust(description)
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
  addFormats.default(ajv)
  // Formats that say what a type says already.
  for (const name of ['integer', 'json-pointer', 'url']) ajv.addFormat(name, true)
  ajv.addSchema({ $id: 'api', components: description['components'] })
  const compiled = new Map<JsonObject, ValidateFunction>()

  const resolve = (schema: Json | undefined): JsonObject | undefined => {
    if (!isObject(schema)) return undefined
    const reference = schema['$ref']
    if (typeof reference !== 'string') return schema
    let at: Json | undefined = description
    for (const part of reference.slice(2).split('/')) at = isObject(at) ? at[part] : undefined
    return resolve(at)
  }
  const dig = (from: Json | undefined, ...keys: string[]): JsonObject | undefined =>
    keys.reduce<JsonObject | undefined>((at, key) => resolve(at?.[key]), resolve(from))
  const webhooks = new Map<string, JsonObject>()
  for (const webhook of Object.values(dig(description, 'webhooks') ?? {})) {
    const schema = dig(webhook, 'post', 'requestBody', 'content', 'application/json', 'schema')
    // One event is described without its `data`; it comes with it like all others (C60).
    const event = dig(schema, 'properties', 'data') ?? schema ?? {}
    const types = dig(event, 'properties', 'event_type')?.['enum']
    for (const type of Array.isArray(types) ? types : []) webhooks.set(String(type), event)
  }
  const paths = Object.entries(dig(description, 'paths') ?? {}).map(([template, operations]) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
    methods: Object.keys(resolve(operations) ?? {}).filter((key) => key !== 'parameters'),
  }))

  return {
    paths,
    resolve,
    requestSchema: (template, method) =>
      dig(
        description['paths'],
        template,
        method,
        'requestBody',
        'content',
        'application/json',
        'schema',
      ),
    webhookSchema: (eventType) => webhooks.get(eventType),
    answerSchema(template, method, status) {
      const responses = dig(description, 'paths', template, method, 'responses')
      const response = resolve(responses?.[String(status)] ?? responses?.['default'])
      if (response === undefined) return undefined
      return dig(response, 'content', 'application/json', 'schema') ?? 'no-body'
    },
    validate(schema) {
      const known = compiled.get(schema)
      if (known !== undefined) return known
      const made = ajv.compile(pointAtApi(schema))
      compiled.set(schema, made)
      return made
    },
  }
}

/** Widens the description in place, as the tables above say. */
function adjust(node: Json | undefined, name = ''): void {
  if (Array.isArray(node)) return node.forEach((one) => adjust(one, name))
  if (!isObject(node)) return
  const properties = node['properties']
  if (isObject(properties)) {
    for (const [key, schema] of Object.entries(properties)) {
      if (!isObject(schema) || !nullableProperties.has(key)) continue
      properties[key] = { anyOf: [schema, { type: 'null' }] }
    }
    const wider = widerEnums[name]
    const named = properties['name']
    if (wider !== undefined && isObject(named)) named['enum'] = [...wider]
  }
  for (const [key, inner] of Object.entries(node)) adjust(inner, key)
}

/** References are to the whole description, which the validator knows as `api`. */
function pointAtApi(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')
  return JSON.parse(text) as JsonObject
}
