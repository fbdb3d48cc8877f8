// UDP and TCP on one address and one port number, started and stopped together.

import { parseMessage, skipLineEnds } from '../message/parse.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DatagramPeer, Datagrams, DatagramSocket } from '../../ports/datagrams.ts'
import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Streams } from '../../ports/streams.ts'
import type { Timers } from '../../ports/timers.ts'
import type { SipObserver } from '../../ports/trace.ts'
import { TcpConnections } from './tcp.ts'
import type { TransportConfig, TransportHandler } from './types.ts'

export interface TransportPorts {
  readonly datagrams: Datagrams
  readonly streams: Streams
  readonly timers: Timers
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Hears every message; keep-alives and bytes that are dropped unread are none. */
  readonly observer?: SipObserver
}

/** With port 0 the system may pick a UDP port whose TCP twin is taken: so many picks are tried. */
const portAttemptsMax = 20
/** Registrations of many phones arrive in bursts. */
const socketBufferBytes = 4 * 1024 * 1024

export class Transports {
  readonly tcp: TcpConnections
  readonly #ports: TransportPorts
  readonly #config: TransportConfig
  readonly #handler: TransportHandler
  #socket: DatagramSocket | undefined
  #local: { address: string; port: number } | undefined

  constructor(ports: TransportPorts, config: TransportConfig, handler: TransportHandler) {
    this.#ports = ports
    this.#config = config
    this.#handler = handler
    this.tcp = new TcpConnections(ports, config, handler)
  }

  /** The bound address; undefined before `start`. */
  get local(): { readonly address: string; readonly port: number } | undefined {
    return this.#local
  }

  /** Binds every configured transport to the same port; rejects with the system's error (code EADDRINUSE …). */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#local = await this.#bindAll()
        return
      } catch (error) {
        this.stop()
        const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
        if (!taken || this.#config.port !== 0 || attempt >= portAttemptsMax) throw error
      }
    }
  }

  async #bindAll(): Promise<{ address: string; port: number }> {
    const { host, port, transports } = this.#config
    let bound = { address: host, port }
    if (transports.includes('UDP')) {
      this.#socket = await this.#ports.datagrams.bind({
        host,
        port,
        recvBufferBytes: socketBufferBytes,
        sendBufferBytes: socketBufferBytes,
        onMessage: (bytes, from) => this.#datagram(bytes, from),
        onError: (error) => this.#socketError(error),
      })
      bound = { address: this.#socket.address, port: this.#socket.port }
    }
    if (transports.includes('TCP')) {
      const listener = await this.tcp.listen(host, bound.port)
      bound = { address: bound.address, port: listener.port }
    }
    return bound
  }

  stop(): void {
    this.#socket?.close()
    this.#socket = undefined
    this.tcp.stop()
    this.#local = undefined
  }

  /** Nothing happens when UDP is off or stopped: the timers of the transaction notice. */
  sendDatagram(bytes: Uint8Array, address: string, port: number): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#ports.observer?.message('out', bytes, {
      transport: 'UDP',
      localAddress: socket.address,
      localPort: socket.port,
      remoteAddress: address,
      remotePort: port,
    })
    socket.send(bytes, port, address)
  }

  get hasTcp(): boolean {
    return this.#config.transports.includes('TCP')
  }

  #datagram(bytes: Uint8Array, from: DatagramPeer): void {
    // CRLF keep-alives over UDP are not answered (RFC 5626 §3.5.2 wants STUN there).
    if (skipLineEnds(bytes, 0) === bytes.length || this.#socket === undefined) return
    if (this.#config.doorman?.mayRead(from.address) === false) return
    const { address, port } = this.#socket
    const flow = {
      transport: 'UDP',
      remoteAddress: from.address,
      remotePort: from.port,
      localAddress: address,
      localPort: port,
      connectionId: undefined,
    } as const
    this.#ports.observer?.message('in', bytes, flow)
    const result = parseMessage(bytes, { stream: false, limits: this.#config.limits })
    switch (result.kind) {
      case 'message':
        this.#handler.onMessage(result.message, flow)
        return
      case 'error':
        this.#handler.onUnreadable(result, flow)
        return
      case 'incomplete':
    }
  }

  #socketError(error: Error): void {
    this.#ports.metrics.count('holdfast_sip_socket_errors_total', { transport: 'udp' })
    this.#ports.log.debug(
      { code: 'SIP_SOCKET_ERROR', error: error.message },
      'UDP socket reported an error',
    )
  }
}
