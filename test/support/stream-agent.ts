// An AI agent as a customer would write it: a WebSocket server that is streamed calls, hears tones in them and speaks back.
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { decodeUlaw, encodeUlaw } from '../../src/media/audio/g711.ts'
import { dominantTone } from '../../src/media/audio/goertzel.ts'
import { until } from './until.ts'

export type Message = Readonly<Record<string, unknown>>

/** One connection. */
export class Streamed {
  readonly socket: WebSocket
  readonly headers: IncomingHttpHeaders
  /** All but media. */
  readonly messages: Message[] = []
  readonly media = { inbound: 0, outbound: 0 }
  closedWith: number | undefined
  readonly #tones = new Map<string, number | undefined>()
  readonly #parts = new Map<string, Int16Array[]>()

  constructor(socket: WebSocket, headers: IncomingHttpHeaders) {
    this.socket = socket
    this.headers = headers
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Message))
    socket.on('close', (code) => (this.closedWith = code))
    socket.on('error', () => undefined)
  }

  /** The next message of that event which fits, also one that came already. */
  message(event: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    return until(() => this.messages.find((one) => one['event'] === event && fits(one)), 15_000)
  }

  /** That tone and no other in 200 ms of PCMU. */
  hears(track: 'inbound' | 'outbound', hz: number): Promise<true> {
    return until(() => Math.abs((this.#tones.get(track) ?? 0) - hz) < 25 || undefined, 15_000)
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** A tone of PCMU in one message. */
  say(hz: number, ms: number): void {
    this.send({ event: 'media', media: { payload: tone(hz, ms).toString('base64') } })
  }

  mark(name: string): void {
    this.send({ event: 'mark', mark: { name } })
  }

  #take(message: Message): void {
    if (message['event'] !== 'media') {
      this.messages.push(message)
      return
    }
    const { track, payload } = message['media'] as { track: 'inbound'; payload: string }
    this.media[track]++
    const bytes = Buffer.from(payload, 'base64')
    const samples = new Int16Array(bytes.length)
    decodeUlaw(bytes, samples, 0, bytes.length)
    const parts = this.#parts.get(track) ?? []
    this.#parts.set(track, [...parts, samples].slice(-10))
    if (parts.length < 9) return
    const whole = Int16Array.from([...parts, samples].slice(-10).flatMap((part) => [...part]))
    this.#tones.set(track, dominantTone(whole))
  }
}

/** 8 kHz PCMU. */
export function tone(hz: number, ms: number): Buffer {
  const samples = new Int16Array(ms * 8).map((_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / 8000)),
  )
  const bytes = Buffer.alloc(samples.length)
  encodeUlaw(samples, bytes)
  return bytes
}

export interface StreamAgent {
  readonly url: string
  readonly streams: Streamed[]
  /** The stream with that number, from 0. */
  next(index?: number): Promise<Streamed>
  close(): Promise<void>
}

export async function startStreamAgent(port = 0): Promise<StreamAgent> {
  const server = new WebSocketServer({ host: '127.0.0.1', port })
  await once(server, 'listening')
  const streams: Streamed[] = []
  server.on('connection', (socket, { headers }) => streams.push(new Streamed(socket, headers)))
  const { port: bound } = server.address() as AddressInfo // Bound to a port, not to a pipe.
  return {
    url: `ws://127.0.0.1:${bound}/agent`,
    streams,
    next: (index = 0) => until(() => streams[index], 15_000),
    close: async () => {
      for (const { socket } of streams) socket.terminate()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
