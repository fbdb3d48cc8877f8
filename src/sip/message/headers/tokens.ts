// Lists of tokens: Supported, Require, Proxy-Require, Unsupported, Allow, Allow-Events, Privacy (semicolons there).

import type { HeaderFields } from '../types.ts'

/** Option tags (Supported, Require …) compare without case. */
export function hasToken(headers: HeaderFields, name: string, token: string): boolean {
  const wanted = token.toLowerCase()
  return headers.values(name).some((value) => value.toLowerCase() === wanted)
}
