// A request of ours that keeps the session alive: UPDATE without a description when the peer takes it, else a re-INVITE
// that repeats the agreed description unchanged (RFC 4028 §7.4, RFC 3311 §5.1, RFC 3261 §14.1).

import type { SipResponse } from '../message/types.ts'
import { sendAck } from './ack.ts'
import { bytesOf, SDP_TYPE, sdpOf } from './body.ts'
import { ALLOW, SUPPORTED } from './capabilities.ts'
import type { Outcome, SessionCore } from './core.ts'
import { minSeOf, termsOfAnswer } from './timer-rules.ts'
import type { SessionTerms } from './timer-rules.ts'

export type RefreshResult =
  | { readonly kind: 'refreshed'; readonly terms: SessionTerms }
  /** 481, 408 or no answer: the dialog is dead (RFC 3261 §12.2.1.2, RFC 4028 §10). */
  | { readonly kind: 'gone'; readonly status: number }
  | { readonly kind: 'failed'; readonly status: number }

/** 422 answers in a row that raise the interval. */
const RAISES_MAX = 3

interface Attempt {
  readonly core: SessionCore
  readonly done: (result: RefreshResult) => void
  method: 'UPDATE' | 'INVITE'
  secs: number
  minSeSecs: number
  raises: number
}

/** `done` is called once, unless the session ends first. */
export function refresh(core: SessionCore, done: (result: RefreshResult) => void): void {
  const method =
    core.peerAllows.has('UPDATE') || core.offers.local === undefined ? 'UPDATE' : 'INVITE'
  const secs = core.terms?.intervalSecs ?? core.room.sessionExpiresSecs
  send({ core, done, method, secs, minSeSecs: 0, raises: 0 })
}

function send(attempt: Attempt): void {
  const { core, method } = attempt
  if (!core.established) return
  // An offer of the peer is open: ours would be glare for certain. Its end restarts the timer anyway.
  if (method === 'INVITE' && (core.incomingOffer !== undefined || core.offers.turn !== 'idle')) {
    core.arm('refresh-again', glareDelayMs(core), () => send(attempt))
    return
  }
  const headers: [string, string][] = [
    ['Contact', core.dialog?.state.localContact ?? ''],
    ['Allow', ALLOW],
    ['Supported', SUPPORTED],
    ['Session-Expires', `${attempt.secs};refresher=uac`],
  ]
  if (attempt.minSeSecs > 0) headers.push(['Min-SE', String(attempt.minSeSecs)])
  const sdp = method === 'INVITE' ? core.offers.local : undefined
  if (sdp !== undefined) {
    headers.push(['Content-Type', SDP_TYPE])
    core.offers.weOffer(sdp)
    core.outgoingOffer = true
  }
  const body = sdp === undefined ? undefined : bytesOf(sdp)
  let acknowledge: (() => void) | undefined
  core.request(method, headers, body, (outcome) => {
    // A repeated 2xx: its ACK was lost.
    if (acknowledge !== undefined) return acknowledge()
    if (method === 'INVITE') acknowledge = acknowledgeReinvite(core, outcome)
    settle(attempt, outcome)
  })
}

function acknowledgeReinvite(core: SessionCore, outcome: Outcome): (() => void) | undefined {
  core.outgoingOffer = false
  if (outcome.kind !== 'response' || outcome.response.status >= 300 || core.dialog === undefined) {
    core.offers.rollBack()
    return undefined
  }
  const { response } = outcome
  core.dialog.refreshTarget(response.headers)
  const answer = sdpOf(response)
  const before = core.offers.remote
  if (answer === undefined) core.offers.rollBack()
  else {
    core.offers.peerAnswers(answer)
    if (answer !== before && core.established) core.emit({ kind: 'leg-reanswered', sdp: answer })
  }
  return sendAck(core, core.dialog, outcome.request)
}

function settle(attempt: Attempt, outcome: Outcome): void {
  const { core, done } = attempt
  if (!core.established) return
  if (outcome.kind !== 'response') return done({ kind: 'gone', status: 408 })
  const { response } = outcome
  const { status } = response
  if (status < 300) {
    core.learn(response.headers)
    if (attempt.method === 'UPDATE') core.dialog?.refreshTarget(response.headers)
    return done({ kind: 'refreshed', terms: termsOfAnswer(response.headers, attempt.secs) })
  }
  if (status === 481 || status === 408) return done({ kind: 'gone', status })
  if (status === 491) {
    core.arm('refresh-again', glareDelayMs(core), () => send(attempt))
    return
  }
  if (status === 422 && attempt.raises < RAISES_MAX) return raise(attempt, response)
  if (
    attempt.method === 'UPDATE' &&
    (status === 405 || status === 501) &&
    core.offers.local !== undefined
  ) {
    attempt.method = 'INVITE'
    return send(attempt)
  }
  done({ kind: 'failed', status })
}

// RFC 4028 §7.3: the next try asks for no less than the refusal demands.
function raise(attempt: Attempt, response: SipResponse): void {
  attempt.raises += 1
  attempt.minSeSecs = minSeOf(response.headers)
  attempt.secs = Math.max(attempt.secs, attempt.minSeSecs)
  send(attempt)
}

/** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in steps of 10 ms. */
export function glareDelayMs(core: SessionCore): number {
  const steps = core.room.random
  return core.role === 'uac' ? 2100 + 10 * steps.below(191) : 10 * steps.below(201)
}
