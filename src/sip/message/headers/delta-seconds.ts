// Expires, Min-Expires, Max-Forwards: plain numbers, checked before use.

import { deltaSecondsMax } from '../limits.ts'
import { parseNumber } from '../text.ts'

/** Seconds; digits beyond 2^32-1 are clamped to it (never wrapped), anything else is undefined. */
export function parseDeltaSeconds(text: string): number | undefined {
  const digits = text.trim()
  if (!/^\d+$/.test(digits)) return undefined
  return parseNumber(digits, deltaSecondsMax) ?? deltaSecondsMax
}

/** 0 to 255; undefined otherwise (RFC 3261 §20.22). */
export function parseMaxForwards(text: string): number | undefined {
  return parseNumber(text.trim(), 255)
}
