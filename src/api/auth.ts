// Who is asking. Everything needs a key except what a route declares open; a path without route counts as closed below
// /v2, so that a stranger cannot map the API.

import type { ApiKey } from '../config/credentials.ts'
import { findApiKey } from '../config/credentials.ts'

/** The key of an `Authorization` header, or undefined. Scheme names are case-insensitive (RFC 9110 §11.1). */
export function authenticate(
  keys: readonly ApiKey[],
  header: string | undefined,
): ApiKey | undefined {
  const match = /^Bearer +(\S+) *$/i.exec(header ?? '')
  return match?.[1] === undefined ? undefined : findApiKey(keys, match[1])
}
