// Whole SIP stacks and hand-driven peers on one virtual network, for tests of dialogs, sessions and the signaling port.
// A stack records every input it delivers; `on` lets a test play the engine. A peer sends and reads raw messages, so it
// can break every rule.

import type { LegId } from '../../src/base/ids.ts'
import type { RestoredDialog, StoredRow } from '../../src/ports/durable.ts'
import type { LogFields } from '../../src/ports/log.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import type { SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import type { DatagramSocket } from '../../src/ports/datagrams.ts'
import type { SipStack, SipStackConfig } from '../../src/sip/b2bua/config.ts'
import { createSipStack } from '../../src/sip/b2bua/stack.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { brandAs } from '../../src/base/ids.ts'
import { VirtualNetwork } from './virtual-network.ts'
import { recordingMetrics, SeededRandom, settle, strictLog, VirtualTime } from './virtual.ts'

export const SDP_A =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
export const SDP_B = SDP_A.replaceAll('10.0.0.1', '10.0.0.2').replace('4000', '5000')
export const SDP_C = SDP_B.replace('5000', '6000').replace('o=- 1 1', 'o=- 1 2')

export class SipWorld {
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly net: VirtualNetwork
  readonly #stops: (() => void)[] = []

  constructor(seed = 7) {
    this.random = new SeededRandom(seed)
    this.net = new VirtualNetwork(this.time, this.random)
  }

  /** A started stack at `address`:5060 whose config may be changed; with `rows` it goes on where another stopped. */
  async stack(
    address: string,
    config: Partial<SipStackConfig> = {},
    rows: readonly StoredRow[] = [],
  ): Promise<TestStack> {
    const stack = new TestStack(this, address, config)
    stack.restored = stack.sip.durable.restore(rows)
    await stack.sip.start()
    this.#stops.push(() => stack.sip.stop())
    return stack
  }

  async peer(address: string, port = 5060): Promise<RawPeer> {
    const peer = new RawPeer(this, address, port)
    await peer.open()
    this.#stops.push(() => peer.close())
    return peer
  }

  /** Moves virtual time and lets promises settle. */
  async run(ms = 0): Promise<void> {
    await this.time.advanceAsync(ms)
    await settle()
    this.time.advance(0)
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}

export class TestStack {
  readonly sip: SipStack
  readonly inputs: SignalingInput[] = []
  readonly metrics: Metrics & { readonly values: Map<string, number> } = recordingMetrics()
  /** The engine's part: called for every input after it was recorded. */
  on: (input: SignalingInput) => void = () => undefined
  busy: { readonly retryAfterSecs: number } | undefined
  restored: readonly RestoredDialog[] = []
  /** Host names that resolve, beside those that end in `.test`. */
  readonly names = new Map<string, readonly string[]>()
  readonly #rows = new Map<string, StoredRow>()
  #faults: LogFields[] | undefined
  #nextLeg = 1

  constructor(world: SipWorld, address: string, config: Partial<SipStackConfig>) {
    this.sip = createSipStack({
      datagrams: world.net.datagrams,
      streams: world.net.streamsAt(address),
      timers: world.time,
      clock: world.time,
      random: world.random,
      resolver: {
        resolve: async (host) =>
          this.names.get(host) ?? (host.endsWith('.test') ? ['10.0.0.2'] : []),
      },
      log: {
        ...strictLog,
        error: (fields, message) =>
          this.#faults === undefined ? strictLog.error(fields, message) : this.#faults.push(fields),
      },
      metrics: this.metrics,
      admit: () => this.busy,
      deliver: (input) => {
        this.inputs.push(input)
        this.on(input)
      },
      config: {
        host: address,
        port: 5060,
        transports: ['udp', 'tcp'],
        domain: 'pbx.test',
        advertise: '',
        users: [],
        trunks: [],
        openSources: () => true,
        allowUriHosts: { addresses: (one) => one.startsWith('10.0.'), names: [] },
        secret: new TextEncoder().encode('0123456789abcdef0123456789abcdef'),
        ...config,
      },
    })
  }

  /** From now on bugs that the stack reports are collected instead of failing the test. */
  expectFaults(): readonly LogFields[] {
    this.#faults ??= []
    return this.#faults
  }

