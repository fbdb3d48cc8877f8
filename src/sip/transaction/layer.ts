// The transaction layer: finds the transaction of every message, starts and ends transactions, answers by itself what needs
// nobody above (retransmissions, 100, CANCEL, refusals of RFC 3261 §8.2, overload). What it answers statelessly it
// answers the same way again when asked again.

import { createHash } from 'node:crypto'
import { canonicalHost, hostOf } from '../message/host.ts'
import { parseCSeq } from '../message/headers/cseq.ts'
import { branchCookie, formatVia, parseVia, type Via } from '../message/headers/via.ts'
import { lowerName } from '../message/header-names.ts'
import { serializeRequest, serializeResponse } from '../message/serialize.ts'
import type { ParseError } from '../message/parse.ts'
import type { HeaderFields, RequestParts, ResponseParts } from '../message/types.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { Random } from '../../ports/random.ts'
import type { Connection } from '../transport/connection.ts'
import { createFence, type Fence } from '../transport/fence.ts'
import { responseTarget } from '../transport/response-routing.ts'
import { Transports, type TransportPorts } from '../transport/transports.ts'
import { checkRequest } from './check-request.ts'
import { ClientRuntime, type ClientSurroundings } from './client-transaction.ts'
import { defaultTransactionConfig, type TransactionConfig } from './config.ts'
import { echoLines, echoOf, type Echo } from './echo.ts'
import { clientKey, mergedKey, serverKey } from './matching.ts'
import { ServerRuntime, type ServerSurroundings } from './server-transaction.ts'
import type { ClientTransaction, ClientTransactionEvents, Destination } from './types.ts'
import type { Flow, ServerTransaction, ServerTransactionEvents } from './types.ts'
import type { TransactionLayer, TransactionUser } from './types.ts'

export interface TransactionLayerOptions extends TransportPorts {
  readonly random: Random
  readonly user: TransactionUser
  /** Whatever is left out has the default of config.ts. */
  readonly config?: Partial<TransactionConfig>
}

/** A transaction layer with its transports; nothing is bound before `start`. */
export interface SipTransactions extends TransactionLayer {
  /** Binds UDP and TCP to the same port; rejects with the system's error (code EADDRINUSE …). */
  start(): Promise<void>
  /** Closes every socket and forgets every transaction without telling the user. */
  stop(): void
  /** Goes on with an INVITE that a former process took in and did not answer finally. Nothing is sent. */
  resumeServer(request: SipRequest, flow: Flow, events: ServerTransactionEvents): ServerTransaction
  /** Goes on with an INVITE of a former process; sent again, identically, unless a provisional response had come. */
  resumeInvite(sent: SentRequest, events: ClientTransactionEvents): ClientTransaction
  /** The bound address, port 0 resolved; undefined while stopped. */
  readonly local: { readonly address: string; readonly port: number } | undefined
  /** Open TCP connections. */
  readonly connectionCount: number
}

/** A request as a former process sent it; `parts` without the Via that the layer puts on top. */
export interface SentRequest {
  readonly parts: RequestParts
  readonly to: Destination
  readonly branch: string
  readonly heard: boolean
}

export function createTransactionLayer(options: TransactionLayerOptions): SipTransactions {
  return new Layer(options)
}

/** A peer whose TCP port did not answer is not tried for oversize requests for so long. */
const tcpBlockedMs = 30_000
const tcpBlockedMax = 1_000
const branchLength = 22
const tagLength = 16

class Layer implements SipTransactions {
  readonly #options: TransactionLayerOptions
  readonly #config: TransactionConfig
  readonly #user: TransactionUser
  readonly #random: Random
  readonly #fence: Fence
  readonly #transports: Transports
  readonly #servers = new Map<string, ServerRuntime>()
  readonly #merged = new Map<string, ServerRuntime>()
  readonly #clients = new Map<string, ClientRuntime>()
  readonly #tcpBlocked = new Map<string, number>()
  readonly #tagSecret: string
  readonly #clientSurroundings: ClientSurroundings
  readonly #serverSurroundings: ServerSurroundings
  #running = false

