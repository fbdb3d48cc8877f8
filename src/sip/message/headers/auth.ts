// Authorization, Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate, Authentication-Info: a scheme and a
// comma-separated list of auth-params (RFC 3261 §25.1, RFC 7616 §3.3). One field line is one challenge or one set of
// credentials; the digest calculations live in sip/auth.

import { isToken, splitOutside, unquote } from '../text.ts'

export interface AuthParameters {
  /** Lower case: `digest`, `bearer`, or one that nobody knows. */
  readonly scheme: string
  /** Lower-case names, unquoted values. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A challenge or credentials line; undefined when it has no scheme. Pieces that are no `name=value` are skipped. */
export function parseAuth(text: string): AuthParameters | undefined {
  const match = /^(\S+)(?:\s+([^]*))?$/.exec(text.trim())
  const scheme = match?.[1]
  if (scheme === undefined || !isToken(scheme)) return undefined
  const parameters = parseAuthParameters(match?.[2] ?? '')
  return parameters === undefined ? undefined : { scheme: scheme.toLowerCase(), parameters }
}

/** The bare list of Authentication-Info; undefined when a quote stays open or a name comes twice. */
export function parseAuthParameters(text: string): ReadonlyMap<string, string> | undefined {
  const pieces = splitOutside(text, ',')
  if (pieces === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    if (equals < 1) continue
    const name = piece.slice(0, equals).trim().toLowerCase()
    if (parameters.has(name)) return undefined
    parameters.set(name, unquote(piece.slice(equals + 1).trim()))
  }
  return parameters
}
