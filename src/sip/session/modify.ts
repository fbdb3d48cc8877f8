// The peer changes the session: re-INVITE (RFC 3261 §14.2) and UPDATE (RFC 3311 §5.2). One offer at a time: a second
// one gets 500 with Retry-After while the first waits for our answer, 491 while an offer of ours is out. What only
// refreshes the session is answered here; what changes descriptions goes to the engine.

import { cseqOf } from '../dialog/headers.ts'
import type { SipRequest } from '../message/types.ts'
import type { ServerTransaction } from '../transaction/types.ts'
import { bytesOf, SDP_TYPE, sdpOf } from './body.ts'
import { lose } from './bye.ts'
import { ALLOW, PRODUCT, SUPPORTED } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import type { IncomingOffer, SessionCore } from './core.ts'
import { startSessionTimer } from './session-timer.ts'
import { answerTerms, isIntervalTooSmall, MIN_SE_SECS } from './timer-rules.ts'
import { sendRepeating, stopRepeating } from './two-hundred.ts'

/** RFC 3261 §14.2: Retry-After of the refusal is random between 0 and 10 s. */
const RETRY_AFTER_CHOICES = 11

export function onReinvite(core: SessionCore, transaction: ServerTransaction): void {
  const { request } = transaction
  if (
    core.outgoingOffer ||
    core.phase === 'calling' ||
    (core.role === 'uac' && core.phase === 'answered')
  ) {
    transaction.respond({ status: 491, headers: [] })
    return
  }
  if (core.phase !== 'confirmed' || core.incomingOffer !== undefined)
    return refuseForNow(core, transaction)
  if (refuseInterval(transaction)) return
  core.learn(request.headers)
  const sdp = sdpOf(request)
  openOffer(core, transaction, 'invite', sdp)
  // The same description again is a session refresh: nothing changes, so the engine is not asked.
  if (sdp !== undefined && sdp === core.offers.remote && core.offers.local !== undefined) {
    const { local } = core.offers
    core.offers.peerOffers(sdp)
    return acceptOffer(core, local)
  }
  if (sdp !== undefined) core.offers.peerOffers(sdp)
  core.emit({ kind: 'leg-reoffered', sdp })
}

export function onUpdate(core: SessionCore, transaction: ServerTransaction): void {
  const { request } = transaction
  if (refuseInterval(transaction)) return
  const sdp = sdpOf(request)
  if (sdp !== undefined) {
    if (core.outgoingOffer || core.offers.turn === 'we-offered') {
      transaction.respond({ status: 491, headers: [] })
      return
    }
    if (!core.established || core.incomingOffer !== undefined || core.offers.turn !== 'idle') {
      return refuseForNow(core, transaction)
    }
    core.learn(request.headers)
    openOffer(core, transaction, 'update', sdp)
    core.offers.peerOffers(sdp)
    core.emit({ kind: 'leg-reoffered', sdp })
    return
  }
  core.learn(request.headers)
  core.dialog?.refreshTarget(request.headers, transaction.flow)
  const { terms, headers } = answerTerms(request.headers, core.terms)
  transaction.respond({ status: 200, headers: [...ownHeaders(core), ...headers] })
  if (core.established) startSessionTimer(core, terms)
}

/** Our answer, or our offer when the re-INVITE had none. */
export function acceptOffer(core: SessionCore, sdp: string): void {
  const offer = core.incomingOffer
  if (offer === undefined || offer.answered || !core.established) return
  const { transaction } = offer
  const { request, flow } = transaction
  offer.answered = true
  core.dialog?.refreshTarget(request.headers, flow)
  const { terms, headers } = answerTerms(request.headers, core.terms)
  if (offer.weOffer) core.offers.weOffer(sdp)
  else core.offers.weAnswer(sdp)
  const parts = {
    status: 200,
    headers: [...ownHeaders(core), ...headers, ['Content-Type', SDP_TYPE]] as Headers,
    body: bytesOf(sdp),
  }
  startSessionTimer(core, terms)
  if (offer.kind === 'update') {
    core.incomingOffer = undefined
    transaction.respond(parts)
    return
  }
  sendRepeating(
    core,
    'modify',
    () => transaction.respond(parts),
    () => lose(core, 'no-ack', 408, true),
  )
}

export function refuseOffer(core: SessionCore, status: number): void {
  const offer = core.incomingOffer
  if (offer === undefined || offer.answered) return
  core.incomingOffer = undefined
  core.offers.rollBack()
  offer.transaction.respond({ status, headers: [] })
}

/** CANCEL of the re-INVITE: as if it had never come (RFC 3261 §14.2). */
export function onModifyCancelled(core: SessionCore, transaction: ServerTransaction): void {
  if (core.incomingOffer?.transaction !== transaction || core.incomingOffer.answered) return
  refuseOffer(core, 487)
}

/** ACK to our 2xx of a re-INVITE. */
export function onModifyAck(core: SessionCore, ack: SipRequest): void {
  const offer = core.incomingOffer
  if (offer?.answered !== true || cseqOf(ack.headers)?.number !== offer.cseq) return
  stopRepeating(core, 'modify')
  core.incomingOffer = undefined
  if (!offer.weOffer) return
  const answer = sdpOf(ack)
  if (answer === undefined) return core.offers.rollBack()
  core.offers.peerAnswers(answer)
  core.emit({ kind: 'leg-reanswered', sdp: answer })
}

/** 500 with a random Retry-After: try again when the exchange under way is over. */
export function refuseForNow(core: SessionCore, transaction: ServerTransaction): void {
  const seconds = core.room.random.below(RETRY_AFTER_CHOICES)
  transaction.respond({ status: 500, headers: [['Retry-After', String(seconds)]] })
}

function openOffer(
  core: SessionCore,
  transaction: ServerTransaction,
  kind: IncomingOffer['kind'],
  sdp: string | undefined,
): void {
  const cseq = cseqOf(transaction.request.headers)?.number ?? 0
  core.incomingOffer = { transaction, kind, cseq, answered: false, weOffer: sdp === undefined }
}

function refuseInterval(transaction: ServerTransaction): boolean {
  if (!isIntervalTooSmall(transaction.request.headers)) return false
  transaction.respond({ status: 422, headers: [['Min-SE', String(MIN_SE_SECS)]] })
  return true
}

function ownHeaders(core: SessionCore): Headers {
  return [
    ['Contact', core.dialog?.state.localContact ?? ''],
    ['Allow', ALLOW],
    ['Supported', SUPPORTED],
    ['Server', PRODUCT],
  ]
}
