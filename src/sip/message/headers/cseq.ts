// CSeq (RFC 3261 §20.16).

import { cseqLimit } from '../limits.ts'
import { isToken, parseNumber } from '../text.ts'

export interface CSeq {
  readonly number: number
  readonly method: string
}

/** `number method`; undefined when malformed or not below 2^31. */
export function parseCSeq(text: string): CSeq | undefined {
  const match = /^(\d+)\s+(\S+)$/.exec(text.trim())
  if (match === null) return undefined
  const [, digits = '', method = ''] = match
  const number = parseNumber(digits, cseqLimit - 1)
  return number === undefined || !isToken(method) ? undefined : { number, method }
}
