// What every part of an invite session shares: its phase, its dialog, its timers, and sending a request within the
// dialog. The neighbours of this file are one per thing a session does; they import this one and never each other in a
// circle. A session is driven from one thread; each call finishes before the next begins.

import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import type { IncomingCall, SignalingInput } from '../../ports/signaling.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { DigestClient } from '../auth/client.ts'
import type { Dialog } from '../dialog/dialog.ts'
import type { OwnIds } from '../dialog/own-ids.ts'
import type { RequestParts, SipRequest, SipResponse } from '../message/types.ts'
import type {
  ClientTransaction,
  Destination,
  Flow,
  ServerTransaction,
  ServerTransactionEvents,
  TransactionLayer,
} from '../transaction/types.ts'
import { PRODUCT } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import { FlowWaits } from './flow-waits.ts'
import { OfferAnswer } from './offer-answer.ts'
import type { SessionTerms } from './timer-rules.ts'

/** RFC 3261 §17.1.1.1: round-trip estimate, the longest interval between repeats, and when to give up; ms. */
export const T1_MS = 500
export const T2_MS = 4000
export const GIVE_UP_MS = 64 * T1_MS

type WithoutLeg<T> = T extends unknown ? Omit<T, 'legId'> : never

/** An input of the engine before it knows which leg it belongs to. */
export type SessionInput = WithoutLeg<Exclude<SignalingInput, IncomingCall>>

/** What sessions need of the stack around them. */
export interface SessionRoom {
  readonly layer: TransactionLayer
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  readonly ids: OwnIds
  readonly log: Log
  readonly metrics: Metrics
  /** The session timer that we ask for (RFC 4028 §4), seconds, at least 90. */
  readonly sessionExpiresSecs: number
  /** Where a URI's requests go; undefined when the name does not resolve. Synchronous for IP literals. */
  locate(
    uri: string,
    transport: 'UDP' | 'TCP' | undefined,
    done: (destination: Destination | undefined) => void,
  ): void
  /** Requests for this Call-ID and local tag are the session's from now on. */
  attach(session: AttachedSession): void
  detach(session: AttachedSession): void
  /** What a restart needs of the session may have changed. */
  changed(): void
  /** How long a request waits for its peer to connect again, when the TCP connection of the call is gone; ms. */
  readonly flowWaitMs: number
  /** The living connection over which this target has registered: a phone may have come back before we missed it. */
  connectionTo(target: string): Flow | undefined
  /** `reached` is called with a living connection as soon as the peer of this target registers over one. */
  awaitFlow(target: () => string, reached: (flow: Flow) => void): () => void
}

/** A session as the index of the stack sees it. */
export interface AttachedSession {
  readonly callId: string
  readonly localTag: string
  onRequest(transaction: ServerTransaction): ServerTransactionEvents
  onAck(ack: SipRequest): void
  /** A bug of ours was met: the call ends. */
  fail(): void
}

export type Phase =
  /** UAC: INVITE out, no 2xx yet. */
  | 'calling'
  /** UAS: no final response yet. */
  | 'incoming'
  /** 2xx sent and not ACKed, or 2xx received and not confirmed by the engine. */
  | 'answered'
  | 'confirmed'
  /** Our BYE waits or is out. */
  | 'leaving'
  | 'ended'

/** How a request of ours within the dialog ended. */
export type Outcome =
  | { readonly kind: 'response'; readonly response: SipResponse; readonly request: SipRequest }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable' }

/** An offer of the peer that the engine has not answered, or our 2xx to it that was not ACKed. */
export interface IncomingOffer {
  readonly transaction: ServerTransaction
  readonly kind: 'invite' | 'update'
  readonly cseq: number
  answered: boolean
  /** The peer's INVITE had no description: our 2xx makes the offer. */
  readonly weOffer: boolean
}

interface SendEvents {
  readonly onResponse: (response: SipResponse, request: SipRequest) => void
  readonly onNone: (kind: 'timeout' | 'unreachable') => void
}

export class SessionCore {
  readonly room: SessionRoom
  readonly role: 'uac' | 'uas'
  readonly callId: string
  readonly localTag: string
  readonly offers = new OfferAnswer()
  phase: Phase
  dialog: Dialog | undefined
  auth: DigestClient | undefined
  /** Methods of the peer's last Allow. */
  peerAllows: ReadonlySet<string> = new Set()
  terms: SessionTerms | undefined
  incomingOffer: IncomingOffer | undefined
  /** A re-INVITE or UPDATE with an offer of ours is out. */
  outgoingOffer = false
  /** Headers of a BYE that waits for the ACK to our 2xx. */
  waitingBye: Headers | undefined
  onEnd: (() => void) | undefined
  /** When `terms` were agreed, wall ms. */
  termsAtMs = 0
  readonly #waits = new FlowWaits(this)
  readonly #emit: (input: SessionInput) => void
  readonly #timers = new Map<string, TimerId>()
  #muted = false

  constructor(
    room: SessionRoom,
    role: 'uac' | 'uas',
    ids: { readonly callId: string; readonly localTag: string },
    emit: (input: SessionInput) => void,
  ) {
    this.room = room
    this.role = role
    this.callId = ids.callId
    this.localTag = ids.localTag
    this.phase = role === 'uac' ? 'calling' : 'incoming'
    this.#emit = emit
  }

