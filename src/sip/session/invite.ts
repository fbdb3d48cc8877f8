// The UAC side of the initial INVITE (RFC 3261 §13.2): forks, early dialogs, credentials, one redirect, next address,
// session interval, CANCEL and every 2xx that comes too late.

import { DigestClient } from '../auth/client.ts'
import type { Credentials } from '../auth/client.ts'
import { dialogOfResponse } from '../dialog/dialog.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { parseNameAddr, tagOf } from '../message/headers/name-addr.ts'
import { reasonPhrase } from '../message/status.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { ClientTransaction, Destination } from '../transaction/types.ts'
import { cseqOf } from '../dialog/headers.ts'
import { ackAndBye, credentialsOf, sendAck } from './ack.ts'
import { bytesOf, SDP_TYPE, sdpOf } from './body.ts'
import { ALLOW, customHeadersOf, PRODUCT, SUPPORTED, wellKnownHeadersOf } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import type { SessionCore } from './core.ts'
import { ReliableReceiver } from './prack.ts'
import { saveInvite } from './saved.ts'
import type { SavedAck, SavedInvite } from './saved.ts'
import { startSessionTimer } from './session-timer.ts'
import { minSeOf, termsOfAnswer } from './timer-rules.ts'

/** Early dialogs of one INVITE; further forks are still ACKed and ended when they answer. */
const EARLY_DIALOGS_MAX = 20
/** Answers 401, 407, 422 and 3xx that make us send the INVITE again, altogether. */
const ATTEMPTS_MAX = 8

/** Where an INVITE goes: the Request-URI and the addresses to try in order. */
export interface Target {
  readonly uri: string
  readonly destinations: readonly Destination[]
}

export interface InviteOptions {
  /** Finds the target, now or later; undefined: no way there. */
  readonly target: (done: (target: Target | undefined) => void) => void
  /** Follows a redirect to this Contact URI when that is allowed. */
  readonly redirect: (uri: string, done: (target: Target | undefined) => void) => void
  /** The Contact value for a destination. */
  readonly contactFor: (destination: Destination) => string
  /** name-addr values without tag. The To follows no redirect (RFC 3261 §8.1.3.4). */
  readonly from: string
  readonly to: string
  /** Preset Route values. */
  readonly routes: readonly string[]
  readonly sdp: string
  /** Checked extra headers. */
  readonly headers: Headers
  readonly credentials: Credentials | undefined
}

interface Early {
  readonly dialog: Dialog
  readonly reliable: ReliableReceiver
  sdp: string | undefined
}

export class Inviter {
  readonly #core: SessionCore
  readonly #options: InviteOptions
  readonly #early = new Map<string, Early>()
  /** ACK repeaters of the 2xx that we did not want, by To tag. */
  readonly #unwanted = new Map<string, () => void>()
  #transaction: ClientTransaction | undefined
  #target: Target | undefined
  #nextDestination = 0
  #cseq = 0
  #attempts = 0
  #redirected = false
  #minSeSecs = 0
  #expiresSecs: number
  #cancelled = false
  /** A provisional response of the present transaction has come. */
  #heard = false
  #winner: { readonly tag: string; readonly invite: SipRequest } | undefined
  #acknowledge: (() => void) | undefined

