// Reason (RFC 3326): why a request was sent; several protocols may stand side by side.

import type { HeaderFields } from '../types.ts'
import { parseNumber, quote } from '../text.ts'
import { parseValueWithParameters } from './value-with-parameters.ts'

export interface Reason {
  /** Upper case: `SIP`, `Q.850`. */
  readonly protocol: string
  readonly cause: number | undefined
  readonly text: string | undefined
}

/** The readable Reason values of a message, in order. */
export function reasonsOf(headers: HeaderFields): readonly Reason[] {
  const reasons: Reason[] = []
  for (const value of headers.values('reason')) {
    const parsed = parseValueWithParameters(value)
    if (parsed === undefined) continue
    reasons.push({
      protocol: parsed.value.toUpperCase(),
      cause: parseNumber(parsed.parameters.get('cause') ?? '', 999),
      text: parsed.parameters.get('text'),
    })
  }
  return reasons
}

export function formatReason(value: Reason): string {
  const cause = value.cause === undefined ? '' : `;cause=${value.cause}`
  const text = value.text === undefined ? '' : `;text=${quote(value.text)}`
  return `${value.protocol}${cause}${text}`
}
