// The kinds of keys a configuration table is made of. A key knows how to read one value; everything said about it in the
// reference and in error texts comes from the same object, so they cannot drift apart.

import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'

/** `stable` keys keep their name and meaning within a major version; `tuning` keys may change with any release. */
export type Stability = 'stable' | 'tuning'

/** Checks that need the platform, handed in so that this room stays free of it. */
export interface SpecChecks {
  /** True for a CIDR range or an IP literal. */
  isAddressRange(text: string): boolean
}

/** One key. `parse` answers the value, or what the value must be (as the rest of "must be …"). */
export interface Leaf<T> {
  readonly kind: 'leaf'
  readonly type: string
  readonly default: T | undefined
  /** A key inside a list entry that must be given. */
  readonly required: boolean
  readonly range: string
  readonly unit: string
  readonly doc: string
  readonly stability: Stability
  /** Never printed. */
  readonly secret: boolean
  parse(value: unknown, checks: SpecChecks): Result<T, string>
}

/** A list of objects with the same keys, such as `applications`. */
export interface Records<F extends Fields> {
  readonly kind: 'records'
  readonly fields: F
  readonly doc: string
  readonly entriesMax: number
}

export type Fields = { readonly [key: string]: Leaf<unknown> }
export type Table = { readonly [key: string]: Leaf<unknown> | Records<Fields> | Fields }

/** The typed configuration that a table describes. */
export type ValueOf<Node> =
  Node extends Leaf<infer T>
    ? T
    : Node extends Records<infer F>
      ? readonly { readonly [K in keyof F]: ValueOf<F[K]> }[]
      : { readonly [K in keyof Node]: ValueOf<Node[K]> }

export interface About<T> {
  readonly default?: T
  readonly required?: boolean
  readonly unit?: string
  readonly doc: string
  readonly stability?: Stability
  readonly secret?: boolean
}

type Read<T> = (value: unknown, checks: SpecChecks) => Result<T, string>

function leaf<T>(type: string, range: string, about: About<T>, parse: Read<T>): Leaf<T> {
  return {
    kind: 'leaf',
    type,
    range,
    default: about.default,
    required: about.required ?? false,
    unit: about.unit ?? '',
    doc: about.doc,
    stability: about.stability ?? 'stable',
    secret: about.secret ?? false,
    parse,
  }
}

/** Whole number in [min, max]; from the environment it arrives as digits. */
export function integer(min: number, max: number, about: About<number>): Leaf<number> {
  return leaf('integer', `${min} to ${max}`, about, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? ok(value)
      : refused(`an integer from ${min} to ${max}`),
  )
}

/** Like `integer`, or absent. */
export function optionalInteger(
  min: number,
  max: number,
  about: About<number | undefined>,
): Leaf<number | undefined> {
  return leaf<number | undefined>('integer', `${min} to ${max}, or none`, about, (value) => {
    if (value === undefined || value === null) return ok(undefined)
    return integer(min, max, { doc: '' }).parse(value, { isAddressRange: () => false })
  })
}

export function boolean(about: About<boolean>): Leaf<boolean> {
  return leaf('boolean', 'true or false', about, (value) =>
    typeof value === 'boolean' ? ok(value) : refused('true or false'),
  )
}

/** Text of at most `charsMax` characters that matches `pattern`; `says` describes the pattern in words. */
export function text(
  charsMax: number,
  about: About<string>,
  pattern = /^[^\p{Cc}]*$/u,
  says = 'text without control characters',
): Leaf<string> {
  const range = `${says}, at most ${charsMax} characters`
  return leaf('text', range, about, (value) =>
    typeof value === 'string' && value.length <= charsMax && pattern.test(value)
      ? ok(value)
      : refused(range),
  )
}

export function choice<const T extends string>(values: readonly T[], about: About<T>): Leaf<T> {
  const range = values.join(', ')
  return leaf('choice', range, about, (value) => {
    const found = values.find((one) => one === value)
    return found === undefined ? refused(`one of ${range}`) : ok(found)
  })
}

/** List of choices, each at most once, at least one. */
export function choices<const T extends string>(
  values: readonly T[],
  about: About<readonly T[]>,
): Leaf<readonly T[]> {
  const range = `list out of ${values.join(', ')}`
  return leaf('list', range, about, (value) => {
    if (!Array.isArray(value) || value.length === 0) return refused(`a ${range}`)
    const found = values.filter((one) => value.includes(one))
    return found.length === value.length ? ok(found) : refused(`a ${range}`)
  })
}

export function texts(
  entriesMax: number,
  charsMax: number,
  about: About<readonly string[]>,
): Leaf<readonly string[]> {
  const range = `list of at most ${entriesMax} texts of 1 to ${charsMax} characters`
  const fits = (one: unknown) => typeof one === 'string' && one !== '' && one.length <= charsMax
  return leaf('list', range, about, (value) =>
    Array.isArray(value) && value.length <= entriesMax && value.every(fits)
      ? ok(value.map(String))
      : refused(`a ${range}`),
  )
}

/** A name of the time zone database, such as `Europe/Berlin`. */
export function timeZone(about: About<string>): Leaf<string> {
  const range = 'IANA time zone, such as Europe/Berlin'
  return leaf('time zone', range, about, (value) => {
    if (typeof value !== 'string' || value === '') return refused(`an ${range}`)
    try {
      return ok(new Intl.DateTimeFormat('en', { timeZone: value }) && value)
    } catch {
      return refused(`an ${range}`)
    }
  })
}

/** List of CIDR ranges or addresses. */
export function addressRanges(about: About<readonly string[]>): Leaf<readonly string[]> {
  const range = 'list of CIDR ranges or IP addresses'
  return leaf('list', range, about, (value, checks) => {
    if (!Array.isArray(value) || value.length > 1000) return refused(`a ${range}`)
    const fits = (one: unknown) => typeof one === 'string' && checks.isAddressRange(one)
    return value.every(fits) ? ok(value.map(String)) : refused(`a ${range}`)
  })
}

/** An http or https URL, or empty text. */
export function httpUrl(about: About<string>): Leaf<string> {
  const range = 'http or https URL, or empty'
  return leaf('URL', range, about, (value) => {
    if (typeof value !== 'string' || value.length > 4096) return refused(`an ${range}`)
    if (value === '') return ok(value)
    const url = URL.parse(value)
    const web = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
    return web ? ok(value) : refused(`an ${range}`)
  })
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

/** `20000-29999`, or 0 for any free port. */
export function portRange(about: About<PortRange>): Leaf<PortRange> {
  const range = '1024-65535, or 0 for any free port'
  return leaf('port range', range, about, (value) => {
    if (value === 0 || value === '0') return ok({ first: 0, last: 0 })
    const match = typeof value === 'string' ? /^(\d{1,5})-(\d{1,5})$/.exec(value) : null
    const first = Number(match?.[1])
    const last = Number(match?.[2])
    return first >= 1024 && last <= 65_535 && last - first >= 3
      ? ok({ first, last })
      : refused(`two ports joined by "-", at least four ports wide, within ${range}`)
  })
}

export function records<F extends Fields>(entriesMax: number, doc: string, fields: F): Records<F> {
  return { kind: 'records', fields, doc, entriesMax }
}

export function isLeaf(node: Table[string]): node is Leaf<unknown> {
  return 'kind' in node && (node as { kind: unknown }).kind === 'leaf'
}

export function isRecords(node: Table[string]): node is Records<Fields> {
  return 'kind' in node && (node as { kind: unknown }).kind === 'records'
}
