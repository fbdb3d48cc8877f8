// sip:, sips: and tel: URIs (RFC 3261 §19.1, RFC 3966, RFC 5118). Parts keep their wire spelling, escapes included, so that
// %00 or %40 can never cut or move a boundary; `unescapeUri` gives the readable form, comparison works on unescaped text.

import { parseHostPort } from './host.ts'

export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** Escapes kept; undefined when there is no `@`. */
  readonly user: string | undefined
  readonly password: string | undefined
  /** Wire form: IPv6 in brackets; lower case. */
  readonly host: string
  readonly port: number | undefined
  /** Names in lower case and unescaped, values as on the wire; a flag has ''. */
  readonly parameters: ReadonlyMap<string, string>
  /** The part behind `?`, raw; undefined when absent. */
  readonly headers: string | undefined
}

export interface TelUri {
  readonly scheme: 'tel'
  /** As written: `+1-201-555-0123`. */
  readonly number: string
  readonly parameters: ReadonlyMap<string, string>
}

export type Uri = SipUri | TelUri

const badUriBytes = /[\x00-\x20<>"\x7f]/

/** Scheme of any URI in lower case, or undefined when the text has none. */
export function uriScheme(text: string): string | undefined {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):./.exec(text)
  return match?.[1]?.toLowerCase()
}

/** Parses a sip, sips or tel URI; undefined for every other scheme and for anything malformed. */
export function parseUri(text: string): Uri | undefined {
  if (badUriBytes.test(text)) return undefined
  switch (uriScheme(text)) {
    case 'sip':
      return parseSip('sip', text.slice(4))
    case 'sips':
      return parseSip('sips', text.slice(5))
    case 'tel':
      return parseTel(text.slice(4))
    case undefined:
    default:
      return undefined
  }
}

/** As `parseUri`, for callers that can use nothing but sip and sips. */
export function parseSipUri(text: string): SipUri | undefined {
  const uri = parseUri(text)
  return uri === undefined || uri.scheme === 'tel' ? undefined : uri
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  const at = rest.indexOf('@')
  // An unescaped second @ would let two readers see two hosts.
  if (at === 0 || (at > 0 && rest.includes('@', at + 1))) return undefined
  const userInfo = at < 0 ? undefined : rest.slice(0, at)
  if (userInfo !== undefined && !escapesAreWhole(userInfo)) return undefined
  const behind = at < 0 ? rest : rest.slice(at + 1)
  const question = behind.indexOf('?')
  const location = question < 0 ? behind : behind.slice(0, question)
  const semicolon = location.indexOf(';')
  const hostPort = parseHostPort(semicolon < 0 ? location : location.slice(0, semicolon))
  if (hostPort === undefined) return undefined
  const parameters = parseUriParameters(
    semicolon < 0 ? '' : location.slice(semicolon + 1),
    semicolon >= 0,
  )
  if (parameters === undefined) return undefined
  const colon = userInfo?.indexOf(':') ?? -1
  return {
    scheme,
    user: colon < 0 ? userInfo : userInfo?.slice(0, colon),
    password: colon < 0 ? undefined : userInfo?.slice(colon + 1),
    host: hostPort.host,
    port: hostPort.port,
    parameters,
    headers: question < 0 ? undefined : behind.slice(question + 1),
  }
}

