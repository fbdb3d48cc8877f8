// Content-Type and Accept (RFC 3261 §20.1, §20.15).

import type { HeaderFields } from '../types.ts'
import type { Parameters } from '../parameters.ts'
import { isToken } from '../text.ts'
import { parseValueWithParameters } from './value-with-parameters.ts'

export interface MediaType {
  /** Lower case `type/subtype`. */
  readonly type: string
  readonly parameters: Parameters
}

/** undefined when malformed. */
export function parseMediaType(text: string): MediaType | undefined {
  const parsed = parseValueWithParameters(text)
  if (parsed === undefined) return undefined
  const [major = '', minor = '', ...rest] = parsed.value.split('/').map((piece) => piece.trim())
  if (!isToken(major) || !isToken(minor) || rest.length > 0) return undefined
  return { type: `${major}/${minor}`.toLowerCase(), parameters: parsed.parameters }
}

/** Whether the peer takes `type`; a message without Accept takes application/sdp (RFC 3261 §20.1), and so does an unreadable one. */
export function accepts(headers: HeaderFields, type: string): boolean {
  if (!headers.has('accept')) return true
  const [major] = type.split('/')
  for (const value of headers.values('accept')) {
    const range = parseMediaType(value)
    if (range === undefined || range.parameters.get('q') === '0') continue
    if (range.type === '*/*' || range.type === type || range.type === `${major}/*`) return true
  }
  return false
}
