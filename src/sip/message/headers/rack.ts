// RAck and RSeq of reliable provisional responses (RFC 3262 §7.1, §7.2).

import { cseqLimit, deltaSecondsMax } from '../limits.ts'
import { isToken, parseNumber } from '../text.ts'

export interface RAck {
  readonly rseq: number
  readonly cseq: number
  readonly method: string
}

/** `rseq cseq method`; undefined when malformed. */
export function parseRAck(text: string): RAck | undefined {
  const [first = '', second = '', method = '', ...rest] = text.trim().split(/\s+/)
  const rseq = parseNumber(first, deltaSecondsMax)
  const cseq = parseNumber(second, cseqLimit - 1)
  if (rseq === undefined || cseq === undefined || !isToken(method) || rest.length > 0)
    return undefined
  return { rseq, cseq, method }
}

export function formatRAck(value: RAck): string {
  return `${value.rseq} ${value.cseq} ${value.method}`
}

/** 1 to 2^32-1; undefined otherwise. */
export function parseRSeq(text: string): number | undefined {
  const value = parseNumber(text.trim(), deltaSecondsMax)
  return value === 0 ? undefined : value
}
