// What a stranger without credentials hears (RFC 3261 §8.2.7, §22): a challenge, a refusal, or the answer to OPTIONS. It is
// said without a transaction, so that a flood leaves nothing behind: no row, no timer, no repetition of a 407 to somebody
// who never sends an ACK, and no 100 in front of it.

import type { DigestServer } from '../auth/server.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import type { ResponseParts, SipRequest } from '../message/types.ts'
import type { Headers } from '../session/capabilities.ts'
import { optionsHeaders } from '../session/invite-session.ts'
import type { Flow } from '../transaction/types.ts'
import { judgeCaller, type Entry } from './inbound.ts'
import type { Neighbours } from './neighbours.ts'
import type { Registrar } from './registrar.ts'

export interface StrangersRoom {
  readonly digest: DigestServer
  readonly neighbours: Neighbours
  readonly registrar: Registrar
}

/** Undefined: the request carries credentials or is let in, so it is worth a transaction. */
export function answerToStranger(
  request: SipRequest,
  flow: Flow,
  { digest, neighbours, registrar }: StrangersRoom,
): ResponseParts | undefined {
  const { method, headers } = request
  if (headers.has('authorization') || headers.has('proxy-authorization')) return undefined
  // No dialog of ours: the transactions have asked before.
  if (tagOf(headers.first('To')) !== undefined) return notHere
  switch (method) {
    case 'INVITE': {
      const entry = judgeCaller(request, flow, digest, neighbours)
      return entry.kind === 'let-in' ? undefined : refuseCaller(entry, digest)
    }
    case 'REGISTER':
      return registrar.challenge(request)
    case 'OPTIONS':
      return { status: 200, headers: optionsHeaders }
    default:
      return notHere
  }
}

/** 403, or 407 with the challenges. */
export function refuseCaller(
  entry: Exclude<Entry, { readonly kind: 'let-in' }>,
  digest: DigestServer,
): { readonly status: number; readonly headers: Headers } {
  if (entry.kind === 'refuse') return { status: 403, headers: [] }
  const challenges = digest.challenges(entry.username, entry.stale)
  return { status: 407, headers: challenges.map((one) => ['Proxy-Authenticate', one] as const) }
}

const notHere = { status: 481, headers: [] }
