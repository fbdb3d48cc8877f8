// The UAS side of the initial INVITE (RFC 3261 §13.3): ringing, early media, refusal, 2xx with its repeats, ACK, CANCEL.
// Nothing is answered here by itself: the engine decides, except for the caller that never ACKs or never PRACKs.

import { hasToken } from '../message/headers/tokens.ts'
import type { SipRequest } from '../message/types.ts'
import type { ServerTransaction } from '../transaction/types.ts'
import { cseqOf, recordRoutesOf } from '../dialog/headers.ts'
import { lose, releaseBye } from './bye.ts'
import { bytesOf, SDP_TYPE, sdpOf } from './body.ts'
import { ALLOW, PRODUCT, SUPPORTED } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import type { SessionCore } from './core.ts'
import { ReliableProvisionals } from './prack.ts'
import { saveRequest } from './saved.ts'
import type { SavedAccept, SavedRequest } from './saved.ts'
import { startSessionTimer } from './session-timer.ts'
import { answerTerms } from './timer-rules.ts'
import { sendRepeating, stopRepeating } from './two-hundred.ts'

/** RFC 3261 §13.3.1.1 wants a provisional at least every 150 s against proxies' timer C; ours comes sooner. */
const PROVISIONAL_REPEAT_MS = 60_000

export interface SavedAcceptor {
  readonly invite: SavedRequest
  readonly accept: SavedAccept | undefined
  readonly offer: string | undefined
}

export class Acceptor {
  readonly #core: SessionCore
  readonly #transaction: ServerTransaction
  readonly #cseq: number
  readonly #offered: boolean
  /** Set when the caller requires reliable provisional responses. */
  readonly #reliable: ReliableProvisionals | undefined
  /** Early media in an unreliable 183 is our answer already; the 2xx must repeat it. */
  #answeredEarly = false
  #acceptWaits = false
  #accepted: SavedAccept | undefined

  constructor(core: SessionCore, transaction: ServerTransaction) {
    this.#core = core
    this.#transaction = transaction
    const { request } = transaction
    this.#cseq = cseqOf(request.headers)?.number ?? 0
    const sdp = sdpOf(request)
    this.#offered = sdp !== undefined
    if (sdp !== undefined) core.offers.peerOffers(sdp)
    core.learn(request.headers)
    if (hasToken(request.headers, 'Require', '100rel')) {
      this.#reliable = new ReliableProvisionals(core, transaction, () => this.#noPrack())
    }
  }

  ring(): void {
    this.#provisional(180, undefined)
  }

