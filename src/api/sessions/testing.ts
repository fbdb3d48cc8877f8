// For tests of this room: the cookie of a session that may only read, as the test's application would have made it.

import { apiKeyHash } from '../../config/credentials.ts'
import { cookieName } from './access.ts'
import { Tokens } from './tokens.ts'

export function readCookie(expiresAtMs = 4_000_000_000_000): string {
  const key = { name: 'dev', hash: apiKeyHash('KEYtest') }
  const claims = { id: 'wall', role: 'read', expiresAtMs } as const
  return `${cookieName}=${new Tokens(new Uint8Array(32), [key]).sign('session', claims, key)}`
}
