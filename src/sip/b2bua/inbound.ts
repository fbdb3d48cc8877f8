// Who may call us (deny by default): a user with right credentials, a trunk by its address, an open source; someone who
// claims to belong to our domain is asked to prove it, and everybody else is refused.

import type { IncomingCall } from '../../ports/signaling.ts'
import type { DigestServer } from '../auth/server.ts'
import { parseNameAddr } from '../message/headers/name-addr.ts'
import { parseReplaces } from '../message/headers/replaces.ts'
import type { SipRequest } from '../message/types.ts'
import { parseUri, unescapeUri } from '../message/uri.ts'
import type { Uri } from '../message/uri.ts'
import type { Flow } from '../transaction/types.ts'
import type { Neighbours } from './neighbours.ts'

export type Entry =
  | { readonly kind: 'let-in'; readonly source: IncomingCall['source'] }
  /** `username` is a claim and may be nobody's; `failed`: credentials were there, and wrong. */
  | {
      readonly kind: 'challenge'
      readonly username: string
      readonly stale: boolean
      readonly failed: boolean
    }
  | { readonly kind: 'refuse' }

/** Judges the sender of an initial INVITE. */
export function judgeCaller(
  request: SipRequest,
  flow: Flow,
  digest: DigestServer,
  neighbours: Neighbours,
): Entry {
  const verdict = digest.verify(request)
  if (verdict.kind === 'ok')
    return { kind: 'let-in', source: { kind: 'user', name: verdict.username } }
  const trunk = neighbours.trunkFrom(flow.remoteAddress)
  if (trunk !== undefined)
    return { kind: 'let-in', source: { kind: 'trunk', name: trunk.config.name } }
  if (neighbours.isOpen(flow.remoteAddress)) {
    return { kind: 'let-in', source: { kind: 'open', name: flow.remoteAddress } }
  }
  // Whether a user exists is told to nobody: an invented name is challenged like a real one, again and again.
  if (verdict.kind !== 'absent') {
    const { kind, username } = verdict
    return { kind: 'challenge', username, stale: kind === 'stale', failed: kind === 'wrong' }
  }
  const from = parseNameAddr(request.headers.first('From') ?? '')?.uri
  if (from === undefined || from.scheme === 'tel' || !neighbours.isOurs(from))
    return { kind: 'refuse' }
  return { kind: 'challenge', username: unescapeUri(from.user ?? ''), stale: false, failed: false }
}

/** The readable user of a URI: a SIP user part, or a telephone number; undefined when it has none. */
export function userOf(uri: Uri | undefined): string | undefined {
  if (uri === undefined) return undefined
  if (uri.scheme === 'tel') return uri.number.replace(/[().-]/g, '')
  // RFC 3261 §19.1.6: telephone parameters may stand inside the user part.
  return uri.user === undefined ? undefined : unescapeUri(uri.user).split(';')[0]
}

/** The parts of an incoming call that are read from the request. */
export function readCaller(
  request: SipRequest,
): Pick<IncomingCall, 'from' | 'to' | 'fromDisplayName' | 'fromUri' | 'toUri'> {
  const from = parseNameAddr(request.headers.first('From') ?? '')
  const to = parseNameAddr(request.headers.first('To') ?? '')
  const fromUri = from?.uriText ?? ''
  return {
    from: userOf(from?.uri) ?? fromUri,
    to: userOf(parseUri(request.uri)) ?? '',
    fromDisplayName: from?.displayName,
    fromUri,
    toUri: to?.uriText ?? '',
  }
}

/**
 * What an INVITE with Replaces gets (RFC 3891 §3); undefined when it has none. A dialog of ours that matches is
 * declined with 603: one call keeps one `call_control_id` for life, so another caller can not step into it. Without a
 * matching dialog, and for early ones, it is 481, which tells the transferor that its idea of the call is old.
 */
export function replacesRefusal(
  request: SipRequest,
  isConfirmed: (callId: string, localTag: string) => boolean,
): 400 | 481 | 603 | undefined {
  const values = request.headers.all('Replaces')
  if (values.length === 0) return undefined
  const replaces = values.length === 1 ? parseReplaces(values[0] ?? '') : undefined
  if (replaces === undefined) return 400
  return isConfirmed(replaces.callId, replaces.toTag) ? 603 : 481
}