  progress(sdp: string): void {
    if (this.#core.phase !== 'incoming') return
    if (
      this.#reliable !== undefined &&
      this.#offered &&
      this.#core.offers.turn === 'peer-offered'
    ) {
      // A reliable description is the answer itself (RFC 3262 §5).
      this.#core.offers.weAnswer(sdp)
      this.#answeredEarly = true
    }
    this.#provisional(183, sdp)
  }

  refuse(status: number, headers: Headers): void {
    if (this.#core.phase !== 'incoming' || this.#acceptWaits) return
    this.#reliable?.stop()
    this.#transaction.respond(
      { status, headers: [...headers, ['Server', PRODUCT]] },
      this.#core.localTag,
    )
    this.#core.mute()
    this.#core.end()
  }

  accept(sdp: string, headers: Headers): void {
    if (this.#core.phase !== 'incoming' || this.#acceptWaits) return
    if (this.#reliable === undefined) return this.#accept(sdp, headers)
    this.#acceptWaits = true
    this.#reliable.whenQuiet(() => this.#accept(sdp, headers))
  }

  /** Our 2xx is decided and leaves when that is on disk. */
  promise(accept: Omit<SavedAccept, 'atMs'>, atMs = this.#core.room.clock.wallMs()): void {
    if (this.#core.phase !== 'incoming' || this.#accepted !== undefined) return
    this.#accepted = { ...accept, atMs }
    this.#core.room.changed()
  }

  /** What another process needs to answer the INVITE, or to repeat our answer; undefined when it is ACKed. */
  save(): SavedAcceptor | undefined {
    const { phase } = this.#core
    if (phase !== 'incoming' && phase !== 'answered') return undefined
    const { request } = this.#transaction
    return { invite: saveRequest(request), accept: this.#accepted, offer: sdpOf(request) }
  }

  onPrack(transaction: ServerTransaction): void {
    if (this.#reliable === undefined) transaction.respond({ status: 481, headers: [] })
    else this.#reliable.onPrack(transaction)
  }

  /** CANCEL, already answered 200 by the transaction layer; after a 2xx it has no effect (RFC 3261 §9.2). */
  onCancel(): void {
    if (this.#core.phase !== 'incoming') return
    this.#reliable?.stop()
    this.#transaction.respond({ status: 487, headers: [] }, this.#core.localTag)
    this.#core.emit({ kind: 'leg-cancelled' })
    this.#core.end()
  }

  /** BYE on the early dialog (RFC 3261 §15): the caller's other way to give up. */
  onEarlyBye(transaction: ServerTransaction): void {
    transaction.respond({ status: 200, headers: [] })
    this.onCancel()
  }

  /** ACK to our 2xx; false when it belongs to another INVITE of the dialog. */
  onAck(ack: SipRequest): boolean {
    const core = this.#core
    if (cseqOf(ack.headers)?.number !== this.#cseq) return false
    if (core.phase === 'leaving') {
      releaseBye(core)
      return true
    }
    if (core.phase !== 'answered') return true
    stopRepeating(core, 'accept')
    core.phase = 'confirmed'
    // A description in the ACK of an INVITE that had an offer answers nothing: ignored.
    const answer = this.#offered ? undefined : sdpOf(ack)
    if (answer !== undefined) core.offers.peerAnswers(answer)
    else if (!this.#offered) core.offers.rollBack()
    core.emit({ kind: 'leg-confirmed', sdp: answer })
    return true
  }

  #accept(sdp: string, headers: Headers): void {
    const core = this.#core
    if (core.phase !== 'incoming') return
    this.#reliable?.stop()
    core.disarm('provisional-repeat')
    const { terms, headers: timerHeaders } = answerTerms(
      this.#transaction.request.headers,
      undefined,
      core.room.sessionExpiresSecs,
    )
    if (this.#offered && !this.#answeredEarly) core.offers.weAnswer(sdp)
    if (!this.#offered) core.offers.weOffer(sdp)
    const all: Headers = [...this.#dialogHeaders(), ...timerHeaders, ...headers]
    // After a reliable answer the exchange is complete; the 2xx carries no description (RFC 6337 §2.2).
    const parts = this.#answeredEarly
      ? { status: 200, headers: all }
      : {
          status: 200,
          headers: [...all, ['Content-Type', SDP_TYPE]] as Headers,
          body: bytesOf(sdp),
        }
    core.phase = 'answered'
    this.#accepted ??= { sdp, headers, atMs: core.room.clock.wallMs() }
    sendRepeating(
      core,
      'accept',
      () => this.#transaction.respond(parts, core.localTag),
      () => this.#noAck(),
    )
    startSessionTimer(core, terms)
  }

  #provisional(status: 180 | 183, sdp: string | undefined): void {
    const core = this.#core
    if (core.phase !== 'incoming' || this.#acceptWaits) return
    core.arm('provisional-repeat', PROVISIONAL_REPEAT_MS, () => this.#provisional(status, sdp))
    const typed: Headers = sdp === undefined ? [] : [['Content-Type', SDP_TYPE]]
    const headers: Headers = [...this.#dialogHeaders(), ...typed]
    const body = sdp === undefined ? undefined : bytesOf(sdp)
    if (this.#reliable !== undefined) {
      // RFC 3262 §5: without an offer in the INVITE the first reliable response would have to make one, and the
      // engine makes none before it answers. Such a caller hears 100 and then the final response.
      if (this.#offered) this.#reliable.send(status, headers, body)
      return
    }
    this.#transaction.respond(
      body === undefined ? { status, headers } : { status, headers, body },
      core.localTag,
    )
  }

  #dialogHeaders(): Headers {
    const { headers } = this.#transaction.request
    return [
      ...recordRoutesOf(headers).map((value) => ['Record-Route', value] as const),
      ['Contact', this.#core.dialog?.state.localContact ?? ''],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ['Server', PRODUCT],
    ]
  }

  #noAck(): void {
    if (this.#core.phase === 'answered') lose(this.#core, 'no-ack', 408, true)
    else releaseBye(this.#core)
  }

  #noPrack(): void {
    if (this.#core.phase !== 'incoming') return
    this.#transaction.respond({ status: 504, headers: [] }, this.#core.localTag)
    this.#acceptWaits = false
    lose(this.#core, 'no-prack', 504, false)
  }
}