  /** What a store would hold now, when `promised` is about to be performed. */
  rows(promised: readonly SignalingEffect[] = []): readonly StoredRow[] {
    for (const change of this.sip.durable.takeChanges(promised)) {
      const { table, id } = change
      const key = `${table} ${id}`
      if (change.kind === 'delete') this.#rows.delete(key)
      else this.#rows.set(key, { table, id, row: JSON.parse(JSON.stringify(change.row)) })
    }
    return [...this.#rows.values()]
  }

  perform(effect: SignalingEffect): void {
    this.sip.signaling.perform(effect)
  }

  /** Starts an outbound leg and returns its id. */
  dial(to: string, more: Partial<Extract<SignalingEffect, { kind: 'invite' }>> = {}): LegId {
    const legId = brandAs<LegId>(`leg-${this.#nextLeg++}`)
    this.perform({
      kind: 'invite',
      legId,
      to,
      from: '+15550100',
      fromDisplayName: undefined,
      sdp: SDP_A,
      headers: [],
      credentials: undefined,
      transport: undefined,
      privacy: false,
      ...more,
    })
    return legId
  }

  /** Kinds of all inputs so far, except progress. */
  get kinds(): readonly string[] {
    return this.inputs.map((one) => one.kind).filter((kind) => kind !== 'leg-progress')
  }

  last<K extends SignalingInput['kind']>(kind: K): Extract<SignalingInput, { kind: K }> {
    const found = this.inputs.findLast(
      (one): one is Extract<SignalingInput, { kind: K }> => one.kind === kind,
    )
    if (found === undefined) throw new Error(`no ${kind} among ${this.kinds.join(' ')}`)
    return found
  }
}

/** Extra header lines of a raw message. */
type Lines = readonly string[]

export interface RawRequest {
  readonly method: string
  readonly cseq: number
  readonly toTag?: string
  readonly lines?: Lines
  readonly body?: string
  readonly uri?: string
  readonly branch?: string
  readonly contact?: string
  readonly contentType?: string
}

/** A SIP end without any rules: one call at a time, messages by hand. */
export class RawPeer {
  readonly received: {
    readonly message: SipMessage
    readonly from: { address: string; port: number }
  }[] = []
  readonly address: string
  readonly port: number
  callId = 'raw-call'
  fromTag = 'rawtag'
  fromUri = 'sip:caller@far.test'
  toUri = 'sip:+15550100@10.0.0.1'
  target = { address: '10.0.0.1', port: 5060 }
  /** Answers arriving requests; undefined: silence. */
  on: (request: SipRequest) => void = () => undefined
  readonly #world: SipWorld
  #socket: DatagramSocket | undefined
  #branch = 0

  constructor(world: SipWorld, address: string, port: number) {
    this.#world = world
    this.address = address
    this.port = port
  }

  async open(): Promise<void> {
    this.#socket = await this.#world.net.datagrams.bind({
      host: this.address,
      port: this.port,
      onMessage: (bytes, from) => {
        const parsed = parseMessage(bytes)
        if (parsed.kind !== 'message')
          throw new Error(`stack sent rubbish: ${Buffer.from(bytes).toString()}`)
        this.received.push({ message: parsed.message, from: { ...from } })
        if (parsed.message.kind === 'request') this.on(parsed.message)
      },
    })
  }

  close(): void {
    this.#socket?.close()
  }

  raw(text: string): void {
    this.#socket?.send(new TextEncoder().encode(text), this.target.port, this.target.address)
  }

  /** A request of this peer's call; returns its branch. */
  send(request: RawRequest): string {
    const branch = request.branch ?? `z9hG4bK-${this.address}-${++this.#branch}`
    const { method, cseq, toTag, lines = [], body = '' } = request
    const contact = request.contact ?? `<sip:${this.address}:${this.port}>`
    this.raw(
      [
        `${method} ${request.uri ?? this.toUri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.address}:${this.port};branch=${branch};rport`,
        'Max-Forwards: 70',
        `From: "Raw" <${this.fromUri}>;tag=${this.fromTag}`,
        `To: <${this.toUri}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${cseq} ${method}`,
        ...(contact === '' ? [] : [`Contact: ${contact}`]),
        ...lines,
        ...(body === '' ? [] : [`Content-Type: ${request.contentType ?? 'application/sdp'}`]),
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
    return branch
  }

  /** Answers a request that this peer received. */
  answer(
    request: SipRequest,
    status: number,
    more: {
      readonly toTag?: string
      readonly lines?: Lines
      readonly body?: string
      readonly contact?: string
    } = {},
  ): void {
    const {
      toTag = 'peertag',
      lines = [],
      body = '',
      contact = `<sip:${this.address}:${this.port}>`,
    } = more
    const to = request.headers.first('To') ?? ''
    this.raw(
      [
        `SIP/2.0 ${status} Whatever`,
        ...request.headers.all('Via').map((value) => `Via: ${value}`),
        `From: ${request.headers.first('From')}`,
        `To: ${to.includes(';tag=') || status === 100 ? to : `${to};tag=${toTag}`}`,
        `Call-ID: ${request.headers.first('Call-ID')}`,
        `CSeq: ${request.headers.first('CSeq')}`,
        ...(contact === '' ? [] : [`Contact: ${contact}`]),
        ...lines,
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
  }

  requests(method: string): readonly SipRequest[] {
    return this.received
      .map((one) => one.message)
      .filter((one): one is SipRequest => one.kind === 'request' && one.method === method)
  }

  responses(status: number, method?: string): readonly SipResponse[] {
    return this.received
      .map((one) => one.message)
      .filter(
        (one): one is SipResponse =>
          one.kind === 'response' &&
          one.status === status &&
          (method === undefined || (one.headers.first('CSeq') ?? '').endsWith(` ${method}`)),
      )
  }

  /** The tag the stack put into To of this status's first response. */
  tagOf(status: number): string {
    const to = this.responses(status)[0]?.headers.first('To') ?? ''
    return /;tag=([^;]+)/.exec(to)?.[1] ?? ''
  }
}
