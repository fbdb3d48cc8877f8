// UDP and TCP between endpoints of one test process, in virtual time, with seeded faults. Every datagram that is sent is
// remembered, so that a test can also look at what went to addresses where nobody listens.

import type { BindOptions, Datagrams, DatagramSocket } from '../../src/ports/datagrams.ts'
import type {
  ConnectOptions,
  ListenOptions,
  StreamCallbacks,
  StreamConnection,
  StreamListener,
  Streams,
} from '../../src/ports/streams.ts'
import type { SeededRandom, VirtualTime } from './virtual.ts'

export interface Faults {
  /** [0, 1]: share of datagrams lost. */
  readonly drop: number
  /** [0, 1]: share delivered twice. */
  readonly duplicate: number
  /** Delay of each copy, evenly spread. */
  readonly delayMinMs: number
  readonly delayMaxMs: number
}

export const noFaults: Faults = { drop: 0, duplicate: 0, delayMinMs: 0, delayMaxMs: 0 }

export interface SentDatagram {
  readonly atMs: number
  readonly from: { readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number }
  readonly bytes: Uint8Array
  readonly text: string
}

interface End {
  callbacks: StreamCallbacks | undefined
  open: boolean
}

/** One lossless TCP connection seen from outside: cut it to play a reset. */
export interface VirtualLink {
  readonly client: { readonly address: string; readonly port: number }
  readonly server: { readonly address: string; readonly port: number }
  cut(error?: Error): void
  readonly isOpen: boolean
}

export class VirtualNetwork {
  faults: Faults = noFaults
  /** Sending a datagram there throws, as a bug of the sender would. */
  throwTo: { readonly address: string; readonly port: number } | undefined
  /** Every datagram ever sent, lost ones included. */
  readonly sent: SentDatagram[] = []
  readonly links: VirtualLink[] = []
  /** Bytes written to TCP by anyone, in order. */
  readonly streamed: { readonly from: string; readonly to: string; readonly text: string }[] = []
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #sockets = new Map<string, BindOptions>()
  readonly #listeners = new Map<string, ListenOptions>()
  #nextPort = 40_000

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  readonly datagrams: Datagrams = {
    bind: (options) => this.#bind(options),
  }

  /** Streams of an endpoint on 127.0.0.1. */
  readonly streams: Streams = this.streamsAt('127.0.0.1')

  /** Streams whose outgoing connections come from `address`. */
  streamsAt(address: string): Streams {
    return {
      listen: (options) => this.#listen(options),
      connect: (options) => this.#connect(options, address),
    }
  }

  async #listen(options: ListenOptions): Promise<StreamListener> {
    const port = options.port === 0 ? this.#nextPort++ : options.port
    const key = `${options.host}|${port}`
    if (this.#listeners.has(key)) throw addressInUse()
    this.#listeners.set(key, options)
    return { address: options.host, port, close: () => void this.#listeners.delete(key) }
  }

  /** A client that connects from `address`, for tests that play the peer themselves. */
  connectFrom(address: string, options: ConnectOptions): Promise<StreamConnection> {
    return this.#connect(options, address)
  }

  async #bind(options: BindOptions): Promise<DatagramSocket> {
    const port = options.port === 0 ? this.#nextPort++ : options.port
    const key = `${options.host}|${port}`
    if (this.#sockets.has(key)) throw addressInUse()
    this.#sockets.set(key, options)
    const from = { address: options.host, port }
    let peer: { address: string; port: number } | undefined
    return {
      address: options.host,
      port,
      send: (bytes, toPort, toAddress) =>
        this.inject(bytes, from, { address: toAddress, port: toPort }),
      connect: (toPort, toAddress) => {
        peer = { address: toAddress, port: toPort }
      },
      disconnect: () => {
        peer = undefined
      },
      sendConnected: (bytes) => {
        if (peer !== undefined) this.inject(bytes, from, peer)
      },
      queuedPackets: () => 0,
      close: () => void this.#sockets.delete(key),
    }
  }

  /** Sends a datagram as if from `from`; delivery happens in virtual time under the present faults. */
  inject(
    bytes: Uint8Array,
    from: { readonly address: string; readonly port: number },
    to: { readonly address: string; readonly port: number },
  ): void {
    const broken = this.throwTo
    if (broken?.port === to.port && broken.address === to.address) throw new Error('broken')
    const copy = bytes.slice()
    const text = Buffer.from(copy).toString('utf8')
    this.sent.push({ atMs: this.#time.monotonicMs(), from, to, bytes: copy, text })
    const { drop, duplicate, delayMinMs, delayMaxMs } = this.faults
    if (this.#random.fraction() < drop) return
    const copies = this.#random.fraction() < duplicate ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const delayMs = delayMinMs + this.#random.fraction() * (delayMaxMs - delayMinMs)
      this.#time.set(delayMs, () => {
        this.#sockets.get(`${to.address}|${to.port}`)?.onMessage(copy, from)
      })
    }
  }

  async #connect(options: ConnectOptions, fromAddress: string): Promise<StreamConnection> {
    const listener = this.#listeners.get(`${options.address}|${options.port}`)
    if (listener === undefined) {
      await Promise.resolve()
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    }
    const client = { address: fromAddress, port: this.#nextPort++ }
    const server = { address: options.address, port: options.port }
    const near: End = { callbacks: options.callbacks, open: true }
    const far: End = { callbacks: undefined, open: true }
    const link: VirtualLink = {
      client,
      server,
      get isOpen() {
        return near.open && far.open
      },
      cut: (error) => {
        this.#closeEnd(near, error)
        this.#closeEnd(far, error)
      },
    }
    this.links.push(link)
    far.callbacks = listener.onConnection(this.#connection(far, near, server, client))
    return this.#connection(near, far, client, server)
  }

  #connection(
    own: End,
    other: End,
    local: { readonly address: string; readonly port: number },
    remote: { readonly address: string; readonly port: number },
  ): StreamConnection {
    return {
      localAddress: local.address,
      localPort: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
      write: (bytes) => {
        if (!own.open) return
        const copy = bytes.slice()
        this.streamed.push({
          from: `${local.address}:${local.port}`,
          to: `${remote.address}:${remote.port}`,
          text: Buffer.from(copy).toString('utf8'),
        })
        this.#time.set(0, () => {
          if (other.open) other.callbacks?.onData(copy)
        })
      },
      queuedBytes: () => 0,
      close: () => {
        this.#time.set(0, () => {
          this.#closeEnd(own, undefined)
          this.#closeEnd(other, undefined)
        })
      },
    }
  }

  #closeEnd(end: End, error: Error | undefined): void {
    if (!end.open) return
    end.open = false
    end.callbacks?.onClose(error)
  }
}

function addressInUse(): Error {
  return Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE' })
}
