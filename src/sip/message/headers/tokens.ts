// Lists of tokens: Supported, Require, Proxy-Require, Unsupported, Allow, Allow-Events, Privacy (semicolons there).

import type { HeaderFields } from '../types.ts'
import { isToken } from '../text.ts'

/** Every token of a list header in order, case kept; what is no token is left out. */
export function tokensOf(headers: HeaderFields, name: string): readonly string[] {
  return headers.values(name).filter(isToken)
}

/** Option tags (Supported, Require …) compare without case. */
export function hasToken(headers: HeaderFields, name: string, token: string): boolean {
  const wanted = token.toLowerCase()
  return headers.values(name).some((value) => value.toLowerCase() === wanted)
}
