// Session timer negotiation (RFC 4028) without any clock: from the headers of one exchange to who refreshes and when.

import type { HeaderFields } from '../message/types.ts'
import { parseMinSe, parseSessionExpires } from '../message/headers/session-expires.ts'
import type { SessionExpires } from '../message/headers/session-expires.ts'
import { hasToken } from '../message/headers/tokens.ts'

/** RFC 4028 §4: what we ask for unless the configuration says otherwise, seconds. */
export const SESSION_EXPIRES_DEFAULT_SECS = 1800
/** RFC 4028 §5: no session timer may be shorter, seconds. */
export const MIN_SE_SECS = 90
/** What a peer may ask at most; longer is cut, since a dead call must end within a day. */
const SESSION_EXPIRES_MAX_SECS = 86_400

export interface SessionTerms {
  readonly intervalSecs: number
  /** Whether it is our turn to refresh. */
  readonly weRefresh: boolean
  /** The peer agreed on an expiry: without refresh the session ends. False: we only probe. */
  readonly expires: boolean
}

/** `Session-Expires`; undefined when absent or unreadable. */
export function sessionExpiresOf(headers: HeaderFields): SessionExpires | undefined {
  const text = headers.first('Session-Expires')
  return text === undefined ? undefined : parseSessionExpires(text)
}

/** `Min-SE`, never below 90 (RFC 4028 §5). */
export function minSeOf(headers: HeaderFields): number {
  const asked = parseMinSe(headers.first('Min-SE') ?? '') ?? 0
  return Math.max(MIN_SE_SECS, Math.min(SESSION_EXPIRES_MAX_SECS, asked))
}

/** True when a request must be refused with 422 (RFC 4028 §9): its interval is below our minimum. */
export function isIntervalTooSmall(headers: HeaderFields): boolean {
  const asked = sessionExpiresOf(headers)
  return asked !== undefined && asked.seconds < MIN_SE_SECS
}

/**
 * Our side as UAS of an INVITE or UPDATE (RFC 4028 §9 table 2): the terms, and the headers of our 2xx. A peer that
 * does not know the extension is refreshed by us.
 */
export function answerTerms(
  headers: HeaderFields,
  previous: SessionTerms | undefined,
  ownWishSecs: number = SESSION_EXPIRES_DEFAULT_SECS,
): { readonly terms: SessionTerms; readonly headers: readonly (readonly [string, string])[] } {
  const supported = hasToken(headers, 'Supported', 'timer')
  const asked = sessionExpiresOf(headers)
  const fallback = previous?.intervalSecs ?? ownWishSecs
  const wanted = Math.min(asked?.seconds ?? fallback, SESSION_EXPIRES_MAX_SECS)
  const intervalSecs = Math.max(wanted, supported ? minSeOf(headers) : MIN_SE_SECS)
  // The peer's wish counts only when it can refresh at all; without a wish the caller of this request refreshes.
  const refresher = supported ? (asked?.refresher ?? 'uac') : 'uas'
  const value = `${intervalSecs};refresher=${refresher}`
  return {
    terms: { intervalSecs, weRefresh: refresher === 'uas', expires: true },
    headers:
      refresher === 'uac'
        ? [
            ['Require', 'timer'],
            ['Session-Expires', value],
          ]
        : [['Session-Expires', value]],
  }
}

/** Our side as UAC from the 2xx (RFC 4028 §7.2). A peer without the extension is still probed by us, but never expires. */
export function termsOfAnswer(headers: HeaderFields, askedSecs: number): SessionTerms {
  const answered = sessionExpiresOf(headers)
  if (answered === undefined) return { intervalSecs: askedSecs, weRefresh: true, expires: false }
  const intervalSecs = Math.min(Math.max(answered.seconds, MIN_SE_SECS), SESSION_EXPIRES_MAX_SECS)
  return { intervalSecs, weRefresh: answered.refresher !== 'uas', expires: true }
}

/** When to refresh: half of the interval (RFC 4028 §10), ms. */
export function refreshAfterMs(terms: SessionTerms): number {
  return (terms.intervalSecs * 1000) / 2
}

/** When to give up: the interval less the smaller of 32 s and a third of it (RFC 4028 §10), ms. */
export function expireAfterMs(terms: SessionTerms): number {
  return (terms.intervalSecs - Math.min(32, terms.intervalSecs / 3)) * 1000
}
