// A server transaction at work: one pure machine, its timers, the bytes of its last response and the connection they go back
// on. When that connection is gone a response is sent over a new one (RFC 3261 §18.2.2).

import { serializeResponse } from '../message/serialize.ts'
import type { ResponseParts, SipRequest } from '../message/types.ts'
import type { Timers } from '../../ports/timers.ts'
import type { Connection } from '../transport/connection.ts'
import { echoLines, echoOf, type Echo } from './echo.ts'
import { stepInviteServer, type InviteServerState } from './invite-server.ts'
import {
  startNonInviteServer,
  stepNonInviteServer,
  type NonInviteServerState,
} from './non-invite-server.ts'
import type { ServerEffect, ServerInput } from './server-machine.ts'
import { TimerTable, type MachineContext, type Timings } from './timings.ts'
import type { Flow, ServerTransaction, ServerTransactionEvents } from './types.ts'

/** What a server transaction needs from the layer. */
export interface ServerSurroundings {
  readonly timers: Timers
  readonly timings: Timings
  newTag(): string
  /** The connection a flow names, while it lives. */
  connectionOf(flow: Flow): Connection | undefined
  /** Sends where the request came from; returns the connection used, if any. */
  sendResponse(
    bytes: Uint8Array,
    echo: Echo,
    flow: Flow,
    preferred: Connection | undefined,
  ): Connection | undefined
  /** The ACK to a 2xx that arrived inside the transaction (RFC 2543 peers). */
  ackArrived(ack: SipRequest, flow: Flow): void
  ended(transaction: ServerRuntime): void
}

type Machine =
  | { readonly kind: 'invite'; readonly state: InviteServerState }
  | { readonly kind: 'other'; readonly state: NonInviteServerState }

/** 2xx to these make something that outlives the transaction, so the connection is worth keeping. */
const lastingMethods = new Set(['INVITE', 'REGISTER', 'SUBSCRIBE'])

export class ServerRuntime implements ServerTransaction {
  readonly request: SipRequest
  readonly flow: Flow
  readonly key: string
  readonly mergedKey: string | undefined
  events: ServerTransactionEvents = {}
  /** The layer's own wish to know of the end. */
  onEnd: (() => void) | undefined
  readonly #around: ServerSurroundings
  readonly #context: MachineContext
  readonly #timers: TimerTable
  readonly #echo: Echo
  #machine: Machine
  #tag: string | undefined
  #lastBytes: Uint8Array | undefined
  #finalSent = false
  #connection: Connection | undefined
  #unwatch: (() => void) | undefined

  constructor(
    around: ServerSurroundings,
    request: SipRequest,
    flow: Flow,
    keys: { readonly key: string; readonly mergedKey: string | undefined },
  ) {
    this.#around = around
    this.request = request
    this.flow = flow
    this.key = keys.key
    this.mergedKey = keys.mergedKey
    this.#context = { timings: around.timings, reliable: flow.transport !== 'UDP' }
    this.#timers = new TimerTable(around.timers, (timer) => this.#step({ type: 'timer', timer }))
    this.#echo = echoOf(request.headers, flow)
    this.#use(around.connectionOf(flow))
    if (request.method === 'INVITE') this.#machine = { kind: 'invite', state: { at: 'proceeding' } }
    else {
      const { state, effects } = startNonInviteServer(this.#context)
      this.#machine = { kind: 'other', state }
      this.#run(effects)
    }
  }

  get finalSent(): boolean {
    return this.#finalSent
  }

  /** The tag that responses of this transaction carry in To. */
  get tag(): string {
    this.#tag ??= this.#around.newTag()
    return this.#tag
  }

  get isTerminated(): boolean {
    return this.#machine.state.at === 'terminated'
  }

  respond(parts: ResponseParts, toTag?: string): void {
    const { at } = this.#machine.state
    const repeats2xx = at === 'accepted' && parts.status >= 200 && parts.status < 300
    if (at === 'terminated' || (this.#finalSent && !repeats2xx)) return
    if (toTag !== undefined) this.#tag = toTag
    const lines = echoLines(this.#echo, parts.status > 100 ? this.tag : undefined)
    const timestamp = parts.status === 100 ? this.request.headers.first('timestamp') : undefined
    const echoed = timestamp === undefined ? lines : [...lines, ['Timestamp', timestamp] as const]
    const previous = this.#lastBytes
    this.#lastBytes = serializeResponse(parts, echoed)
    if (!this.#step({ type: 'respond', status: parts.status })) {
      this.#lastBytes = previous
      return
    }
    if (parts.status >= 200) this.#finalSent = true
    if (parts.status >= 200 && parts.status < 300 && lastingMethods.has(this.request.method)) {
      if (this.#connection !== undefined) this.#connection.proven = true
    }
  }

  retransmitted(): void {
    this.#step({ type: 'retransmission' })
  }

  acknowledged(ack: SipRequest, flow: Flow): void {
    if (this.#step({ type: 'ack' }) && this.#machine.state.at === 'accepted') {
      this.#around.ackArrived(ack, flow)
    }
  }

  /** Ends without telling anybody: the server stops. */
  dispose(): void {
    this.#timers.clearAll()
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  /** True when the input had an effect. */
  #step(input: ServerInput): boolean {
    let effects: readonly ServerEffect[]
    if (this.#machine.kind === 'invite') {
      const step = stepInviteServer(this.#machine.state, input, this.#context)
      this.#machine = { kind: 'invite', state: step.state }
      effects = step.effects
    } else {
      const step = stepNonInviteServer(this.#machine.state, input, this.#context)
      this.#machine = { kind: 'other', state: step.state }
      effects = step.effects
    }
    this.#run(effects)
    return effects.length > 0
  }

  #run(effects: readonly ServerEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
        case 'resend':
          this.#transmit()
          break
        case 'deliver-ack':
          // The caller hands the ACK up, it holds the message.
          break
        case 'report-no-ack':
          this.events.onNoAck?.()
          break
        case 'terminate':
          this.dispose()
          this.#around.ended(this)
          break
        case 'set':
          this.#timers.set(effect.timer, effect.ms)
          break
        case 'clear':
          this.#timers.clear(effect.timer)
          break
      }
    }
  }

  #transmit(): void {
    if (this.#lastBytes === undefined) return
    const used = this.#around.sendResponse(this.#lastBytes, this.#echo, this.flow, this.#connection)
    if (used !== this.#connection && !this.isTerminated) this.#use(used)
  }

  #use(connection: Connection | undefined): void {
    this.#unwatch?.()
    this.#connection = connection
    this.#unwatch = connection?.watch((error) => {
      this.#connection = undefined
      this.#unwatch = undefined
      this.events.onTransportFailure?.(error)
    })
  }
}
