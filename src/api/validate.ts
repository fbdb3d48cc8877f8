// Checks a body or a query against its schema and answers the vendor's codes. The HTTP library's own validator stops at
// types and has one code for everything; this walk goes in schema order, collects every fault, knows the parameters that
// have a code of their own (`x-own`), and applies defaults. A null is an absent value; unknown fields are ignored (C22).

import type { ErrorName } from './errors.ts'
import { missing } from './problems.ts'
import type { Problem } from './problems.ts'
import { rules } from './rules.ts'
import type { JudgeUrl, RuleName } from './rules.ts'

/** What this walk reads of a JSON schema; the rest is for documentation. */
export interface FieldSchema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly items?: FieldSchema
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  /** Catalogue name that every fault of this field has. */
  readonly 'x-own'?: ErrorName
  readonly 'x-rule'?: RuleName
  /** A feature we lack: any value but these is refused. */
  readonly 'x-lacking'?: readonly unknown[]
}

export type Checked =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly Problem[] }

interface Walk {
  readonly part: 'body' | 'query'
  readonly problems: Problem[]
  readonly judgeUrl: JudgeUrl
}

/** Checks `value` (a parsed JSON body, or the texts of a query) against an object schema. */
export function checkAgainst(
  schema: FieldSchema,
  value: unknown,
  part: 'body' | 'query',
  judgeUrl: JudgeUrl = () => undefined,
): Checked {
  const walk: Walk = { part, problems: [], judgeUrl }
  if (value !== undefined && value !== null && !isObject(value)) {
    return { ok: false, problems: [{ name: 'malformed-request' }] }
  }
  const result = checkObject(walk, schema, value ?? {}, '')
  return walk.problems.length === 0
    ? { ok: true, value: result }
    : { ok: false, problems: walk.problems }
}

function checkObject(walk: Walk, schema: FieldSchema, value: object, at: string) {
  const result: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const where = walk.part === 'body' ? `${at}/${pointerToken(name)}` : name
    const given = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
    const absent = given === undefined || given === null || (walk.part === 'query' && given === '')
    if (!absent) result[name] = checkField(walk, field, given, where, name)
    else if (field.default !== undefined) result[name] = field.default
    else if (schema.required?.includes(name)) report(walk, field, where, missing(name))
  }
  return result
}

function checkField(walk: Walk, field: FieldSchema, given: unknown, where: string, name: string) {
  if (field['x-lacking'] !== undefined) {
    if (!field['x-lacking'].includes(given) && !isSwitchedOff(given))
      report(walk, field, where, lacking(name))
    return undefined
  }
  const value = walk.part === 'query' ? fromQuery(field, given) : given
  const before = walk.problems.length
  const checked = checkType(walk, field, value, where, name)
  if (walk.problems.length === before && field['x-rule'] !== undefined) {
    for (const problem of rules[field['x-rule']](value, name, walk.judgeUrl)) {
      report(walk, field, `${where}${problem.pointer ?? ''}`, problem)
    }
  }
  return checked
}

function checkType(
  walk: Walk,
  field: FieldSchema,
  value: unknown,
  where: string,
  name: string,
): unknown {
  const fault = (problem: Problem | undefined): unknown => {
    if (problem !== undefined) report(walk, field, where, problem)
    return value
  }
  if (field.enum !== undefined) return fault(enumFault(field.enum, value))
  switch (field.type) {
    case 'string':
      return fault(textFault(field, value, name))
    case 'integer':
      return fault(integerFault(field, value))
    case 'boolean':
      return fault(typeof value === 'boolean' ? undefined : wrongType('boolean', value))
    case 'array':
      return Array.isArray(value)
        ? checkArray(walk, field, value, where, name)
        : fault(wrongType('array', value))
    case 'object':
      if (!isObject(value)) return fault(wrongType('object', value))
      return field.properties === undefined ? value : checkObject(walk, field, value, where)
    case undefined:
      return value // Any type: a rule decides.
    default:
      throw new Error(`schema type without check: ${field.type}`)
  }
}

function checkArray(
  walk: Walk,
  field: FieldSchema,
  value: readonly unknown[],
  where: string,
  name: string,
): unknown {
  const most = field.maxItems ?? 1000
  if (value.length > most) {
    const detail = `The '${name}' parameter must have at most ${most} entries, but has ${value.length}.`
    report(walk, field, where, { name: 'parameter-refused', detail })
    return value
  }
  const { items } = field
  if (items === undefined) return value
  return value.map((entry, index) => checkField(walk, items, entry, `${where}/${index}`, name))
}

function enumFault(values: readonly string[], value: unknown): Problem | undefined {
  if (typeof value !== 'string') return wrongType('string', value)
  if (values.includes(value)) return undefined
  const list = values.toSorted().join(', ')
  return { name: 'not-enumerated', detail: `The value must be one of: ${list}.` }
}

function textFault(field: FieldSchema, value: unknown, name: string): Problem | undefined {
  if (typeof value !== 'string') return wrongType('string', value)
  if (!value.isWellFormed()) {
    return { name: 'parameter-refused', detail: 'Invalid characters in the request.' }
  }
  const least = field.minLength ?? 0
  if (value === '' && least > 0) return missing(name)
  const most = field.maxLength ?? 4096
  // Code points, not UTF-16 units; the cheap test first, because most texts are short.
  const length = value.length <= most ? value.length : [...value].length
  if (length >= least && length <= most) return undefined
  return {
    name: 'string-length',
    detail: `The string length of '${name}' must be between ${least} and ${most} characters long, but was ${length}.`,
  }
}

function integerFault(field: FieldSchema, value: unknown): Problem | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType('integer', value)
  const least = field.minimum ?? Number.MIN_SAFE_INTEGER
  const most = field.maximum ?? Number.MAX_SAFE_INTEGER
  if (value >= least && value <= most) return undefined
  return {
    name: 'out-of-range',
    detail: `The value is outside of allowed range ${least} to ${most}`,
  }
}

// Query values are texts: what reads as the wanted type is that type, anything else is left to fail as a text.
function fromQuery(field: FieldSchema, given: unknown): unknown {
  if (typeof given !== 'string') return given
  if (field.type === 'integer' && /^-?\d{1,300}$/.test(given)) return Number(given)
  if (field.type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true'
  return given
}

function report(walk: Walk, field: FieldSchema, where: string, problem: Problem): void {
  const source = walk.part === 'body' ? { pointer: where } : { parameter: where }
  const own = field['x-own']
  const isOwn = own !== undefined && problem.name !== 'parameter-missing'
  walk.problems.push(isOwn ? { name: own, ...source } : { ...problem, ...source })
}

/** `{"enabled": false}` asks for nothing. */
function isSwitchedOff(given: unknown): boolean {
  return isObject(given) && 'enabled' in given && given.enabled === false
}

function lacking(name: string): Problem {
  return {
    name: 'parameter-refused',
    detail: `The '${name}' parameter asks for a feature that this server does not have.`,
  }
}

function wrongType(wanted: string, value: unknown): Problem {
  return {
    name: 'parameter-type',
    detail: `The parameter must be of type ${wanted}, but received type ${typeName(value)}`,
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  return typeof value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// RFC 6901 §3.
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
