// All TCP connections: those that come in and those we open, found again by id or by peer. Each has one framer, one idle
// deadline and, while a message is incomplete, one half-open deadline. A connection costs who opens it nothing, so those
// that have shown nothing yet are few per stranger, soon over, and give way: a table full of them keeps no phone out.

import { canonicalHost } from '../message/host.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type {
  StreamCallbacks,
  StreamConnection,
  StreamListener,
  Streams,
} from '../../ports/streams.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { SipObserver } from '../../ports/trace.ts'
import { Connection } from './connection.ts'
import { StreamFramer, type Frame } from './framing.ts'
import type { TransportConfig, TransportFlow, TransportHandler } from './types.ts'

const pong = Uint8Array.of(0x0d, 0x0a)

interface Row {
  readonly connection: Connection
  readonly framer: StreamFramer
  readonly source: string
  /** A stranger opened it and has said nothing yet. */
  mustSpeak: boolean
  idleTimer: TimerId | undefined
  halfOpenTimer: TimerId | undefined
}

export class TcpConnections {
  readonly #streams: Streams
  readonly #timers: Timers
  readonly #clock: Clock
  readonly #metrics: Metrics
  readonly #config: TransportConfig
  readonly #handler: TransportHandler
  readonly #observer: SipObserver | undefined
  readonly #rows = new Map<number, Row>()
  readonly #byPeer = new Map<string, Connection>()
  readonly #perSource = new Map<string, number>()
  /** Came in and carried no dialog or registration yet, the oldest first. */
  readonly #unproven = new Set<Row>()
  #listener: StreamListener | undefined
  #nextId = 1

  constructor(
    ports: {
      streams: Streams
      timers: Timers
      clock: Clock
      metrics: Metrics
      observer?: SipObserver
    },
    config: TransportConfig,
    handler: TransportHandler,
  ) {
    this.#streams = ports.streams
    this.#timers = ports.timers
    this.#clock = ports.clock
    this.#metrics = ports.metrics
    this.#config = config
    this.#handler = handler
    this.#observer = ports.observer
  }

  get size(): number {
    return this.#rows.size
  }

  /** Listens; rejects with the system's error. */
  async listen(host: string, port: number): Promise<StreamListener> {
    const onConnection = (stream: StreamConnection) => this.#accepted(stream)
    this.#listener = await this.#streams.listen({ host, port, onConnection })
    return this.#listener
  }

