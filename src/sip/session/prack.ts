// Reliable provisional responses (RFC 3262), both ways: ours to a caller that requires 100rel, one outstanding at a
// time and repeated until its PRACK; and the PRACK for those a callee sends us.

import type { Dialog } from '../dialog/dialog.ts'
import { cseqOf } from '../dialog/headers.ts'
import { formatRAck, parseRAck, parseRSeq } from '../message/headers/rack.ts'
import { hasToken } from '../message/headers/tokens.ts'
import type { SipResponse } from '../message/types.ts'
import type { ServerTransaction } from '../transaction/types.ts'
import { PRODUCT } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import { GIVE_UP_MS, T1_MS } from './core.ts'
import type { SessionCore } from './core.ts'

interface Reliable {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array | undefined
}

/** The UAS half: sends provisional responses of one INVITE reliably and in order. */
export class ReliableProvisionals {
  readonly #core: SessionCore
  readonly #transaction: ServerTransaction
  readonly #onGivenUp: () => void
  readonly #cseq: number
  #rseq: number
  #outstanding: Reliable | undefined
  /** The newest response that waits for the outstanding one; an older waiting one is worthless by then. */
  #next: Reliable | undefined
  #onQuiet: (() => void) | undefined

  /** `onGivenUp`: no PRACK came for 64 T1. */
  constructor(core: SessionCore, transaction: ServerTransaction, onGivenUp: () => void) {
    this.#core = core
    this.#transaction = transaction
    this.#onGivenUp = onGivenUp
    this.#cseq = cseqOf(transaction.request.headers)?.number ?? 0
    // RFC 3262 §3: the first number is chosen at random between 1 and 2^31 - 1.
    this.#rseq = core.room.random.below(2 ** 31 - 2)
  }

  send(status: number, headers: Headers, body: Uint8Array | undefined): void {
    const response = { status, headers, body }
    if (this.#outstanding === undefined) this.#start(response)
    else if (this.#next?.body === undefined || body !== undefined) this.#next = response
  }

  /** Runs `proceed` once no response with a description waits for its PRACK: a 2xx may not pass it (RFC 3262 §3). */
  whenQuiet(proceed: () => void): void {
    if (this.#outstanding?.body === undefined && this.#next?.body === undefined) return proceed()
    this.#onQuiet = proceed
  }

  /** A final response ends the repeats. */
  stop(): void {
    this.#core.disarm('prack-repeat')
    this.#core.disarm('prack-give-up')
    this.#outstanding = undefined
    this.#next = undefined
  }

  /** PRACK from the peer: 200 when it names the outstanding response, else 481 (RFC 3262 §3). */
  onPrack(transaction: ServerTransaction): void {
    const rack = parseRAck(transaction.request.headers.first('RAck') ?? '')
    const right = rack?.rseq === this.#rseq && rack.cseq === this.#cseq && rack.method === 'INVITE'
    if (!right || this.#outstanding === undefined) {
      transaction.respond({ status: 481, headers: [] })
      return
    }
    transaction.respond({ status: 200, headers: [] })
    const next = this.#next
    this.stop()
    if (next !== undefined) this.#start(next)
    const proceed = this.#onQuiet
    if (proceed !== undefined) {
      this.#onQuiet = undefined
      this.whenQuiet(proceed)
    }
  }

  #start(response: Reliable): void {
    this.#rseq += 1
    this.#outstanding = response
    const { status, headers, body } = response
    const all: Headers = [...headers, ['Require', '100rel'], ['RSeq', String(this.#rseq)]]
    const parts = body === undefined ? { status, headers: all } : { status, headers: all, body }
    const send = (): void => this.#transaction.respond(parts, this.#core.localTag)
    // RFC 3262 §3: the interval doubles without the cap that a 2xx has.
    const again = (delayMs: number): void => {
      this.#core.arm('prack-repeat', delayMs, () => {
        send()
        again(delayMs * 2)
      })
    }
    this.#core.arm('prack-give-up', GIVE_UP_MS, () => {
      this.stop()
      this.#onGivenUp()
    })
    again(T1_MS)
    send()
  }
}

export type ReliableKind = 'unreliable' | 'fresh' | 'repeated' | 'early'

/** The UAC half: one early dialog's reliable responses, acknowledged in order. */
export class ReliableReceiver {
  #last: number | undefined

  /**
   * Looks at a provisional response of this early dialog and sends PRACK when it is the next one. `early`: a gap before
   * it, it will be repeated (RFC 3262 §4).
   */
  take(core: SessionCore, dialog: Dialog, response: SipResponse): ReliableKind {
    const rseq = parseRSeq(response.headers.first('RSeq') ?? '')
    if (rseq === undefined || !hasToken(response.headers, 'Require', '100rel')) return 'unreliable'
    if (this.#last !== undefined && rseq <= this.#last) return 'repeated'
    if (this.#last !== undefined && rseq !== this.#last + 1) return 'early'
    this.#last = rseq
    this.#send(core, dialog, rseq, response)
    return 'fresh'
  }

  #send(core: SessionCore, dialog: Dialog, rseq: number, response: SipResponse): void {
    const cseq = cseqOf(response.headers)?.number ?? 0
    const rack = formatRAck({ rseq, cseq, method: 'INVITE' })
    const credentials = core.auth?.headers('PRACK', dialog.state.remoteTarget) ?? []
    const parts = dialog.request('PRACK', [['RAck', rack], ...credentials, ['User-Agent', PRODUCT]])
    core.deliver(dialog, parts, (destination) => {
      if (destination === undefined) return
      // A refused or unheard PRACK changes nothing here: the INVITE's own final response decides.
      core.room.layer.send(parts, destination, {
        onResponse: () => undefined,
        onTimeout: () => undefined,
        onTransportFailure: () => undefined,
      })
    })
  }
}
