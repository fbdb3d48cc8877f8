// For tests of this room: cookies as the test's application would have made them.

import { apiKeyHash } from '../../config/credentials.ts'
import { cookieName } from './access.ts'
import { Tokens } from './tokens.ts'
import type { Role } from './tokens.ts'

/** Of a session that may only read. */
export function readCookie(expiresAtMs?: number): string {
  return cookieOf('read', expiresAtMs)
}

export function adminCookie(expiresAtMs?: number): string {
  return cookieOf('admin', expiresAtMs)
}

function cookieOf(role: Role, expiresAtMs = 4_000_000_000_000): string {
  const key = { name: 'dev', hash: apiKeyHash('KEYtest') }
  const claims = { id: 'wall', role, expiresAtMs }
  return `${cookieName}=${new Tokens(new Uint8Array(32), [key]).sign('session', claims, key)}`
}
