// Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3, §8.2.2.2).

import { parseCSeq } from '../message/headers/cseq.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import { branchCookie, type Via } from '../message/headers/via.ts'
import type { SipRequest } from '../message/types.ts'

/**
 * Key of a request's server transaction; `method` is INVITE when an ACK or CANCEL looks for its INVITE. Without a usable branch
 * (RFC 2543 peers, or the bare cookie of RFC 4475 §3.2.1) Request-URI, From tag, Call-ID, CSeq number and the whole top Via
 * tell requests apart; the To tag is left out so that the ACK, which carries ours, finds its INVITE.
 */
export function serverKey(request: SipRequest, via: Via, method: string): string {
  const { branch } = via
  if (
    branch !== undefined &&
    branch.startsWith(branchCookie) &&
    branch.length > branchCookie.length
  ) {
    return `${branch}|${via.host}|${via.port ?? ''}|${method}`
  }
  const { headers } = request
  const cseq = parseCSeq(headers.first('cseq') ?? '')?.number ?? ''
  const parts = [request.uri, tagOf(headers.first('from')) ?? '', headers.first('call-id'), cseq]
  return `2543|${parts.join('|')}|${headers.values('via')[0] ?? ''}|${method}`
}

/** Key of a client transaction: our branch and the CSeq method. */
export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`
}

/** What a request that reached us twice over different paths has in common; undefined inside a dialog. */
export function mergedKey(request: SipRequest): string | undefined {
  const { headers } = request
  if (tagOf(headers.first('to')) !== undefined) return undefined
  return `${headers.first('call-id')}|${headers.first('cseq')}|${tagOf(headers.first('from')) ?? ''}`
}