  /** Hands an input up, unless the engine has already ended this leg. */
  emit(input: SessionInput): void {
    if (!this.#muted) this.#emit(input)
  }

  /** The engine has ended the leg: nothing more is told. */
  mute(): void {
    this.#muted = true
  }

  get established(): boolean {
    return this.phase === 'answered' || this.phase === 'confirmed'
  }

  /** Sets or moves a named deadline; all of them die with the session. */
  arm(name: string, delayMs: number, fire: () => void): void {
    this.disarm(name)
    const id = this.room.timers.set(delayMs, () => {
      this.#timers.delete(name)
      fire()
    })
    this.#timers.set(name, id)
  }

  isArmed(name: string): boolean {
    return this.#timers.has(name)
  }

  disarm(name: string): void {
    const id = this.#timers.get(name)
    if (id === undefined) return
    this.room.timers.clear(id)
    this.#timers.delete(name)
  }

  disarmAll(): void {
    for (const name of [...this.#timers.keys()]) this.disarm(name)
  }

  /** The last step of every session. Requests that still arrive are answered 481 by the stack. */
  end(): void {
    if (this.phase === 'ended') return
    this.phase = 'ended'
    this.disarmAll()
    this.#waits.stop()
    this.onEnd?.()
  }

  /**
   * Sends a request within the dialog and reports how it ended; 401 and 407 are answered once on the way. `done` is
   * called once, also after the session has ended; for INVITE once more with every repeated 2xx.
   */
  request(
    method: string,
    headers: Headers,
    body: Uint8Array | undefined,
    done: (outcome: Outcome) => void,
  ): void {
    const { dialog } = this
    if (dialog === undefined) return done({ kind: 'unreachable' })
    const credentials = this.auth?.headers(method, dialog.state.remoteTarget) ?? []
    const parts = dialog.request(
      method,
      [...headers, ...credentials, ['User-Agent', PRODUCT]],
      body,
    )
    this.#send(dialog, parts, {
      onResponse: (response, request) => {
        const challenged = response.status === 401 || response.status === 407
        if (challenged && this.auth?.accept(response) === true) {
          return this.request(method, headers, body, done)
        }
        if (response.status < 300) this.auth?.accepted()
        done({ kind: 'response', response, request })
        this.room.changed()
      },
      onNone: (kind) => {
        done({ kind })
        this.room.changed()
      },
    })
    this.room.changed()
  }

  /** The peer has been heard over this connection: requests that waited for it leave now. */
  flowSeen(flow: Flow): void {
    if (this.dialog?.moveTo(flow) !== true) return
    this.room.changed()
    this.#waits.reached()
  }

  /** A request that its TCP connection did not take is tried once at the peer's Contact, then waits; never over UDP. */
  #send(dialog: Dialog, parts: RequestParts, events: SendEvents): void {
    const { layer } = this.room
    this.deliver(dialog, parts, (destination) => {
      if (destination === undefined) {
        if (dialog.directFlow()?.transport !== 'TCP') return events.onNone('unreachable')
        return this.#waits.wait(dialog, (ok) =>
          ok ? this.#send(dialog, parts, events) : events.onNone('unreachable'),
        )
      }
      const overFlow = destination.flow !== undefined
      const transaction: ClientTransaction = layer.send(parts, destination, {
        onResponse: (response) => {
          if (response.status >= 200) events.onResponse(response, transaction.request)
        },
        onTimeout: () => events.onNone('timeout'),
        onTransportFailure: () => {
          if (destination.transport !== 'TCP') return events.onNone('unreachable')
          if (overFlow) return this.#send(dialog, parts, events)
          this.#waits.wait(dialog, (ok) =>
            ok ? this.#send(dialog, parts, events) : events.onNone('unreachable'),
          )
        },
      })
    })
  }

  /** Finds where a request of a dialog goes; `use` gets undefined when nowhere. */
  deliver(
    dialog: Dialog,
    parts: RequestParts,
    use: (destination: Destination | undefined) => void,
  ): void {
    const flow = dialog.directFlow()
    // The far port of a connection that we did not open leads nowhere once it is closed; the Contact may.
    const dead = flow?.transport === 'TCP' && !this.room.layer.isOpen(flow)
    if (flow !== undefined && !dead) return use(destinationOf(flow))
    const registered = dead ? this.room.connectionTo(dialog.state.remoteTarget) : undefined
    if (registered !== undefined && dialog.moveTo(registered)) {
      this.room.changed()
      return use(destinationOf(registered))
    }
    this.room.locate(dialog.nextHop(), dead ? 'TCP' : undefined, (destination) => {
      if (destination !== undefined) return use(destination)
      this.room.log.warn({ code: 'sip-no-address', method: parts.method }, 'no address')
      // DEVIATION RFC 3261 §12.2.1.1: phones put names into Contact that only their own network knows, and a resolver
      // may be down for a minute; neither may end a call or leave the peer without its BYE.
      const heard = dialog.heardAt()
      use(heard === undefined ? undefined : destinationOf(heard))
    })
  }

  /** Takes over what a peer's message says about its abilities. */
  learn(headers: SipRequest['headers']): void {
    if (headers.has('Allow')) {
      this.peerAllows = new Set(headers.values('Allow').map((one) => one.toUpperCase()))
    }
  }
}

export function destinationOf(flow: Flow): Destination {
  return { transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort, flow }
}
