// What a dialog reads in the headers of others' messages, and how its route set addresses our own (RFC 3261 §12).

import { canonicalHost } from '../message/host.ts'
import { parseCSeq } from '../message/headers/cseq.ts'
import type { CSeq } from '../message/headers/cseq.ts'
import { formatNameAddr, parseNameAddr } from '../message/headers/name-addr.ts'
import { parseVia } from '../message/headers/via.ts'
import type { HeaderFields } from '../message/types.ts'
import { parseSipUri } from '../message/uri.ts'
import type { Flow } from '../transaction/types.ts'

/** RFC 3261 §12.2.1.1: loose routing keeps the target in the Request-URI, a strict first router takes its place. */
export function addressRequest(
  target: string,
  routeSet: readonly string[],
): { readonly uri: string; readonly routes: readonly string[] } {
  const first = routeSet[0]
  if (first === undefined) return { uri: target, routes: [] }
  const { uri, loose } = readRoute(first)
  if (loose) return { uri: target, routes: routeSet }
  return { uri, routes: [...routeSet.slice(1), `<${target}>`] }
}

/** The URI of the one Contact; undefined when there is none or it is `*`. */
export function contactUri(headers: HeaderFields): string | undefined {
  const value = headers.values('Contact')[0]
  return value === undefined ? undefined : parseNameAddr(value)?.uriText
}

export function cseqOf(headers: HeaderFields): CSeq | undefined {
  return parseCSeq(headers.first('CSeq') ?? '')
}

/** A From or To value without its tag, display name and other parameters kept. */
export function withoutTag(value: string): string {
  const parsed = parseNameAddr(value)
  if (parsed === undefined) return oneLine(value)
  const parameters = [...parsed.parameters].filter(([name]) => name !== 'tag')
  return oneLine(
    formatNameAddr({ displayName: parsed.displayName, uriText: parsed.uriText, parameters }),
  )
}

/** Record-Route values in order, fit to be written again. */
export function recordRoutesOf(headers: HeaderFields): readonly string[] {
  return headers.values('Record-Route').map(oneLine)
}

// A peer may escape a NUL or a line end inside a quoted string (RFC 4475 §3.1.1.2); ours never send one.
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ')
}

/** One Record-Route or Route value; a value that can not be read routes nowhere and counts as loose. */
export function readRoute(value: string): { readonly uri: string; readonly loose: boolean } {
  const text = parseNameAddr(value)?.uriText ?? value
  return { uri: text, loose: parseSipUri(text)?.parameters.has('lr') ?? true }
}

/**
 * True when the sender can only be reached where its message came from: it wrote an address into Via and into Contact
 * that is not the one we saw. A Contact elsewhere alone is no NAT, the peer may simply live there.
 */
export function isBehindNat(headers: HeaderFields, contact: string, source: Flow): boolean {
  const vias = headers.values('Via')
  const via = parseVia(vias[0] ?? '')
  const host = parseSipUri(contact)?.host
  if (via === undefined || host === undefined || vias.length !== 1) return false
  const seen = canonicalHost(source.remoteAddress)
  return canonicalHost(via.host) !== seen && canonicalHost(host) !== seen
}
