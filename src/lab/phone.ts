// A telephone robot: a real SIP and RTP user agent that tests and the load bench tell what to do, and ask what it heard.
// It runs on ports alone, so the same robot works on loopback sockets and in the simulator's virtual time.
//
//   const phone = createPhone(ports, { identity, server, mediaHost })
//   await phone.register(3600)
//   const call = await phone.call('+15550100')
//   await call.answered(5000)
//   await call.hears(440, 2000)
//   call.hangUp()
//   phone.close()

import { assert } from '../base/assert.ts'
import { tagOf } from '../sip/message/headers/name-addr.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type {
  ServerTransaction,
  ServerTransactionEvents,
  TransactionUser,
} from '../sip/transaction/types.ts'
import type { Call } from './call.ts'
import { reply } from './call.ts'
import { IncomingCall } from './incoming-call.ts'
import { openLine } from './line.ts'
import type { Line } from './line.ts'
import { OutgoingCall } from './outgoing-call.ts'
import type { CallOptions } from './outgoing-call.ts'
import { Registration } from './registration.ts'
import { ALLOW, UserAgent } from './ua.ts'
import type { AnswerPolicy, PhoneFaults, PhoneOptions, PhonePorts } from './ua.ts'
import { Waiters } from './waiting.ts'

/** Robots of a load test make thousands of calls; a test looks at a handful. */
const CALLS_KEPT = 200

/** Makes a phone; it is reachable at once. */
export function createPhone(ports: PhonePorts, options: PhoneOptions): Phone {
  return new Phone(ports, options)
}

export class Phone implements TransactionUser {
  /** May be changed at any time; counts for calls that come after. */
  answerPolicy: AnswerPolicy
  /** The calls so far, in order; of those that ended only the latest are kept. */
  readonly calls: Call[] = []
  readonly #ua: UserAgent
  readonly #registration: Registration
  readonly #waiters: Waiters
  readonly #live = new Map<string, Call>()
  /** Incoming calls by number that nobody has asked for. */
  readonly #incoming = new Map<number, IncomingCall>()
  #incomingCount = 0
  #askedFor = 0

  constructor(ports: PhonePorts, options: PhoneOptions) {
    this.answerPolicy = options.answer ?? { kind: 'answer', afterMs: 0, before: 'ringing' }
    this.#ua = new UserAgent(ports, options, this)
    this.#registration = new Registration(this.#ua)
    this.#waiters = new Waiters(ports.timers, ports.patience)
  }

  get faults(): PhoneFaults {
    return this.#ua.faults
  }

  /** `sip:user@host:port` that reaches this phone directly. */
  get contactUri(): string {
    return this.#ua.contact.slice(1, -1)
  }

  /** Calls that have not ended. */
  get liveCalls(): Call[] {
    return [...this.#live.values()]
  }

  /** Resolves with the registrar's status, 0 when it did not answer; keeps the binding afterwards. */
  register(expiresSecs = 3600): Promise<number> {
    return this.#registration.register(expiresSecs)
  }

  unregister(): Promise<number> {
    return this.#registration.unregister()
  }

  /** Seconds granted by the registrar; 0 while not registered. */
  get registeredSecs(): number {
    return this.#registration.grantedSecs
  }

  /** Dials a number, a user name or a SIP URI; resolves when the INVITE has been handed over. */
  async call(to: string, options: CallOptions = {}): Promise<OutgoingCall> {
    const line = await this.#openLine()
    const call = new OutgoingCall(this.#ua, line, this.#forget, to, options)
    this.#keep(call)
    call.dial()
    return call
  }

  /** The next incoming call that nobody has asked for yet. */
  async nextCall(timeoutMs: number): Promise<IncomingCall> {
    const place = this.#askedFor++
    const who = this.#ua.options.identity.user
    await this.#waiters.until(
      () => this.#incomingCount > place,
      timeoutMs,
      () => `${who} was not called`,
    )
    const call = this.#incoming.get(place)
    this.#incoming.delete(place)
    assert(call !== undefined, `${who}: call ${place} was forgotten, ${CALLS_KEPT} are kept`)
    return call
  }

  /** Ends everything without a word to anybody and frees timers and RTP sockets; the SIP socket is its maker's. */
  close(): void {
    this.#registration.stop()
    for (const call of this.calls) call.drop()
    this.#waiters.close('phone closed')
  }

  // ---- TransactionUser

  onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    if (this.faults.dead) return {}
    const { request } = transaction
    const toTag = tagOf(request.headers.first('To'))
    if (toTag !== undefined) {
      const call = this.#find(request)
      return call === undefined ? reply(transaction, 481) : call.onRequest(transaction)
    }
    switch (request.method) {
      case 'INVITE':
        return this.#onInvite(transaction)
      case 'OPTIONS':
        return reply(transaction, 200, [ALLOW], undefined, this.#ua.ports.random.token(10))
      default:
        return reply(transaction, 481, [], undefined, this.#ua.ports.random.token(10))
    }
  }

  onAck(ack: SipRequest): void {
    if (!this.faults.dead) this.#find(ack)?.onAck(ack)
  }

  onStray2xx(): void {
    // A call long over: the peer gives up by itself.
  }

  onFlowClosed(): void {
    // The next request connects anew.
  }

  #onInvite(transaction: ServerTransaction): ServerTransactionEvents {
    let call: IncomingCall | undefined
    let cancelledBy: SipRequest | undefined
    // The RTP socket is bound before anything is decided; a CANCEL may come first.
    void this.#openLine().then(
      (line) => {
        call = new IncomingCall(this.#ua, line, this.#forget, transaction)
        this.#keep(call)
        if (cancelledBy !== undefined) return call.onCancel(cancelledBy)
        this.#incoming.set(this.#incomingCount++, call)
        this.#incoming.delete(this.#incomingCount - 1 - CALLS_KEPT)
        this.#waiters.changed()
        call.follow(this.answerPolicy)
      },
      () => reply(transaction, 500, [], undefined, this.#ua.ports.random.token(10)),
    )
    return {
      onCancel: (cancel) => {
        cancelledBy = cancel
        call?.onCancel(cancel)
      },
    }
  }

  #find(request: SipRequest): Call | undefined {
    const tag = tagOf(request.headers.first('To')) ?? ''
    return this.#live.get(keyOf(request.headers.first('Call-ID') ?? '', tag))
  }

  #keep(call: Call): void {
    this.calls.push(call)
    this.#live.set(keyOf(call.callId, call.localTag), call)
    if (this.calls.length <= CALLS_KEPT) return
    const oldest = this.calls.findIndex((one) => one.end !== undefined)
    if (oldest >= 0) this.calls.splice(oldest, 1)
  }

  readonly #forget = (call: Call): void => {
    this.#live.delete(keyOf(call.callId, call.localTag))
  }

  #openLine(): Promise<Line> {
    const { options, ports, faults } = this.#ua
    return openLine(ports, {
      host: options.mediaHost,
      codecs: options.codecs ?? ['PCMU', 'PCMA'],
      decode: options.decode ?? true,
      keyEvents: options.keyEvents ?? true,
      faults,
    })
  }
}

function keyOf(callId: string, localTag: string): string {
  return `${callId} ${localTag}`
}