  constructor(core: SessionCore, options: InviteOptions) {
    this.#core = core
    this.#options = options
    this.#expiresSecs = core.room.sessionExpiresSecs
    if (options.credentials !== undefined)
      core.auth = new DigestClient(options.credentials, core.room.random)
    core.offers.weOffer(options.sdp)
    options.target((target) => this.#begin(target))
  }

  /** RFC 3261 §9.1; held by the transaction until a provisional came. */
  cancel(): void {
    const core = this.#core
    if (core.phase !== 'calling' || this.#cancelled) return
    this.#cancelled = true
    this.#transaction?.cancel()
  }

  /** The engine took the 2xx: ACK. */
  confirm(): void {
    const core = this.#core
    if (core.phase !== 'answered' || this.#winner === undefined || core.dialog === undefined) return
    core.phase = 'confirmed'
    this.#acknowledge = sendAck(core, core.dialog, this.#winner.invite)
  }

  /** What CANCEL, or the ACK to a crossing 2xx, is made from after a restart; undefined before it is sent. */
  save(): SavedInvite | undefined {
    return this.#transaction === undefined ? undefined : saveInvite(this.#transaction, this.#heard)
  }

  saveAck(): SavedAck | undefined {
    const invite = this.#winner?.invite
    return (
      invite && { cseq: cseqOf(invite.headers)?.number ?? 0, credentials: credentialsOf(invite) }
    )
  }

  /** The early dialog with this remote tag, for requests that arrive before a 2xx. */
  earlyDialog(remoteTag: string): Dialog | undefined {
    return this.#early.get(remoteTag)?.dialog
  }

  #begin(target: Target | undefined): void {
    if (this.#core.phase !== 'calling') return
    if (this.#cancelled) return this.#refused(487, 'Request Terminated', false)
    if (target === undefined || target.destinations.length === 0)
      return this.#refused(0, 'No Address', true)
    this.#target = target
    this.#nextDestination = 0
    this.#send()
  }

  #send(): void {
    const core = this.#core
    const target = this.#target
    const destination = target?.destinations[this.#nextDestination]
    if (target === undefined || destination === undefined)
      return this.#refused(0, 'No Address', true)
    this.#cseq += 1
    this.#heard = false
    const options = this.#options
    const headers: (readonly [string, string])[] = [
      ...options.routes.map((route) => ['Route', route] as const),
      ['From', `${options.from};tag=${core.localTag}`],
      ['To', options.to],
      ['Call-ID', core.callId],
      ['CSeq', `${this.#cseq} INVITE`],
      ['Contact', options.contactFor(destination)],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ['Session-Expires', `${this.#expiresSecs};refresher=uac`],
      ...(this.#minSeSecs > 0 ? [['Min-SE', String(this.#minSeSecs)] as const] : []),
      ['User-Agent', PRODUCT],
      ...options.headers,
      ...(core.auth?.headers('INVITE', target.uri) ?? []),
      ['Content-Type', SDP_TYPE],
    ]
    const parts = { method: 'INVITE', uri: target.uri, headers, body: bytesOf(options.sdp) }
    const isCurrent = (): boolean => current === this.#transaction
    // Nothing of it is reported before `send` has returned.
    const current: ClientTransaction = core.room.layer.send(parts, destination, {
      onResponse: (response) => {
        if (response.status < 200) {
          if (isCurrent()) this.#onProvisional(response)
        } else if (response.status < 300) this.#onSuccess(response, current, destination)
        else if (isCurrent()) this.#onRefusal(response)
      },
      onTimeout: (heardProvisional) => {
        if (isCurrent()) this.#onSilence(408, 'Request Timeout', !heardProvisional)
      },
      onTransportFailure: () => {
        if (!isCurrent()) return
        // A connection that broke while the far end was ringing is no missing address.
        this.#onSilence(this.#heard ? 503 : 0, 'Transport Failure', !this.#heard)
      },
    })
    this.#transaction = current
    core.room.changed()
  }

  #onProvisional(response: SipResponse): void {
    const core = this.#core
    if (!this.#heard) core.room.changed()
    this.#heard = true
    if (response.status === 100 || core.phase !== 'calling') return
    const early = this.#earlyOf(response)
    const kind = early?.reliable.take(core, early.dialog, response) ?? 'unreliable'
    if (kind === 'repeated' || kind === 'early' || this.#cancelled) return
    const sdp = sdpOf(response)
    if (early !== undefined && sdp !== undefined) early.sdp = sdp
    // 199 and what may be invented later tell nothing about ringing or media.
    if (response.status < 180 || response.status > 189) return
    core.emit({ kind: 'leg-progress', status: response.status, sdp })
  }

  #earlyOf(response: SipResponse): Early | undefined {
    const tag = tagOf(response.headers.first('To'))
    const invite = this.#transaction?.request
    if (tag === undefined || invite === undefined) return undefined
    const known = this.#early.get(tag)
    if (known !== undefined) return known
    if (this.#early.size >= EARLY_DIALOGS_MAX) return undefined
    const dialog = dialogOfResponse(invite, response, this.#transaction?.destination)
    if (dialog === undefined) return undefined
    const early: Early = { dialog, reliable: new ReliableReceiver(), sdp: undefined }
    this.#early.set(tag, early)
    return early
  }

  #onSuccess(
    response: SipResponse,
    transaction: ClientTransaction,
    destination: Destination,
  ): void {
    const tag = tagOf(response.headers.first('To')) ?? ''
    if (this.#winner?.tag === tag) {
      // RFC 3261 §13.2.2.4: every repetition of the 2xx gets the ACK again, also after BYE.
      this.#acknowledge?.()
      return
    }
    const repeat = this.#unwanted.get(tag)
    if (repeat !== undefined) return repeat()
    if (this.#winner === undefined && !this.#cancelled && this.#core.phase === 'calling') {
      if (this.#win(tag, response, transaction, destination)) return
    }
    this.#unwanted.set(tag, ackAndBye(this.#core.room, transaction.request, response, destination))
    if (this.#cancelled) {
      this.#core.mute()
      this.#core.end()
    }
  }

  #win(
    tag: string,
    response: SipResponse,
    transaction: ClientTransaction,
    destination: Destination,
  ): boolean {
    const core = this.#core
    const early = this.#early.get(tag)
    const dialog = early?.dialog ?? dialogOfResponse(transaction.request, response, destination)
    if (dialog === undefined) return false
    dialog.confirm(response)
    this.#winner = { tag, invite: transaction.request }
    core.dialog = dialog
    core.phase = 'answered'
    core.room.changed()
    core.learn(response.headers)
    core.auth?.accepted()
    // The answer may have come in a reliable provisional response only (RFC 3262 §5).
    const sdp = sdpOf(response) ?? early?.sdp
    if (sdp !== undefined) core.offers.peerAnswers(sdp)
    else core.offers.rollBack()
    startSessionTimer(core, termsOfAnswer(response.headers, this.#expiresSecs))
    const { headers } = response
    core.emit({
      kind: 'leg-accepted',
      sdp,
      headers: [...customHeadersOf(headers), ...wellKnownHeadersOf(headers)],
    })
    return true
  }

  #onRefusal(response: SipResponse): void {
    const core = this.#core
    const { status } = response
    if (core.phase !== 'calling') return
    if (!this.#cancelled && this.#attempts < ATTEMPTS_MAX) {
      this.#attempts += 1
      if ((status === 401 || status === 407) && core.auth?.accept(response) === true)
        return this.#send()
      if (status === 422 && minSeOf(response.headers) > this.#minSeSecs) {
        this.#minSeSecs = minSeOf(response.headers)
        this.#expiresSecs = Math.max(this.#expiresSecs, this.#minSeSecs)
        return this.#send()
      }
      if (status === 503 && this.#tryNext()) return
      if (status < 400 && this.#follow(response)) return
    }
    this.#refused(status, response.reason, false)
  }

  // RFC 3261 §8.1.3.4: one redirect, to the first Contact; the policy of the caller decides whether we may go there.
  #follow(response: SipResponse): boolean {
    const contact = response.headers.values('Contact')[0]
    const uri = contact === undefined ? undefined : parseNameAddr(contact)?.uriText
    if (this.#redirected || uri === undefined) return false
    this.#redirected = true
    this.#transaction = undefined
    this.#options.redirect(uri, (target) => {
      if (target === undefined) this.#refused(response.status, response.reason, false)
      else this.#begin(target)
    })
    return true
  }

  // RFC 3263 §4.3: an address that gives nothing is followed by the next one.
  #tryNext(): boolean {
    const count = this.#target?.destinations.length ?? 0
    if (this.#cancelled || this.#nextDestination + 1 >= count) return false
    this.#nextDestination += 1
    this.#send()
    return true
  }

  #onSilence(status: number, reason: string, unheard: boolean): void {
    if (this.#core.phase !== 'calling') return
    // RFC 3261 §9.1: CANCEL and then nothing for 64 T1 counts as cancelled. A 2xx after that is a stray one.
    if (this.#cancelled) return this.#refused(487, 'Request Terminated', unheard)
    if (unheard && this.#tryNext()) return
    this.#refused(status, reason, unheard)
  }

  #refused(status: number, reason: string, unheard: boolean): void {
    const core = this.#core
    if (core.phase !== 'calling') return
    const phrase = reason === '' ? reasonPhrase(status) : reason
    core.emit({ kind: 'leg-refused', status, reason: phrase, unheard })
    core.end()
  }
}
