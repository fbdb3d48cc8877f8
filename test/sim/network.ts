// A network for the simulator: UDP sockets between virtual hosts, with seeded delay, loss, duplication and reordering.
// Nothing arrives in the turn in which it was sent.
import type { Random } from '../../src/ports/random.ts'
import type { BindOptions, Datagrams, DatagramSocket } from '../../src/ports/datagrams.ts'
import type { Timers } from '../../src/ports/timers.ts'

export interface Weather {
  /** One way, ms. */
  delayMinMs: number
  delayMaxMs: number
  /** Per mille of datagrams. */
  lost: number
  duplicated: number
}

export const fairWeather: Weather = { delayMinMs: 1, delayMaxMs: 5, lost: 0, duplicated: 0 }

export class SimNetwork implements Datagrams {
  readonly weather: Weather
  /** Hosts that nobody reaches and that reach nobody. */
  readonly cut = new Set<string>()
  sent = 0
  readonly #timers: Timers
  readonly #random: Random
  readonly #sockets = new Map<string, SimSocket>()
  #nextPort = 30_000

  constructor(timers: Timers, random: Random, weather: Weather = { ...fairWeather }) {
    this.#timers = timers
    this.#random = random
    this.weather = weather
  }

  get open(): number {
    return this.#sockets.size
  }

  bind(options: BindOptions): Promise<DatagramSocket> {
    const port = options.port === 0 ? this.#nextPort++ : options.port
    const key = `${options.host}:${port}`
    if (this.#sockets.has(key)) {
      return Promise.reject(Object.assign(new Error(`${key} is in use`), { code: 'EADDRINUSE' }))
    }
    const socket = new SimSocket(this, options, port)
    this.#sockets.set(key, socket)
    return Promise.resolve(socket)
  }

  close(address: string, port: number): void {
    this.#sockets.delete(`${address}:${port}`)
  }

  carry(from: SimSocket, bytes: Uint8Array, port: number, address: string): void {
    this.sent += 1
    if (this.cut.has(from.address) || this.cut.has(address)) return
    const { lost, duplicated, delayMinMs, delayMaxMs } = this.weather
    if (this.#random.below(1_000) < lost) return
    const copies = this.#random.below(1_000) < duplicated ? 2 : 1
    const kept = Uint8Array.from(bytes)
    for (let copy = 0; copy < copies; copy++) {
      const delay = delayMinMs + this.#random.below(Math.max(1, delayMaxMs - delayMinMs))
      this.#timers.set(delay, () => {
        if (this.cut.has(address)) return
        const target = this.#sockets.get(`${address}:${port}`)
        target?.options.onMessage(kept, { address: from.address, port: from.port })
      })
    }
  }
}

class SimSocket implements DatagramSocket {
  readonly address: string
  readonly port: number
  readonly options: BindOptions
  readonly #network: SimNetwork
  #peer: { port: number; address: string } | undefined
  #closed = false

  constructor(network: SimNetwork, options: BindOptions, port: number) {
    this.#network = network
    this.options = options
    this.address = options.host
    this.port = port
  }

  send(bytes: Uint8Array, port: number, address: string): void {
    if (!this.#closed) this.#network.carry(this, bytes, port, address)
  }

  connect(port: number, address: string): void {
    this.#peer = { port, address }
  }

  disconnect(): void {
    this.#peer = undefined
  }

  sendConnected(bytes: Uint8Array): void {
    if (this.#peer !== undefined) this.send(bytes, this.#peer.port, this.#peer.address)
  }

  queuedPackets(): number {
    return 0
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#network.close(this.address, this.port)
  }
}
