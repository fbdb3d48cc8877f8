// Who asks, and what they may: an API key may everything; a cookie what its session may, and what changes something only
// with a header that other sites cannot set (OWASP, custom request headers against cross-site request forgery).

import { authenticate } from '../auth.ts'
import type { ApiKey } from '../../config/credentials.ts'
import type { Problem } from '../problems.ts'
import type { Role, Tokens, VerifiedClaims } from './tokens.ts'

export const cookieName = 'holdfast_session'
export const consoleHeader = 'x-holdfast-console'

export interface Access {
  readonly key: ApiKey
  readonly role: Role
  /** Undefined: the key itself was presented. */
  readonly session: VerifiedClaims | undefined
}

interface Asking {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Undefined: a stranger. A wrong key is not saved by a right cookie. */
export function accessOf(
  keys: readonly ApiKey[],
  tokens: Tokens,
  { headers }: Pick<Asking, 'headers'>,
  nowMs: number,
): Access | undefined {
  const { authorization, cookie } = headers
  if (authorization !== undefined) {
    const key = typeof authorization === 'string' ? authenticate(keys, authorization) : undefined
    return key && { key, role: 'admin', session: undefined }
  }
  const token = typeof cookie === 'string' ? cookieOf(cookie, cookieName) : undefined
  const session = token === undefined ? undefined : tokens.verify('session', token, nowMs)
  return session && { key: session.key, role: session.role, session }
}

/** Why somebody who is known may not do this; `anyRole`: what everybody may who is signed in. */
export function forbidden(
  access: Access,
  { method, headers }: Asking,
  anyRole: boolean,
): Problem | undefined {
  if (access.session === undefined || method === 'GET' || method === 'HEAD') return undefined
  if (headers[consoleHeader] !== '1') return { name: 'console-header-missing' }
  return access.role === 'read' && !anyRole ? { name: 'read-only' } : undefined
}

/** RFC 6265 §4.2.1: pairs joined by semicolons. */
function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const text = pair.trim()
    if (text.startsWith(`${name}=`)) return text.slice(name.length + 1)
  }
  return undefined
}
