// A call that the robot places: INVITE, early media, the first 2xx, and every other 2xx acknowledged and ended.

import { dialogOfResponse } from '../sip/dialog/dialog.ts'
import { parseCSeq } from '../sip/message/headers/cseq.ts'
import { tagOf } from '../sip/message/headers/name-addr.ts'
import type { RequestParts, SipResponse } from '../sip/message/types.ts'
import type { ClientTransaction, Destination } from '../sip/transaction/types.ts'
import { Call } from './call.ts'
import type { Line } from './line.ts'
import { ALLOW, bytesOf, SDP_TYPE, sdpOf } from './ua.ts'
import type { UserAgent } from './ua.ts'

export interface CallOptions {
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** INVITE without SDP: the 2xx brings the offer, our ACK the answer. */
  readonly withoutOffer?: boolean
}

export class OutgoingCall extends Call {
  readonly callId: string
  readonly localTag: string
  /** Statuses of the provisional responses, in order. */
  readonly provisionals: number[] = []
  /** The 2xx that made the call. */
  accepted: SipResponse | undefined
  readonly #target: string
  readonly #options: CallOptions
  readonly #offer: string | undefined
  #cseq = 0
  #invite: RequestParts | undefined
  #transaction: ClientTransaction | undefined
  #cancelled = false

  constructor(
    ua: UserAgent,
    line: Line,
    onEnd: (call: Call) => void,
    to: string,
    options: CallOptions,
  ) {
    super(ua, line, onEnd)
    this.callId = ua.ports.random.token(24)
    this.localTag = ua.ports.random.token(10)
    this.#target = /^(sips?|tel):/i.test(to) ? to : `sip:${to}@${ua.options.identity.domain}`
    this.#options = options
    this.#offer = options.withoutOffer === true ? undefined : line.offer()
  }

  /** Sends the INVITE; returns at once, the call's state tells the rest. */
  dial(): void {
    this.note(`INVITE ${this.#target}`)
    const watch = {
      onSent: (transaction: ClientTransaction) => {
        this.#transaction = transaction
        if (this.#cancelled) transaction.cancel()
      },
      onResponse: (response: SipResponse) => this.#onResponse(response),
    }
    void this.ua
      .request(() => this.#build(), this.ua.options.server, this.digest, watch)
      .then((final) => {
        if (final.kind === 'none') return this.finish('failed')
        const { status } = final.response
        if (status < 300) return
        this.finish(this.#cancelled ? 'cancelled' : 'refused', status, final.response.reason)
      })
  }

  protected get fallback(): Destination {
    return this.ua.options.server
  }

  /** CANCEL; the call ends when the peer has answered the INVITE. */
  protected abandon(): void {
    this.#cancelled = true
    this.note('CANCEL')
    this.#transaction?.cancel()
  }

  #build(): RequestParts {
    const { ua } = this
    const headers: (readonly [string, string])[] = [
      ['From', `${ua.nameAddr};tag=${this.localTag}`],
      ['To', `<${this.#target}>`],
      ['Call-ID', this.callId],
      ['CSeq', `${++this.#cseq} INVITE`],
      ['Contact', ua.contact],
      ALLOW,
      ...(this.#options.headers ?? []),
    ]
    const invite: RequestParts =
      this.#offer === undefined
        ? { method: 'INVITE', uri: this.#target, headers }
        : {
            method: 'INVITE',
            uri: this.#target,
            headers: [...headers, SDP_TYPE],
            body: bytesOf(this.#offer),
          }
    this.#invite = invite
    return invite
  }

  #onResponse(response: SipResponse): void {
    if (response.status === 100) return
    if (response.status < 200) return this.#onProvisional(response)
    if (response.status < 300) this.#onAccepted(response)
  }

  #onProvisional(response: SipResponse): void {
    if (this.state !== 'trying' && this.state !== 'ringing') return
    this.state = 'ringing'
    this.provisionals.push(response.status)
    this.note(`${response.status}`)
    const sdp = sdpOf(response)
    if (sdp !== undefined && this.#offer !== undefined) this.take(this.line.accept(sdp))
    this.changed()
  }

  #onAccepted(response: SipResponse): void {
    const cseq = parseCSeq(response.headers.first('CSeq') ?? '')?.number
    const toTag = tagOf(response.headers.first('To')) ?? ''
    const invite = this.#invite
    if (cseq === undefined || invite === undefined) return
    const known = this.dialog
    if (known?.state.remoteTag === toTag) return this.sendAck(known, cseq, this.#ackSdp)
    const dialog = dialogOfResponse(invite, response)
    if (dialog === undefined) return this.note('2xx without a usable dialog')
    if (known !== undefined || this.state === 'ended') {
      // A second branch of a fork, or an answer that came after we gave up (RFC 3261 §13.2.2.4).
      this.note('another 2xx')
      this.sendAck(dialog, cseq)
      void this.ua.request(() => dialog.request('BYE', []), this.nextHop(dialog), this.digest)
      return
    }
    this.dialog = dialog
    this.accepted = response
    this.#takeAnswer(sdpOf(response))
    this.sendAck(dialog, cseq, this.#ackSdp)
    this.state = 'up'
    this.note('answered')
    this.changed()
    // Our CANCEL crossed the answer.
    if (this.#cancelled) this.hangUp()
  }

  #ackSdp: string | undefined

  #takeAnswer(sdp: string | undefined): void {
    if (sdp === undefined)
      return this.#offer === undefined ? this.note('2xx without SDP') : undefined
    if (this.#offer !== undefined) return this.take(this.line.accept(sdp))
    const answer = this.line.answer(sdp)
    if (answer.ok) this.#ackSdp = answer.value
    else this.take(answer)
  }
}