  constructor(options: TransactionLayerOptions) {
    this.#options = options
    this.#config = { ...defaultTransactionConfig, ...options.config }
    this.#user = options.user
    this.#random = options.random
    this.#fence = createFence(options)
    this.#tagSecret = options.random.token(branchLength)
    this.#clientSurroundings = this.#makeClientSurroundings()
    this.#serverSurroundings = this.#makeServerSurroundings()
    this.#transports = new Transports(options, this.#config, {
      onMessage: (message, flow) =>
        void this.#fence.run(nameOf(message), () => this.#message(message, flow)),
      onUnreadable: (error, flow) =>
        void this.#fence.run('unreadable', () => this.#unreadable(error, flow)),
      onFlowClosed: (flow) => {
        if (this.#running) this.#fence.run('flow closed', () => this.#user.onFlowClosed(flow))
      },
    })
  }

  get size(): number {
    return this.#servers.size + this.#clients.size
  }

  get connectionCount(): number {
    return this.#transports.tcp.size
  }

  get local(): { readonly address: string; readonly port: number } | undefined {
    return this.#transports.local
  }

  async start(): Promise<void> {
    await this.#transports.start()
    this.#running = true
  }

  stop(): void {
    this.#running = false
    for (const transaction of [...this.#servers.values(), ...this.#clients.values()])
      transaction.dispose()
    this.#servers.clear()
    this.#merged.clear()
    this.#clients.clear()
    this.#transports.stop()
  }

  localAddressFor(_to: Destination): { readonly host: string; readonly port: number } {
    const local = this.#transports.local
    const port = local?.port ?? this.#config.port
    const { advertise } = this.#config
    if (advertise !== undefined && advertise !== '') return { host: hostOf(advertise), port }
    const address = local?.address ?? this.#config.host
    // A wildcard can be bound but not be written: without `advertise` only this machine can reach us then.
    if (address === '0.0.0.0') return { host: '127.0.0.1', port }
    return { host: address === '::' ? '[::1]' : hostOf(address), port }
  }

  send(parts: RequestParts, to: Destination, events: ClientTransactionEvents): ClientTransaction {
    return this.#start(parts, to, events, this.#newBranch())
  }

  sendAck(parts: RequestParts, to: Destination): () => void {
    const { host, port } = this.localAddressFor(to)
    const via = formatVia({ transport: to.transport, host, port, branch: this.#newBranch() })
    const given = parts.headers
    const hasMaxForwards = given.some(([name]) => lowerName(name) === 'max-forwards')
    const own: RequestParts['headers'] = hasMaxForwards
      ? [['Via', via]]
      : [
          ['Via', via],
          ['Max-Forwards', '70'],
        ]
    const bytes = serializeRequest({ ...parts, headers: [...own, ...given] })
    const transmit = () => {
      if (!this.#running) return
      if (to.transport === 'UDP') this.#transports.sendDatagram(bytes, to.address, to.port)
      else {
        const connection = this.#connectionTo(to)
        if (connection !== undefined) this.#transports.tcp.write(connection, bytes)
      }
    }
    transmit()
    return transmit
  }

  isOpen(flow: Flow): boolean {
    return this.#transports.tcp.byId(flow.connectionId) !== undefined
  }

  resumeServer(
    request: SipRequest,
    flow: Flow,
    events: ServerTransactionEvents,
  ): ServerTransaction {
    const via = parseVia(request.headers.values('via')[0] ?? '')
    const key = via === undefined ? '' : serverKey(request, via, request.method)
    const transaction = this.#addServer(request, flow, { key, mergedKey: mergedKey(request) })
    transaction.events = events
    return transaction
  }

  resumeInvite(sent: SentRequest, events: ClientTransactionEvents): ClientTransaction {
    const { parts, to, branch } = sent
    const transaction = new ClientRuntime(this.#clientSurroundings, parts, to, events, branch)
    this.#clients.set(clientKey(branch, parts.method), transaction)
    if (sent.heard) transaction.resume()
    else transaction.start()
    return transaction
  }

  #start(
    parts: RequestParts,
    to: Destination,
    events: ClientTransactionEvents,
    branch: string,
  ): ClientRuntime {
    const transaction = new ClientRuntime(this.#clientSurroundings, parts, to, events, branch)
    this.#clients.set(clientKey(branch, parts.method), transaction)
    this.#config.doorman?.befriend(to.address)
    transaction.start()
    return transaction
  }

  #newBranch(): string {
    return branchCookie + this.#random.token(branchLength)
  }

  #connectionTo(to: Destination): Connection | undefined {
    const living = this.#transports.tcp.byId(to.flow?.connectionId)
    if (living !== undefined) return living
    return this.#transports.hasTcp && this.#running
      ? this.#transports.tcp.to(to.address, to.port)
      : undefined
  }

  #makeClientSurroundings(): ClientSurroundings {
    return {
      timers: this.#options.timers,
      timings: this.#config.timings,
      viaSentBy: (to) => this.localAddressFor(to),
      mayTryTcp: (to) => this.#mayTryTcp(to),
      tcpFailed: (to) => this.#tcpFailed(to),
      connectionTo: (to) => this.#connectionTo(to),
      sendDatagram: (bytes, to) => this.#transports.sendDatagram(bytes, to.address, to.port),
      write: (connection, bytes) => this.#transports.tcp.write(connection, bytes),
      startCancel: (parts, to, branch) => void this.#start(parts, to, ignoredEvents, branch),
      ended: (transaction) =>
        this.#clients.delete(clientKey(transaction.branch, transaction.method)),
    }
  }

  #mayTryTcp(to: Destination): boolean {
    if (!this.#config.oversizeByTcp || !this.#transports.hasTcp) return false
    const until = this.#tcpBlocked.get(`${to.address}|${to.port}`)
    return until === undefined || until <= this.#options.clock.monotonicMs()
  }

  #tcpFailed(to: Destination): void {
    if (this.#tcpBlocked.size >= tcpBlockedMax) this.#tcpBlocked.clear()
    this.#tcpBlocked.set(
      `${to.address}|${to.port}`,
      this.#options.clock.monotonicMs() + tcpBlockedMs,
    )
  }

  #message(message: SipMessage, flow: Flow): void {
    if (message.kind === 'response') this.#response(message, flow)
    else this.#request(message, flow)
  }

  #response(response: SipResponse, flow: Flow): void {
    const { headers } = response
    const via = parseVia(headers.values('via')[0] ?? '')
    const method = parseCSeq(headers.first('cseq') ?? '')?.method ?? ''
    // RFC 3261 §18.1.2: a response whose top Via is not ours went astray.
    if (via === undefined || !this.#isOurs(via)) return this.#drop('foreign-via')
    const transaction = this.#clients.get(clientKey(via.branch ?? '', method))
    const stray2xx = method === 'INVITE' && response.status >= 200 && response.status < 300
    if (transaction !== undefined && !(stray2xx && transaction.isCompleted))
      transaction.received(response)
    else if (stray2xx) this.#user.onStray2xx(response, flow)
    else this.#drop('unmatched-response')
  }

  #isOurs(via: Via): boolean {
    const { host, port } = this.localAddressFor(anyDestination)
    return (via.port ?? 5060) === port && canonicalHost(via.host) === canonicalHost(host)
  }

  #request(request: SipRequest, flow: Flow): void {
    const via = parseVia(request.headers.values('via')[0] ?? '')
    if (via === undefined) return this.#drop('bad-via')
    const { method } = request
    if (method === 'ACK') return this.#ack(request, flow, via)
    const key = serverKey(request, via, method)
    const known = this.#servers.get(key)
    if (known !== undefined) return known.retransmitted()
    if (!this.#mayBegin(request, flow)) return
    if (this.#isOverloaded(request)) {
      this.#options.metrics.count('holdfast_sip_overload_refusals_total')
      const retryAfter = String(5 + this.#random.below(26))
      return this.#answerStateless(
        { status: 503, headers: [['Retry-After', retryAfter]] },
        request.headers,
        flow,
      )
    }
    const stateless = this.#answerToStranger(request, flow, via)
    if (stateless !== undefined) return this.#answerStateless(stateless, request.headers, flow)
    if (method === 'CANCEL') return this.#cancel(request, flow, via, key)
    this.#newServer(request, flow, key)
  }

  /** RFC 3261 §8.2.7: strangers cost no transaction until they show credentials. */
  #answerToStranger(request: SipRequest, flow: Flow, via: Via): ResponseParts | undefined {
    const { doorman, rules } = this.#config
    if (doorman?.isStranger(flow.remoteAddress) !== true) return undefined
    if (this.#user.isInDialog?.(request) === true) return undefined
    if (request.method !== 'CANCEL')
      return checkRequest(request, rules) ?? this.#user.answerToStranger?.(request, flow)
    const known = this.#servers.has(serverKey(request, via, 'INVITE'))
    return known ? undefined : { status: 481, headers: [] }
  }

  /** Strangers are counted for everything but what belongs to a dialog of ours. */
  #mayBegin(request: SipRequest, flow: Flow): boolean {
    const { doorman } = this.#config
    if (doorman === undefined || this.#user.isInDialog?.(request) === true) return true
    return doorman.mayBegin(flow.remoteAddress, request.headers.first('user-agent'))
  }

  #isOverloaded(request: SipRequest): boolean {
    const limit = this.#config.serverTransactionsMax
    if (this.#servers.size < limit) return false
    // Requests inside dialogs, BYE above all, relieve us: they may go a little further.
    return mergedKey(request) !== undefined || this.#servers.size >= limit * 1.1
  }

  #ack(ack: SipRequest, flow: Flow, via: Via): void {
    const transaction = this.#servers.get(serverKey(ack, via, 'INVITE'))
    if (transaction === undefined) this.#user.onAck(ack, flow)
    else transaction.acknowledged(ack, flow)
  }

  /** RFC 3261 §9.2. */
  #cancel(cancel: SipRequest, flow: Flow, via: Via, key: string): void {
    const transaction = this.#addServer(cancel, flow, { key, mergedKey: undefined })
    const invite = this.#servers.get(serverKey(cancel, via, 'INVITE'))
    if (invite === undefined) return transaction.respond({ status: 481, headers: [] })
    // The To tag of this answer is that of the INVITE's answers.
    transaction.respond({ status: 200, headers: [] }, invite.tag)
    if (!invite.finalSent) invite.events.onCancel?.(cancel)
  }

  #newServer(request: SipRequest, flow: Flow, key: string): void {
    const merged = mergedKey(request)
    const twin = merged === undefined ? undefined : this.#merged.get(merged)
    const transaction = this.#addServer(request, flow, {
      key,
      mergedKey: twin === undefined ? merged : undefined,
    })
    if (twin !== undefined) return transaction.respond({ status: 482, headers: [] })
    const refusal = checkRequest(request, this.#config.rules)
    if (refusal !== undefined) return transaction.respond(refusal)
    if (request.method === 'INVITE') transaction.respond({ status: 100, headers: [] })
    const taken = this.#fence.run(nameOf(request), () => {
      transaction.events = this.#user.onRequest(transaction)
    })
    // RFC 3261 §21.5.1: a fault of ours; the peer is not left waiting.
    if (!taken) transaction.respond({ status: 500, headers: [] })
  }

  #addServer(
    request: SipRequest,
    flow: Flow,
    keys: { readonly key: string; readonly mergedKey: string | undefined },
  ): ServerRuntime {
    const transaction = new ServerRuntime(this.#serverSurroundings, request, flow, keys)
    transaction.onEnd = this.#config.doorman?.began(flow.remoteAddress)
    this.#servers.set(keys.key, transaction)
    if (keys.mergedKey !== undefined) this.#merged.set(keys.mergedKey, transaction)
    return transaction
  }

  #makeServerSurroundings(): ServerSurroundings {
    return {
      timers: this.#options.timers,
      timings: this.#config.timings,
      newTag: () => this.#random.token(tagLength),
      connectionOf: (flow) => this.#transports.tcp.byId(flow.connectionId),
      sendResponse: (bytes, echo, flow, preferred) =>
        this.#sendResponse(bytes, echo, flow, preferred),
      ackArrived: (ack, flow) => this.#user.onAck(ack, flow),
      ended: (transaction) => {
        transaction.onEnd?.()
        this.#servers.delete(transaction.key)
        if (transaction.mergedKey !== undefined) this.#merged.delete(transaction.mergedKey)
      },
    }
  }

  /** RFC 3261 §18.2.2: the request's own connection, else a new one to where it came from. */
  #sendResponse(
    bytes: Uint8Array,
    echo: Echo,
    flow: Flow,
    preferred: Connection | undefined,
  ): Connection | undefined {
    const target = responseTarget(echo.via, flow, this.#config.forceRport)
    if (flow.transport === 'UDP') {
      this.#transports.sendDatagram(bytes, target.address, target.port)
      return undefined
    }
    if (!this.#running) return undefined
    const living = preferred ?? this.#transports.tcp.byId(flow.connectionId)
    const connection = living ?? this.#transports.tcp.to(target.address, target.port)
    this.#transports.tcp.write(connection, bytes)
    return connection.state === 'closed' ? undefined : connection
  }

  /** Requests that could be read only partly. */
  #unreadable(error: ParseError, flow: Flow): void {
    const { method, headers, status, reason } = error
    this.#drop('unreadable')
    // Nothing answers an ACK, and without any Via nobody waits for an answer.
    if (method === undefined || method === 'ACK' || !headers.has('via')) return
    // Every Via would have to be sent back: nobody gets thousands of them from us.
    if (headers.values('via').length > this.#config.limits.viaCount) return
    const { doorman } = this.#config
    if (doorman?.mayBegin(flow.remoteAddress, headers.first('user-agent')) === false) return
    this.#answerStateless({ status, reason, headers: [] }, headers, flow)
  }

  #answerStateless(parts: ResponseParts, headers: HeaderFields, flow: Flow): void {
    const echo = echoOf(headers, flow)
    const lines = echoLines(echo, this.#statelessTag(headers))
    this.#sendResponse(serializeResponse(parts, lines), echo, flow, undefined)
  }

  /** RFC 3261 §8.2.7: the same request gets the same tag without anything being remembered. */
  #statelessTag(headers: HeaderFields): string {
    const hash = createHash('sha256').update(this.#tagSecret)
    for (const name of ['via', 'from', 'call-id', 'cseq'])
      hash.update(`|${headers.first(name) ?? ''}`)
    return hash.digest('hex').slice(0, tagLength)
  }

  #drop(reason: string): void {
    this.#options.metrics.count('holdfast_sip_messages_dropped_total', { reason })
  }
}

const ignoredEvents: ClientTransactionEvents = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportFailure: () => undefined,
}

const anyDestination: Destination = { transport: 'UDP', address: '', port: 0 }

function nameOf(message: SipMessage): string {
  return message.kind === 'request' ? message.method : String(message.status)
}
