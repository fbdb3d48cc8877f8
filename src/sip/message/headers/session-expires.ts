// Session-Expires and Min-SE (RFC 4028 §4, §5).

import { deltaSecondsMax } from '../limits.ts'
import { parseNumber } from '../text.ts'
import { parseValueWithParameters } from './value-with-parameters.ts'

export interface SessionExpires {
  readonly seconds: number
  readonly refresher: 'uac' | 'uas' | undefined
}

/** undefined when malformed. */
export function parseSessionExpires(text: string): SessionExpires | undefined {
  const parsed = parseValueWithParameters(text)
  const seconds = parseNumber(parsed?.value ?? '', deltaSecondsMax)
  if (parsed === undefined || seconds === undefined) return undefined
  const refresher = parsed.parameters.get('refresher')?.toLowerCase()
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined }
}

/** Seconds of a Min-SE value; undefined when malformed. */
export function parseMinSe(text: string): number | undefined {
  return parseNumber(parseValueWithParameters(text)?.value ?? '', deltaSecondsMax)
}
