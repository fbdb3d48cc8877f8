// Talking and listening callers: each stream sends G.711 at 50 packets a second and watches the gaps between the packets
// it gets. Streams share sockets, told apart by the server's port, because a wake-up per packet would cost the generator
// as much as the server.

import { createSocket, type Socket } from 'node:dgram'

const PACKET_MS = 20
const HEADER_BYTES = 12
const PACKET_BYTES = HEADER_BYTES + 160
/** Gaps are counted by the millisecond up to here. */
const GAP_MS_MAX = 1000

export interface Stream {
  /** Called for every packet while set. */
  watch: ((packet: Buffer) => void) | undefined
  received: number
  /** Longest gap since the last `resetGaps`, ms. */
  gapMaxMs: number
  /** When the last packet came, by `performance.now()`; 0 before the first. */
  readonly lastMs: number
  /** Sends nothing more, and still listens. */
  mute(): void
  stop(): void
}

interface Running extends Stream {
  readonly socket: Socket
  readonly serverPort: number
  readonly packet: Buffer
  sequence: number
  timestamp: number
  lastMs: number
  expected: number
}

export class RtpStreams {
  readonly #sockets: Socket[] = []
  readonly #byPort: Map<number, Running>[] = []
  readonly #slots: Set<Running>[]
  readonly #slotMs: number
  #timer: NodeJS.Timeout | undefined
  #nextMs = performance.now()
  #slot = 0
  #turn = 0
  /** Gaps between two packets of one stream, counted by the millisecond. */
  readonly gaps = new Uint32Array(GAP_MS_MAX + 1)
  /** Lost or out of order, by sequence number. */
  lost = 0
  /** How late this generator itself ran, ms. */
  ownLateMs = 0

  /** `sockets` to share; `slots`: into how many moments the 20 ms are cut. */
  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, () => new Set<Running>())
    this.#slotMs = PACKET_MS / slots
  }

  async open(sockets: number): Promise<void> {
    for (let index = 0; index < sockets; index++) {
      const socket = createSocket({
        type: 'udp4',
        recvBufferSize: 4 << 20,
        lookup: (host, _options, done) => done(null, host, 4),
      })
      const streams = new Map<number, Running>()
      socket.on('error', () => undefined)
      socket.on('message', (bytes, from) => {
        const stream = streams.get(from.port)
        if (stream !== undefined) this.#receive(stream, bytes)
      })
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
      this.#sockets.push(socket)
      this.#byPort.push(streams)
    }
    this.#nextMs = performance.now()
    this.#timer = setTimeout(() => this.#tick(), this.#slotMs)
  }

  /** The socket that the next stream takes: say its port in the SDP, then give `place` to `start`. */
  nextPlace(): { readonly place: number; readonly port: number } {
    const place = this.#turn++ % this.#sockets.length
    return { place, port: this.#sockets[place]?.address().port ?? 0 }
  }

  /** Sends payload of `fill` to the server's port until stopped. */
  start(place: number, serverPort: number, fill: number, slot = this.#turn): Stream {
    const socket = this.#sockets[place]
    const byPort = this.#byPort[place]
    const line = this.#slots[slot % this.#slots.length]
    if (socket === undefined || byPort === undefined || line === undefined) throw new Error('place')
    const packet = Buffer.alloc(PACKET_BYTES, fill)
    packet.writeUInt16BE(0x8000, 0)
    packet.writeUInt32BE(serverPort, 8)
    const stream: Running = {
      watch: undefined,
      received: 0,
      gapMaxMs: 0,
      socket,
      serverPort,
      packet,
      sequence: 0,
      timestamp: 0,
      lastMs: 0,
      expected: -1,
      mute: () => line.delete(stream),
      stop: () => {
        line.delete(stream)
        byPort.delete(serverPort)
      },
    }
    line.add(stream)
    byPort.set(serverPort, stream)
    return stream
  }

  resetGaps(): void {
    this.gaps.fill(0)
    this.lost = 0
    this.ownLateMs = 0
    for (const streams of this.#byPort) for (const one of streams.values()) one.gapMaxMs = 0
  }

  /** ms that `share` of the gaps do not exceed, the longest gap, and how many were above 80 ms (60 ms late). */
  readGaps(): { p50: number; p99: number; max: number; packets: number; late: number } {
    const packets = this.gaps.reduce((sum, count) => sum + count, 0)
    const at = (share: number): number => {
      let left = share * packets
      return this.gaps.findIndex((count) => (left -= count) <= 0)
    }
    let max = 0
    for (const streams of this.#byPort) {
      for (const { gapMaxMs } of streams.values()) max = Math.max(max, gapMaxMs)
    }
    const late = this.gaps.subarray(PACKET_MS + 60).reduce((sum, count) => sum + count, 0)
    return { p50: at(0.5), p99: at(0.99), max, packets, late }
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const socket of this.#sockets) socket.close()
  }

  #receive(stream: Running, bytes: Buffer): void {
    const nowMs = performance.now()
    if (stream.lastMs > 0) {
      const gap = nowMs - stream.lastMs
      const whole = Math.min(GAP_MS_MAX, Math.floor(gap))
      this.gaps[whole] = (this.gaps[whole] ?? 0) + 1
      if (gap > stream.gapMaxMs) stream.gapMaxMs = gap
    }
    stream.lastMs = nowMs
    stream.received++
    const sequence = bytes.readUInt16BE(2)
    if (stream.expected >= 0 && sequence !== stream.expected) this.lost++
    stream.expected = (sequence + 1) & 0xffff
    stream.watch?.(bytes)
  }

  #tick(): void {
    const nowMs = performance.now()
    this.ownLateMs = Math.max(this.ownLateMs, nowMs - this.#nextMs - this.#slotMs)
    while (this.#nextMs <= nowMs) {
      this.#nextMs += this.#slotMs
      const line = this.#slots[this.#slot]
      this.#slot = (this.#slot + 1) % this.#slots.length
      if (line !== undefined) for (const stream of line) send(stream)
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#nextMs - performance.now()))
  }
}

function send(stream: Running): void {
  const { packet, socket, serverPort } = stream
  packet.writeUInt16BE(stream.sequence, 2)
  packet.writeUInt32BE(stream.timestamp, 4)
  stream.sequence = (stream.sequence + 1) & 0xffff
  stream.timestamp = (stream.timestamp + 160) >>> 0
  socket.send(packet, serverPort, '127.0.0.1')
}
