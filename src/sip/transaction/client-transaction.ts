// A client transaction at work: one pure machine, its timers, the request as sent and the connection it went over. Chooses
// TCP for oversize UDP requests and goes back to UDP when the connection fails before anything was heard.

import { lowerName } from '../message/header-names.ts'
import { formatVia } from '../message/headers/via.ts'
import { parseCSeq } from '../message/headers/cseq.ts'
import { requestOf, serializeRequest } from '../message/serialize.ts'
import type { RequestParts, SipRequest, SipResponse } from '../message/types.ts'
import type { Timers } from '../../ports/timers.ts'
import type { Connection } from '../transport/connection.ts'
import type { ClientEffect, ClientInput } from './client-machine.ts'
import { startInviteClient, stepInviteClient, type InviteClientState } from './invite-client.ts'
import {
  startNonInviteClient,
  stepNonInviteClient,
  type NonInviteClientState,
} from './non-invite-client.ts'
import { TimerTable, type MachineContext, type Timings } from './timings.ts'
import type { ClientTransaction, ClientTransactionEvents, Destination } from './types.ts'

/** RFC 3261 §18.1.1: beyond this a datagram may be fragmented on its way. */
export const oversizeBytes = 1_300

/** What a client transaction needs from the layer. */
export interface ClientSurroundings {
  readonly timers: Timers
  readonly timings: Timings
  viaSentBy(to: Destination): { readonly host: string; readonly port: number }
  /** Whether an oversize request to that peer should try TCP. */
  mayTryTcp(to: Destination): boolean
  tcpFailed(to: Destination): void
  /** The living flow of the destination, or a connection to its address; undefined when TCP is off. */
  connectionTo(to: Destination): Connection | undefined
  sendDatagram(bytes: Uint8Array, to: Destination): void
  write(connection: Connection, bytes: Uint8Array): void
  startCancel(parts: RequestParts, to: Destination, branch: string): void
  ended(transaction: ClientRuntime): void
}

type Machine =
  | { readonly kind: 'invite'; readonly state: InviteClientState }
  | { readonly kind: 'other'; readonly state: NonInviteClientState }

type Headers = RequestParts['headers']

export class ClientRuntime implements ClientTransaction {
  readonly branch: string
  readonly destination: Destination
  readonly #around: ClientSurroundings
  readonly #parts: RequestParts
  readonly #events: ClientTransactionEvents
  readonly #timers: TimerTable
  #transport: 'UDP' | 'TCP'
  #mayFallBack = false
  #machine: Machine
  #request: SipRequest
  #bytes: Uint8Array
  #connection: Connection | undefined
  #unwatch: (() => void) | undefined
  #response: SipResponse | undefined
  #failure: Error | undefined
  #heardProvisional = false
  #cancelHeaders: Headers | undefined
  #cancelSent = false
  #starting = true

  constructor(
    around: ClientSurroundings,
    parts: RequestParts,
    to: Destination,
    events: ClientTransactionEvents,
    branch: string,
  ) {
    this.#around = around
    this.#parts = parts
    this.#events = events
    this.branch = branch
    this.destination = to
    this.#transport = to.transport
    this.#timers = new TimerTable(around.timers, (timer) => this.#step({ type: 'timer', timer }))
    this.#machine =
      parts.method === 'INVITE'
        ? { kind: 'invite', state: { at: 'terminated' } }
        : { kind: 'other', state: { at: 'terminated' } }
    const built = this.#build()
    this.#request = built.request
    this.#bytes = built.bytes
  }

  get request(): SipRequest {
    return this.#request
  }

  get method(): string {
    return this.#parts.method
  }

  /** The non-2xx final has been heard: a 2xx that still comes is another fork's. */
  get isCompleted(): boolean {
    return this.#machine.state.at === 'completed'
  }

  /** Sends for the first time; separate from the constructor so that the layer knows the transaction before anything happens. */
  start(): void {
    const oversize = this.#transport === 'UDP' && this.#bytes.length > oversizeBytes
    if (oversize && this.#parts.method !== 'CANCEL' && this.#around.mayTryTcp(this.destination)) {
      this.#mayFallBack = true
      this.#transport = 'TCP'
      this.#rebuild()
    }
    this.#launch()
    this.#starting = false
  }

  /** In place of `start`, for an INVITE that a former process sent and that was heard of: only its end is awaited. */
  resume(): void {
    this.#heardProvisional = true
    this.#machine = { kind: 'invite', state: { at: 'proceeding' } }
    if (this.#transport === 'TCP') {
      this.#connection = this.#around.connectionTo(this.destination)
      this.#unwatch = this.#connection?.watch((error) => this.#connectionClosed(error))
    }
    this.#starting = false
  }