  /** Closes the listener and every connection. */
  stop(): void {
    this.#listener?.close()
    this.#listener = undefined
    for (const row of [...this.#rows.values()])
      this.close(row.connection, new Error('server stopped'))
  }

  /** A living connection by id. */
  byId(id: number | undefined): Connection | undefined {
    return id === undefined ? undefined : this.#rows.get(id)?.connection
  }

  /** A living connection to that peer, or a new one being opened. */
  to(address: string, port: number): Connection {
    const existing = this.#byPeer.get(peerKey(address, port))
    if (existing !== undefined) return existing
    const row = this.#add(address, port, this.#config.idleMs)
    void this.#open(row)
    return row.connection
  }

  /** Sends a message, cutting off a peer that does not read. */
  write(connection: Connection, bytes: Uint8Array): void {
    this.#observer?.message('out', bytes, this.#ends(connection))
    this.#write(connection, bytes)
  }

  #write(connection: Connection, bytes: Uint8Array): void {
    connection.lastActiveMs = this.#clock.monotonicMs()
    if (connection.write(bytes) || connection.state === 'closed') return
    this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'not-reading' })
    this.close(connection, new Error('peer does not read'))
  }

  close(connection: Connection, error: Error): void {
    const row = this.#rows.get(connection.id)
    if (row === undefined) return
    this.#rows.delete(connection.id)
    this.#unproven.delete(row)
    const key = peerKey(connection.remoteAddress, connection.remotePort)
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key)
    const left = (this.#perSource.get(row.source) ?? 1) - 1
    if (left > 0) this.#perSource.set(row.source, left)
    else this.#perSource.delete(row.source)
    if (row.idleTimer !== undefined) this.#timers.clear(row.idleTimer)
    if (row.halfOpenTimer !== undefined) this.#timers.clear(row.halfOpenTimer)
    const { flow } = connection
    if (connection.closed(error)) this.#handler.onFlowClosed(flow)
  }

  /** `idleMs`: when it is first looked at. */
  #add(address: string, port: number, idleMs: number): Row {
    const remote = { address, port }
    const nowMs = this.#clock.monotonicMs()
    const connection = new Connection(this.#nextId++, remote, this.#config.writeQueueBytes, nowMs)
    const row: Row = {
      connection,
      framer: new StreamFramer(this.#config.limits),
      source: canonicalHost(address),
      mustSpeak: false,
      idleTimer: undefined,
      halfOpenTimer: undefined,
    }
    this.#rows.set(connection.id, row)
    this.#byPeer.set(peerKey(address, port), connection)
    this.#perSource.set(row.source, (this.#perSource.get(row.source) ?? 0) + 1)
    this.#armIdle(row, idleMs)
    return row
  }

  async #open(row: Row): Promise<void> {
    const { connection } = row
    try {
      const stream = await this.#streams.connect({
        address: connection.remoteAddress,
        port: connection.remotePort,
        timeoutMs: this.#config.connectTimeoutMs,
        callbacks: this.#callbacks(row),
      })
      if (connection.state === 'closed') stream.close()
      else connection.opened(stream)
    } catch (error) {
      this.close(connection, asError(error))
    }
  }

  #accepted(stream: StreamConnection): StreamCallbacks {
    const isStranger = this.#config.doorman?.isStranger(stream.remoteAddress) ?? true
    const refusal = this.#refusalOf(canonicalHost(stream.remoteAddress), isStranger)
    if (refusal !== undefined) {
      this.#metrics.count('holdfast_sip_connections_refused_total', { reason: refusal })
      stream.close()
      return { onData: () => undefined, onClose: () => undefined }
    }
    const { silentMs, idleMs } = this.#config
    const row = this.#add(stream.remoteAddress, stream.remotePort, isStranger ? silentMs : idleMs)
    row.mustSpeak = isStranger
    this.#unproven.add(row)
    row.connection.opened(stream)
    return this.#callbacks(row)
  }

  /** Undefined: there is room, or there is now. An office of many phones has one address; it is known after the first. */
  #refusalOf(source: string, isStranger: boolean): 'all' | 'source' | undefined {
    const { connectionsPerSource, connectionsMax } = this.#config
    if (isStranger && (this.#perSource.get(source) ?? 0) >= connectionsPerSource) return 'source'
    return this.#rows.size >= connectionsMax && !this.#makeRoom() ? 'all' : undefined
  }

  /** Closes the oldest connection that has carried nothing; false when every one of them has. */
  #makeRoom(): boolean {
    for (const row of this.#unproven) {
      const { connection } = row
      if (connection.proven) this.#unproven.delete(row)
      else if (connection.watcherCount === 0) {
        this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'displaced' })
        this.close(connection, new Error('made room for another'))
        return true
      }
    }
    return false
  }

  #callbacks(row: Row): StreamCallbacks {
    return {
      onData: (bytes) => this.#received(row, bytes),
      onClose: (error) => this.close(row.connection, error ?? new Error('closed by peer')),
    }
  }

  #received(row: Row, bytes: Uint8Array): void {
    const { connection, framer } = row
    connection.lastActiveMs = this.#clock.monotonicMs()
    for (const frame of framer.push(bytes)) {
      // A message handler may have closed the connection.
      if (connection.state !== 'open') return
      if (this.#config.doorman?.mayRead(connection.remoteAddress) === false) {
        this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'stranger' })
        return this.close(connection, new Error('too much from a stranger'))
      }
      this.#clearHalfOpen(row)
      this.#frame(row, frame)
    }
    if (connection.state !== 'open') return
    if (!framer.hasPartial) this.#clearHalfOpen(row)
    else row.halfOpenTimer ??= this.#timers.set(this.#config.halfOpenMs, () => this.#halfOpen(row))
  }

  #frame(row: Row, frame: Frame): void {
    const { connection } = row
    switch (frame.kind) {
      case 'ping':
        this.#write(connection, pong)
        return
      case 'message':
        row.mustSpeak = false
        this.#observer?.message('in', frame.bytes, connection.flow)
        this.#handler.onMessage(frame.message, connection.flow)
        return
      case 'error':
        this.#handler.onUnreadable(frame.error, connection.flow)
        if (frame.error.consumed === undefined)
          this.close(connection, new Error(frame.error.reason))
    }
  }

  /** A connection that is being opened has no port of its own yet: 0. */
  #ends(connection: Connection): TransportFlow {
    const { flow } = connection
    return flow.localAddress === '' ? { ...flow, localAddress: this.#config.host } : flow
  }

  #clearHalfOpen(row: Row): void {
    if (row.halfOpenTimer !== undefined) this.#timers.clear(row.halfOpenTimer)
    row.halfOpenTimer = undefined
  }

  #halfOpen(row: Row): void {
    row.halfOpenTimer = undefined
    this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'half-open' })
    this.close(row.connection, new Error('message not completed in time'))
  }

  /** One timer per connection: it looks at the last activity when it fires, so traffic costs no timer operation. */
  #armIdle(row: Row, delayMs: number): void {
    row.idleTimer = this.#timers.set(delayMs, () => {
      const { connection } = row
      if (row.mustSpeak) {
        row.idleTimer = undefined
        this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'silent' })
        this.close(connection, new Error('nothing said'))
        return
      }
      const limitMs = connection.proven ? this.#config.provenIdleMs : this.#config.idleMs
      const leftMs = connection.lastActiveMs + limitMs - this.#clock.monotonicMs()
      if (leftMs > 0 || connection.watcherCount > 0) {
        this.#armIdle(row, Math.max(leftMs, 1_000))
        return
      }
      row.idleTimer = undefined
      this.#metrics.count('holdfast_sip_connections_closed_total', { reason: 'idle' })
      this.close(connection, new Error('idle'))
    })
  }
}

function peerKey(address: string, port: number): string {
  return `${canonicalHost(address)}|${port}`
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
