// Replaces (RFC 3891 §6.1).

import { isToken } from '../text.ts'
import { parseValueWithParameters } from './value-with-parameters.ts'

export interface Replaces {
  readonly callId: string
  readonly toTag: string
  readonly fromTag: string
  readonly earlyOnly: boolean
}

/** undefined when malformed or when a tag is missing. */
export function parseReplaces(text: string): Replaces | undefined {
  const parsed = parseValueWithParameters(text)
  const toTag = parsed?.parameters.get('to-tag')
  const fromTag = parsed?.parameters.get('from-tag')
  if (parsed === undefined || toTag === undefined || fromTag === undefined) return undefined
  if (!isToken(toTag) || !isToken(fromTag)) return undefined
  return { callId: parsed.value, toTag, fromTag, earlyOnly: parsed.parameters.has('early-only') }
}