function parseTel(rest: string): TelUri | undefined {
  const semicolon = rest.indexOf(';')
  const number = semicolon < 0 ? rest : rest.slice(0, semicolon)
  // Two looks at the text, because one pattern for both rules backtracks over every digit of a long one.
  if (!/^\+?[0-9A-Fa-f*#().-]+$/.test(number) || !/[0-9A-Fa-f*#]/.test(number)) return undefined
  const parameters = parseUriParameters(
    semicolon < 0 ? '' : rest.slice(semicolon + 1),
    semicolon >= 0,
  )
  return parameters === undefined ? undefined : { scheme: 'tel', number, parameters }
}

const noUriParameters: ReadonlyMap<string, string> = new Map()

function parseUriParameters(
  text: string,
  present: boolean,
): ReadonlyMap<string, string> | undefined {
  if (!present) return noUriParameters
  const parameters = new Map<string, string>()
  for (const piece of text.split(';')) {
    const equals = piece.indexOf('=')
    const name = equals < 0 ? piece : piece.slice(0, equals)
    if (name === '' || !escapesAreWhole(piece)) return undefined
    const key = unescapeUri(name).toLowerCase()
    if (!parameters.has(key)) parameters.set(key, equals < 0 ? '' : piece.slice(equals + 1))
  }
  return parameters
}

function escapesAreWhole(text: string): boolean {
  return !text.includes('%') || !/%(?![0-9A-Fa-f]{2})/.test(text)
}

/** The wire text of a URI. Parts are written as they are: escape user-supplied parts with `escapeUser` first. */
export function formatUri(uri: Uri): string {
  let text: string
  if (uri.scheme === 'tel') text = `tel:${uri.number}`
  else {
    text = `${uri.scheme}:`
    if (uri.user !== undefined) {
      text += uri.password === undefined ? `${uri.user}@` : `${uri.user}:${uri.password}@`
    }
    text += uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`
  }
  for (const [name, value] of uri.parameters) {
    const safeName = escapeParameter(name)
    text += value === '' ? `;${safeName}` : `;${safeName}=${value}`
  }
  if (uri.scheme !== 'tel' && uri.headers !== undefined) text += `?${uri.headers}`
  return text
}

/** A plain sip URI from parts; `user` is readable text and gets escaped here. */
export function sipUri(user: string | undefined, host: string, port?: number): SipUri {
  return {
    scheme: 'sip',
    user: user === undefined ? undefined : escapeUser(user),
    password: undefined,
    host,
    port,
    parameters: noUriParameters,
    headers: undefined,
  }
}

/** Percent-decoding as UTF-8 where it is valid, otherwise as Latin-1; never throws. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
}

/** Readable text as a URI user part: everything outside the grammar's unreserved set is escaped (RFC 3261 §25.1). */
export function escapeUser(text: string): string {
  return escapeOutside(text, /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu)
}

/** Readable text as a URI parameter name or value. */
export function escapeParameter(text: string): string {
  return escapeOutside(text, /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/gu)
}

function escapeOutside(text: string, outside: RegExp): string {
  return text.replace(outside, (character) => {
    if (character < '\x80') return escapeByte(character.charCodeAt(0))
    return Array.from(Buffer.from(character), escapeByte).join('')
  })
}

function escapeByte(byte: number): string {
  return `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
}

/**
 * RFC 3261 §19.1.4 equality: user with case, host without, escapes undone; user, ttl, method, maddr and transport must agree,
 * other parameters only when both have them; header parts must be equal. tel numbers compare without visual separators.
 */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.scheme === 'tel' || b.scheme === 'tel') {
    return a.scheme === 'tel' && b.scheme === 'tel' && digitsOf(a.number) === digitsOf(b.number)
  }
  if (a.scheme !== b.scheme || a.host !== b.host || a.port !== b.port) return false
  if (unescapedOrNone(a.user) !== unescapedOrNone(b.user)) return false
  if (unescapedOrNone(a.password) !== unescapedOrNone(b.password)) return false
  if (unescapedOrNone(a.headers) !== unescapedOrNone(b.headers)) return false
  return sameParameters(a.parameters, b.parameters)
}

const mustAgree = new Set(['user', 'ttl', 'method', 'maddr', 'transport'])

function sameParameters(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(name)
    const right = b.get(name)
    if (left === undefined || right === undefined) {
      if (mustAgree.has(name)) return false
    } else if (unescapeUri(left).toLowerCase() !== unescapeUri(right).toLowerCase()) return false
  }
  return true
}

function unescapedOrNone(text: string | undefined): string | undefined {
  return text === undefined ? undefined : unescapeUri(text)
}

function digitsOf(number: string): string {
  return number.replace(/[().-]/g, '').toLowerCase()
}
