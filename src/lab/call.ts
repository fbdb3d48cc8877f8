// One call of a robot once a dialog exists, and what both directions share: talking, listening, hold, keys, transfer
// and the end. How a call begins is in outgoing-call.ts and incoming-call.ts.

import type { Dialog } from '../sip/dialog/dialog.ts'
import type { DigestClient } from '../sip/auth/client.ts'
import { parseCSeq } from '../sip/message/headers/cseq.ts'
import type { RequestParts, ResponseParts, SipRequest } from '../sip/message/types.ts'
import type {
  Destination,
  Flow,
  ServerTransaction,
  ServerTransactionEvents,
} from '../sip/transaction/types.ts'
import type { TimerId } from '../ports/timers.ts'
import { describeSegments, includesTone } from './ear.ts'
import type { EarStatistics, LabSegment, LabSound } from './ear.ts'
import type { Line, Voice } from './line.ts'
import { ALLOW, bodyText, bytesOf, SDP_TYPE, sdpOf } from './ua.ts'
import type { Final, UserAgent } from './ua.ts'
import { Waiters } from './waiting.ts'

export type CallState = 'trying' | 'ringing' | 'up' | 'ended'

export interface CallEnd {
  readonly by: 'us' | 'peer' | 'refused' | 'cancelled' | 'failed'
  /** The final response of a call that never was up; else 0. */
  readonly status: number
  /** Reason header of the BYE or CANCEL (RFC 3326). */
  readonly reason: string | undefined
}

export type Headers = readonly (readonly [name: string, value: string])[]

// RFC 3261 §13.3.1.4: a 2xx is repeated at T1, doubling up to T2, for 64 * T1.
const T1_MS = 500
const T2_MS = 4000
const ACK_LIMIT_MS = 64 * T1_MS

interface PendingAccept {
  readonly cseq: number
  /** Our 2xx carried an offer, so the ACK brings the answer. */
  readonly wantsAnswer: boolean
  timer: TimerId
}

export abstract class Call {
  readonly line: Line
  /** Everything worth knowing in a failed test, in order. */
  readonly timeline: { readonly atMs: number; readonly what: string }[] = []
  /** Keys that came as INFO; those of RFC 4733 are in `line.keys`. */
  readonly infoKeys: string[] = []
  /** Status lines of NOTIFYs on our REFER. */
  readonly referStatuses: number[] = []
  /** Targets of REFERs that the peer sent. */
  readonly referTargets: string[] = []
  /** Answers to the peer's REFER: 202 and these sipfrags, or a refusal. */
  referPolicy:
    | { readonly accept: true; readonly statuses: readonly number[] }
    | { readonly accept: false; readonly status: number } = { accept: true, statuses: [100, 200] }
  state: CallState = 'trying'
  end: CallEnd | undefined
  dialog: Dialog | undefined
  /** With which the peer ended the call. */
  bye: SipRequest | undefined
  protected readonly ua: UserAgent
  protected readonly digest: DigestClient | undefined
  readonly #waiters: Waiters
  readonly #onEnd: (call: Call) => void
  #accept: PendingAccept | undefined

  constructor(ua: UserAgent, line: Line, onEnd: (call: Call) => void) {
    this.ua = ua
    this.line = line
    this.digest = ua.newDigest()
    this.#waiters = new Waiters(ua.ports.timers, ua.ports.patience)
    this.#onEnd = onEnd
    line.voice = ua.options.voice ?? { kind: 'silence' }
    line.ear.onWindow = () => this.changed()
    line.onKey = () => this.changed()
  }

  abstract get callId(): string
  abstract get localTag(): string
  /** Ends a call that is not up yet. */
  protected abstract abandon(): void
  protected abstract get fallback(): Destination

  // ---- waiting and listening

  /** Resolves when `test` holds; it is looked at after every change and every 100 ms of sound. */
  until(test: () => boolean, timeoutMs: number, what: string): Promise<void> {
    return this.#waiters.until(test, timeoutMs, () => `${what}: ${this.describe()}`)
  }

  ringing(timeoutMs: number): Promise<void> {
    return this.until(() => this.state !== 'trying', timeoutMs, 'not ringing')
  }

  answered(timeoutMs: number): Promise<void> {
    return this.until(() => this.state === 'up', timeoutMs, 'not answered')
  }

  async ended(timeoutMs: number): Promise<CallEnd> {
    await this.until(() => this.end !== undefined, timeoutMs, 'not ended')
    return this.end ?? { by: 'failed', status: 0, reason: undefined }
  }

  /** The next whole window of sound that holds the tone, alone or in a mixture. */
  hears(hz: number, timeoutMs: number): Promise<void> {
    return this.hearsSuch((heard) => includesTone(heard, hz), timeoutMs, `${hz} Hz not heard`)
  }

