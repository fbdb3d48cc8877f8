// What we tell peers about ourselves, and which of their headers go up to the engine.

import type { HeaderFields } from '../message/types.ts'
import { defaultUasRules } from '../transaction/check-request.ts'

export const ALLOW = defaultUasRules.methods.join(', ')
export const SUPPORTED = '100rel, timer, norefersub'
export const ACCEPT = 'application/sdp'
export const PRODUCT = 'Holdfast'

export type Headers = readonly (readonly [name: string, value: string])[]

/** What the engine may learn of a message: customers' own headers and the two call-centre ones. */
export function customHeadersOf(headers: HeaderFields): readonly { name: string; value: string }[] {
  return pick(headers, (name) => name.startsWith('x-'))
}

export function wellKnownHeadersOf(
  headers: HeaderFields,
): readonly { name: string; value: string }[] {
  return pick(headers, (name) => name === 'user-to-user' || name === 'diversion')
}

/** Most header fields of one message that are handed up. */
const PICKED_MAX = 50

function pick(
  headers: HeaderFields,
  wanted: (lowerName: string) => boolean,
): readonly { name: string; value: string }[] {
  const picked: { name: string; value: string }[] = []
  for (const [name, value] of headers.entries()) {
    if (picked.length < PICKED_MAX && wanted(name.toLowerCase())) picked.push({ name, value })
  }
  return picked
}
