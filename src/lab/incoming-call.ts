// A call that the robot receives, and its answer policy.

import { dialogOfRequest } from '../sip/dialog/dialog.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Destination, ServerTransaction } from '../sip/transaction/types.ts'
import type { TimerId } from '../ports/timers.ts'
import { Call, destinationOfFlow, reply, type Headers } from './call.ts'
import type { Line } from './line.ts'
import { bytesOf, SDP_TYPE, sdpOf } from './ua.ts'
import type { AnswerPolicy, UserAgent } from './ua.ts'

export class IncomingCall extends Call {
  readonly invite: SipRequest
  readonly callId: string
  readonly localTag: string
  readonly #transaction: ServerTransaction
  #answerSdp: string | undefined
  #timer: TimerId | undefined

  constructor(
    ua: UserAgent,
    line: Line,
    onEnd: (call: Call) => void,
    transaction: ServerTransaction,
  ) {
    super(ua, line, onEnd)
    this.invite = transaction.request
    this.callId = this.invite.headers.first('Call-ID') ?? ''
    this.localTag = ua.ports.random.token(10)
    this.#transaction = transaction
    this.dialog = dialogOfRequest(this.invite, transaction.flow, {
      tag: this.localTag,
      contact: ua.contact,
    })
    this.note('INVITE from the peer')
  }

  /** Begins what the policy says. */
  follow(policy: AnswerPolicy): void {
    switch (policy.kind) {
      case 'manual':
        return
      case 'reject':
        return this.#later(policy.afterMs, () => this.reject(policy.status))
      case 'answer':
        if (policy.before === 'early-media') this.earlyMedia()
        else if (policy.before !== 'none') this.ring()
        return this.#later(policy.afterMs, () => this.answer())
    }
  }

  /** 180. */
  ring(): void {
    if (!this.#open()) return
    this.state = 'ringing'
    this.#respond(180)
  }

  /** 183 with our answer; the voice is heard at once. */
  earlyMedia(): void {
    const sdp = this.#open() ? this.#answerOffer() : undefined
    if (sdp === undefined) return
    this.state = 'ringing'
    this.#respond(183, sdp)
  }

  /** 200 with our answer (and `headers`), or with our offer when the INVITE had none. */
  answer(headers: Headers = []): void {
    if (!this.#open()) return
    const withoutOffer = sdpOf(this.invite) === undefined
    const sdp = withoutOffer ? this.line.offer() : this.#answerOffer()
    if (sdp === undefined) return
    this.state = 'up'
    this.note('answer')
    this.sendAccept(this.#transaction, sdp, withoutOffer, headers)
    this.changed()
  }

  reject(status: number): void {
    if (!this.#open()) return
    this.#respond(status)
    this.finish('us', status)
  }

  /** The caller gave up; the transaction layer has answered the CANCEL. */
  onCancel(cancel: SipRequest): void {
    if (!this.#open()) return
    this.#respond(487)
    this.finish('cancelled', 487, cancel.headers.first('Reason'))
  }

  protected get fallback(): Destination {
    return destinationOfFlow(this.#transaction.flow)
  }

  protected abandon(): void {
    this.reject(486)
  }

  override finish(
    by: 'us' | 'peer' | 'refused' | 'cancelled' | 'failed',
    status = 0,
    reason?: string,
  ): void {
    if (this.#timer !== undefined) this.ua.ports.timers.clear(this.#timer)
    this.#timer = undefined
    super.finish(by, status, reason)
  }

  #open(): boolean {
    return (this.state === 'trying' || this.state === 'ringing') && !this.ua.faults.dead
  }

  #later(afterMs: number, act: () => void): void {
    if (afterMs === 0) return act()
    this.#timer = this.ua.ports.timers.set(afterMs, () => {
      this.#timer = undefined
      act()
    })
  }

  /** The answer is made once: a 200 repeats what the 183 said. */
  #answerOffer(): string | undefined {
    if (this.#answerSdp !== undefined) return this.#answerSdp
    const answer = this.line.answer(sdpOf(this.invite) ?? '')
    if (answer.ok) this.#answerSdp = answer.value
    else {
      this.take(answer)
      this.reject(488)
    }
    return this.#answerSdp
  }

  #respond(status: number, sdp?: string): void {
    this.note(`${status}`)
    const contact = ['Contact', this.ua.contact] as const
    if (sdp === undefined) reply(this.#transaction, status, [contact], undefined, this.localTag)
    else reply(this.#transaction, status, [contact, SDP_TYPE], bytesOf(sdp), this.localTag)
    this.changed()
  }
}