  /** As `hears`, and nothing else with it. */
  hearsOnly(hz: number, timeoutMs: number): Promise<void> {
    const only = (heard: LabSound): boolean => heard.kind === 'tone' && includesTone(heard, hz)
    return this.hearsSuch(only, timeoutMs, `${hz} Hz alone not heard`)
  }

  hearsSilence(timeoutMs: number): Promise<void> {
    return this.hearsSuch((heard) => heard.kind === 'silence', timeoutMs, 'silence not heard')
  }

  /** No packet for `forMs`: the peer stopped sending, which is not silence. */
  async hearsNothing(timeoutMs: number, forMs = 200): Promise<void> {
    const { clock, tick } = this.ua.ports
    const quiet = (): boolean => this.line.ear.silentForMs(clock.monotonicMs()) >= forMs
    const leave = tick.join(() => this.changed())
    await this.until(quiet, timeoutMs, 'packets still arrive').finally(leave)
  }

  hearsSuch(test: (heard: LabSound) => boolean, timeoutMs: number, what: string): Promise<void> {
    const sinceMs = this.ua.ports.clock.monotonicMs()
    const found = (): boolean => {
      const window = this.line.ear.lastWindow
      return window !== undefined && window.fromMs >= sinceMs && test(window.heard)
    }
    return this.until(found, timeoutMs, what)
  }

  /** What was heard, in order, on the phone's monotonic clock. */
  heard(): LabSegment[] {
    return this.line.ear.segments(this.ua.ports.clock.monotonicMs())
  }

  /** Keeps what is heard from now on; the samples (8 kHz) so far at each call of the answer. */
  record(): () => Int16Array {
    const windows: Int16Array[] = []
    this.line.ear.onSound = (samples) => windows.push(samples.slice())
    return () => Int16Array.from(windows.flatMap((window) => [...window]))
  }

  statistics(): EarStatistics {
    return this.line.ear.statistics()
  }

  /** State, timeline and the last sounds, in one line. */
  describe(): string {
    const steps = this.timeline.map((one) => `${Math.round(one.atMs)} ${one.what}`).join('; ')
    return `${this.state}; ${describeSegments(this.heard())}; [${steps}]`
  }

  say(voice: Voice): void {
    this.line.voice = voice
  }

  // ---- acting

  /**
   * BYE (with `headers`), CANCEL or a refusal, as fits. The call counts as ended at once, a cancelled one when the peer
   * agreed.
   */
  hangUp(headers: Headers = []): void {
    if (this.state === 'ended') return
    if (this.state !== 'up') return this.ua.faults.loseBye ? this.finish('us') : this.abandon()
    if (!this.ua.faults.loseBye) void this.inDialog('BYE', headers)
    this.finish('us')
  }

  /** re-INVITE with sendonly; resolves with the final status, 0 when none came. */
  hold(): Promise<number> {
    return this.#reoffer(true)
  }

  resume(): Promise<number> {
    return this.#reoffer(false)
  }

  /** Keys as RFC 4733 events, or one INFO each (`application/dtmf-relay`). */
  async sendDtmf(
    keys: string,
    how: 'rfc4733' | 'info' = 'rfc4733',
    durationMs = 160,
  ): Promise<void> {
    this.note(`keys ${keys} by ${how}`)
    if (how === 'rfc4733') return this.line.press(keys, durationMs)
    for (const key of keys) {
      const type = ['Content-Type', 'application/dtmf-relay'] as const
      await this.inDialog('INFO', [type], bytesOf(`Signal=${key}\r\nDuration=${durationMs}\r\n`))
    }
  }

  /**
   * REFER to `target` (RFC 3515), with `replaces` the other call of an attended transfer (RFC 3891). Resolves with the
   * final status that the peer reports, the refusal of the REFER, or the last known one when the call ends first.
   */
  async transfer(target: string, timeoutMs: number, replaces?: Call): Promise<number> {
    const final = await this.inDialog('REFER', [
      ['Refer-To', `<${target}${replacesOf(replaces)}>`],
      ['Referred-By', `<${this.ua.aor}>`],
      ['Contact', this.ua.contact],
    ])
    if (final.kind === 'none') return 0
    if (final.response.status >= 300) return final.response.status
    const done = (): boolean => (this.referStatuses.at(-1) ?? 0) >= 200 || this.state === 'ended'
    await this.until(done, timeoutMs, 'transfer not finished')
    return this.referStatuses.at(-1) ?? final.response.status
  }

  // ---- within the dialog