  cancel(headers: Headers = []): void {
    if (this.#machine.kind !== 'invite' || this.#cancelSent) return
    this.#cancelHeaders ??= headers
    if (this.#machine.state.at === 'proceeding') this.#sendCancel()
  }

  received(response: SipResponse): void {
    this.#response = response
    if (response.status < 200) this.#heardProvisional = true
    const lasting = response.status >= 200 && response.status < 300 && this.method === 'INVITE'
    if (lasting && this.#connection !== undefined) this.#connection.proven = true
    this.#step({ type: 'response', status: response.status })
    if (
      this.#cancelHeaders !== undefined &&
      !this.#cancelSent &&
      this.#machine.state.at === 'proceeding'
    ) {
      this.#sendCancel()
    }
  }

  /** Ends without telling anybody: the server stops. */
  dispose(): void {
    this.#timers.clearAll()
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  get #context(): MachineContext {
    return { timings: this.#around.timings, reliable: this.#transport !== 'UDP' }
  }

  #build(): { request: SipRequest; bytes: Uint8Array } {
    const { host, port } = this.#around.viaSentBy(this.destination)
    const via = formatVia({ transport: this.#transport, host, port, branch: this.branch })
    const given = this.#parts.headers
    const hasMaxForwards = given.some(([name]) => lowerName(name) === 'max-forwards')
    const own: Headers = hasMaxForwards
      ? [['Via', via]]
      : [
          ['Via', via],
          ['Max-Forwards', '70'],
        ]
    const parts = { ...this.#parts, headers: [...own, ...given] }
    return { request: requestOf(parts), bytes: serializeRequest(parts) }
  }

  #rebuild(): void {
    const built = this.#build()
    this.#request = built.request
    this.#bytes = built.bytes
  }

  #launch(): void {
    this.#timers.clearAll()
    if (this.#transport === 'TCP') {
      this.#connection = this.#around.connectionTo(this.destination)
      this.#unwatch = this.#connection?.watch((error) => this.#connectionClosed(error))
    }
    if (this.#machine.kind === 'invite') {
      const { state, effects } = startInviteClient(this.#context)
      this.#machine = { kind: 'invite', state }
      this.#run(effects)
    } else {
      const { state, effects } = startNonInviteClient(this.#context)
      this.#machine = { kind: 'other', state }
      this.#run(effects)
    }
  }

  #connectionClosed(error: Error): void {
    this.#connection = undefined
    this.#unwatch = undefined
    // Inside `send` nobody holds the transaction yet, so its end is told afterwards.
    if (this.#starting) this.#around.timers.soon(() => this.#lost(error))
    else this.#lost(error)
  }

  #lost(error: Error): void {
    const { at } = this.#machine.state
    if (this.#mayFallBack && (at === 'calling' || at === 'trying')) {
      this.#mayFallBack = false
      this.#around.tcpFailed(this.destination)
      this.#transport = 'UDP'
      this.#rebuild()
      this.#launch()
      return
    }
    this.#failure = error
    this.#step({ type: 'transport-failed' })
  }

  #step(input: ClientInput): void {
    let effects: readonly ClientEffect[]
    if (this.#machine.kind === 'invite') {
      const step = stepInviteClient(this.#machine.state, input, this.#context)
      this.#machine = { kind: 'invite', state: step.state }
      effects = step.effects
    } else {
      const step = stepNonInviteClient(this.#machine.state, input, this.#context)
      this.#machine = { kind: 'other', state: step.state }
      effects = step.effects
    }
    this.#run(effects)
  }

  #run(effects: readonly ClientEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          this.#transmit(this.#bytes)
          break
        case 'send-ack':
          this.#sendAck()
          break
        case 'deliver':
          if (this.#response !== undefined) this.#events.onResponse(this.#response)
          break
        case 'report-timeout':
          this.#events.onTimeout(this.#heardProvisional)
          break
        case 'report-failure':
          this.#events.onTransportFailure(this.#failure ?? new Error('transport failed'))
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

  #transmit(bytes: Uint8Array): void {
    if (this.#transport === 'UDP') this.#around.sendDatagram(bytes, this.destination)
    else if (this.#connection !== undefined) this.#around.write(this.#connection, bytes)
    else this.#connectionClosed(new Error('no connection'))
  }

  /** RFC 3261 §17.1.1.3: same branch, To of the response, the Route set of the INVITE. */
  #sendAck(): void {
    const to = this.#response?.headers.first('to')
    if (to === undefined) return
    const headers = this.#derived('ACK', to, [])
    const via = this.#request.headers.first('via') ?? ''
    this.#transmitAck(
      serializeRequest({
        method: 'ACK',
        uri: this.#parts.uri,
        headers: [['Via', via], ...headers],
      }),
    )
  }

  #transmitAck(bytes: Uint8Array): void {
    if (this.#transport === 'TCP' && this.#connection === undefined) return
    this.#transmit(bytes)
  }

  /** RFC 3261 §9.1: built from the INVITE and sent where the INVITE went. */
  #sendCancel(): void {
    this.#cancelSent = true
    const to = this.#request.headers.first('to') ?? ''
    const headers = this.#derived('CANCEL', to, this.#cancelHeaders ?? [])
    const flow = this.#connection?.flow
    const { address, port } = this.destination
    const where = {
      transport: this.#transport,
      address,
      port,
      ...(flow === undefined ? {} : { flow }),
    }
    this.#around.startCancel(
      { method: 'CANCEL', uri: this.#parts.uri, headers },
      where,
      this.branch,
    )
    this.#step({ type: 'cancel-sent' })
  }

  #derived(method: string, to: string, extra: Headers): Headers {
    const { headers } = this.#request
    const cseq = parseCSeq(headers.first('cseq') ?? '')?.number ?? 0
    return [
      ['Max-Forwards', '70'],
      ...headers.all('route').map((value) => ['Route', value] as const),
      ['From', headers.first('from') ?? ''],
      ['To', to],
      ['Call-ID', headers.first('call-id') ?? ''],
      ['CSeq', `${cseq} ${method}`],
      ...extra,
    ]
  }
}
