// Expires, Min-Expires, Retry-After, Max-Forwards: plain numbers, checked before use.

import { deltaSecondsMax } from '../limits.ts'
import { parseNumber } from '../text.ts'

/** Seconds; digits beyond 2^32-1 are clamped to it (never wrapped), anything else is undefined. */
export function parseDeltaSeconds(text: string): number | undefined {
  const digits = text.trim()
  if (!/^\d+$/.test(digits)) return undefined
  return parseNumber(digits, deltaSecondsMax) ?? deltaSecondsMax
}

/** The seconds of a Retry-After value, its comment and parameters ignored (RFC 3261 §20.33). */
export function parseRetryAfter(text: string): number | undefined {
  const match = /^\s*(\d+)/.exec(text)
  return match?.[1] === undefined ? undefined : parseDeltaSeconds(match[1])
}

/** 0 to 255; undefined otherwise (RFC 3261 §20.22). */
export function parseMaxForwards(text: string): number | undefined {
  return parseNumber(text.trim(), 255)
}