  /** Sends any request within the dialog, answering a challenge once. */
  inDialog(method: string, headers: Headers, body?: Uint8Array): Promise<Final> {
    const dialog = this.dialog
    if (dialog === undefined) return Promise.resolve({ kind: 'none', why: 'transport' })
    return this.ua.request(
      () => dialog.request(method, headers, body),
      this.nextHop(dialog),
      this.digest,
      method === 'INVITE'
        ? {
            onResponse: (response) =>
              response.status >= 200 &&
              response.status < 300 &&
              this.#acknowledge(dialog, response.headers.first('CSeq')),
          }
        : {},
    )
  }

  /** A request of the peer within this dialog. */
  onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    const { request } = transaction
    if (this.dialog?.acceptSequence(request) === false) return reply(transaction, 500)
    this.note(`${request.method} from the peer`)
    this.changed()
    switch (request.method) {
      case 'BYE':
        reply(transaction, 200)
        this.bye = request
        this.finish('peer', 0, request.headers.first('Reason'))
        return {}
      case 'INVITE':
      case 'UPDATE':
        return this.#onReoffer(transaction)
      case 'INFO':
        return this.#onInfo(transaction)
      case 'NOTIFY':
        return this.#onNotify(transaction)
      case 'REFER':
        return this.#onRefer(transaction)
      case 'OPTIONS':
      case 'MESSAGE':
        return reply(transaction, 200)
      default:
        return reply(transaction, 405)
    }
  }

  /** ACK to a 2xx of ours. */
  onAck(ack: SipRequest): void {
    const accept = this.#accept
    if (accept === undefined || parseCSeq(ack.headers.first('CSeq') ?? '')?.number !== accept.cseq)
      return
    this.ua.ports.timers.clear(accept.timer)
    this.#accept = undefined
    this.note('ACK')
    const sdp = sdpOf(ack)
    if (accept.wantsAnswer && sdp !== undefined) this.take(this.line.accept(sdp))
    this.changed()
  }

  /** True once the ACK to our 2xx has come. */
  get acknowledged(): boolean {
    return this.state === 'up' && this.#accept === undefined
  }

  /** Sends a 2xx and repeats it until the ACK comes; without one the call is ended with BYE. */
  protected sendAccept(
    transaction: ServerTransaction,
    sdp: string,
    wantsAnswer: boolean,
    headers: Headers = [],
  ): void {
    const parts: ResponseParts = {
      status: 200,
      headers: [['Contact', this.ua.contact], ALLOW, ...headers, SDP_TYPE],
      body: bytesOf(sdp),
    }
    const { timers } = this.ua.ports
    const cseq = parseCSeq(transaction.request.headers.first('CSeq') ?? '')?.number ?? 0
    const send = (): void => {
      if (!this.ua.faults.dead) transaction.respond(parts, this.localTag)
    }
    let delayMs = T1_MS
    let spentMs = 0
    const again = (): void => {
      spentMs += delayMs
      if (this.state === 'ended') return
      if (spentMs >= ACK_LIMIT_MS) {
        this.note('no ACK')
        return this.hangUp()
      }
      send()
      delayMs = Math.min(2 * delayMs, T2_MS)
      accept.timer = timers.set(delayMs, again)
    }
    const accept: PendingAccept = { cseq, wantsAnswer, timer: timers.set(delayMs, again) }
    this.#accept = accept
    send()
  }

  protected sendAck(dialog: Dialog, cseq: number, sdp?: string): void {
    if (this.ua.faults.neverAck || this.ua.faults.dead) return
    const headers: Headers = sdp === undefined ? [] : [SDP_TYPE]
    const body = sdp === undefined ? undefined : bytesOf(sdp)
    this.ua.sip.sendAck(dialog.ack(cseq, headers, body), this.nextHop(dialog))
  }

  protected nextHop(dialog: Dialog): Destination {
    const flow = dialog.directFlow()
    return flow === undefined
      ? this.ua.destinationOf(dialog.nextHop(), this.fallback)
      : destinationOfFlow(flow)
  }

  /** The end of the call; the first one counts. */
  finish(by: CallEnd['by'], status = 0, reason?: string): void {
    if (this.end !== undefined) return
    this.end = { by, status, reason }
    this.state = 'ended'
    if (this.#accept !== undefined) this.ua.ports.timers.clear(this.#accept.timer)
    this.#accept = undefined
    this.note(`ended by ${by}${status === 0 ? '' : ` with ${status}`}`)
    this.line.close()
    this.#onEnd(this)
    this.changed()
  }

  /** Frees everything without a word to the peer; open waits are rejected. */
  drop(): void {
    this.finish('failed')
    this.#waiters.close(`phone closed: ${this.describe()}`)
  }

  protected note(what: string): void {
    this.timeline.push({ atMs: this.ua.ports.clock.monotonicMs(), what })
  }

  protected changed(): void {
    this.#waiters.changed()
  }

  /** A description that cannot be used is a fault of the peer's: it is noted, the call goes on without sound. */
  protected take(
    taken: { readonly ok: true } | { readonly ok: false; readonly why: string },
  ): void {
    if (!taken.ok) this.note(`unusable SDP: ${taken.why}`)
  }

  async #reoffer(hold: boolean): Promise<number> {
    this.note(hold ? 'hold' : 'resume')
    const headers: Headers = [['Contact', this.ua.contact], ALLOW, SDP_TYPE]
    const final = await this.inDialog('INVITE', headers, bytesOf(this.line.offer(hold)))
    if (final.kind === 'none') return 0
    const sdp = sdpOf(final.response)
    if (final.response.status < 300 && sdp !== undefined) this.take(this.line.accept(sdp))
    else this.line.holding = false
    return final.response.status
  }

  #acknowledge(dialog: Dialog, cseq: string | undefined): void {
    const number = parseCSeq(cseq ?? '')?.number
    if (number !== undefined) this.sendAck(dialog, number)
  }

  #onReoffer(transaction: ServerTransaction): ServerTransactionEvents {
    const { request } = transaction
    const { refuseReoffer, refuseUpdate } = this.ua.faults
    const refusal = refuseReoffer ?? (request.method === 'UPDATE' ? refuseUpdate : undefined)
    if (refusal !== undefined) return reply(transaction, refusal)
    if (this.#accept !== undefined && request.method === 'INVITE') return reply(transaction, 491)
    this.dialog?.refreshTarget(request.headers, transaction.flow)
    const offer = sdpOf(request)
    if (request.method === 'UPDATE' && offer === undefined) return reply(transaction, 200)
    if (offer === undefined) {
      this.sendAccept(transaction, this.line.offer(), true)
      return {}
    }
    const answer = this.line.answer(offer)
    if (!answer.ok) {
      this.take(answer)
      return reply(transaction, 488)
    }
    this.note(this.heldByPeer ? 'held by the peer' : 'not held')
    if (request.method === 'INVITE') this.sendAccept(transaction, answer.value, false)
    else reply(transaction, 200, [['Contact', this.ua.contact], SDP_TYPE], bytesOf(answer.value))
    this.changed()
    return {}
  }

  /** The peer's last description does not want our audio. */
  get heldByPeer(): boolean {
    return this.line.agreement?.peerReceives === false
  }

  #onInfo(transaction: ServerTransaction): ServerTransactionEvents {
    const key = /^\s*(?:Signal\s*=\s*)?([0-9A-D*#])/im.exec(bodyText(transaction.request))?.[1]
    if (key !== undefined) this.infoKeys.push(key)
    reply(transaction, 200)
    this.changed()
    return {}
  }

  #onNotify(transaction: ServerTransaction): ServerTransactionEvents {
    const status = /^SIP\/2\.0 (\d{3})/.exec(bodyText(transaction.request))?.[1]
    if (status !== undefined) this.referStatuses.push(Number(status))
    reply(transaction, 200)
    this.changed()
    return {}
  }

  #onRefer(transaction: ServerTransaction): ServerTransactionEvents {
    const target = transaction.request.headers.first('Refer-To') ?? ''
    this.referTargets.push(target)
    this.changed()
    const policy = this.referPolicy
    if (!policy.accept) return reply(transaction, policy.status)
    reply(transaction, 202, [['Contact', this.ua.contact]])
    void this.#notifyRefer(policy.statuses)
    return {}
  }

  async #notifyRefer(statuses: readonly number[]): Promise<void> {
    for (const status of statuses) {
      const state = status < 200 ? 'active;expires=60' : 'terminated;reason=noresource'
      await this.inDialog(
        'NOTIFY',
        [
          ['Event', 'refer'],
          ['Subscription-State', state],
          ['Contact', this.ua.contact],
          ['Content-Type', 'message/sipfrag'],
        ],
        bytesOf(`SIP/2.0 ${status} Progress\r\n`),
      )
    }
  }
}

export function reply(
  transaction: ServerTransaction,
  status: number,
  headers: RequestParts['headers'] = [],
  body?: Uint8Array,
  toTag?: string,
): ServerTransactionEvents {
  transaction.respond(body === undefined ? { status, headers } : { status, headers, body }, toTag)
  return {}
}

export function destinationOfFlow(flow: Flow): Destination {
  return {
    transport: flow.transport,
    address: flow.remoteAddress,
    port: flow.remotePort,
    flow,
  }
}

/** The Replaces parameter of a Refer-To URI, naming the other call as its peer knows it (RFC 3891 §6.1). */
function replacesOf(call: Call | undefined): string {
  const state = call?.dialog?.state
  if (state === undefined) return ''
  const value = `${state.callId};to-tag=${state.remoteTag};from-tag=${state.localTag}`
  return `?Replaces=${encodeURIComponent(value)}`
}
