// Somebody who listens to a call over its WebSocket: what is heard, and how it ended.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { decodeUlaw } from '../../src/media/audio/g711.ts'
import { classify, type Heard } from '../../src/media/audio/goertzel.ts'
import { until } from './until.ts'

export interface Refusal {
  readonly status: number
  readonly body: unknown
}

export interface ClosedWith {
  readonly code: number
  readonly reason: string
}

/** One connection. */
export class CallListener {
  readonly socket: WebSocket
  /** Lengths of messages, and how many there were of each. */
  readonly lengths = new Map<number, number>()
  closed: ClosedWith | undefined
  frames = 0
  #recent: Int16Array[] = []

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => this.#take(data))
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }))
    socket.on('error', () => undefined)
  }

  /** 100 ms with exactly these tones. */
  async hears(...hz: readonly number[]): Promise<void> {
    await until(() => (this.frames >= 5 && isMade(this.#heard(), hz) ? true : undefined), 15_000)
  }

  end(): Promise<ClosedWith> {
    return until(() => this.closed, 15_000)
  }

  #heard(): Heard {
    return classify(Int16Array.from(this.#recent.flatMap((part) => [...part])))
  }

  #take(data: Buffer): void {
    this.lengths.set(data.length, (this.lengths.get(data.length) ?? 0) + 1)
    this.frames++
    const samples = new Int16Array(data.length)
    decodeUlaw(data, samples)
    this.#recent = [...this.#recent, samples].slice(-5)
  }
}

function isMade(heard: Heard, hz: readonly number[]): boolean {
  const found = heard.kind === 'tone' ? [heard.hz] : heard.kind === 'mix' ? heard.hz : []
  return found.length === hz.length && found.every((one, i) => Math.abs(one - hz[i]!) < 20)
}

export type Headers = Readonly<Record<string, string>>

/** `origin`: of the server. */
export function listenUrl(origin: string, callId: string): string {
  return `${origin.replace(/^http/, 'ws')}/v2/calls/${encodeURIComponent(callId)}/listen`
}

/** Connected, or refused before that. */
export async function listen(
  origin: string,
  callId: string,
  headers: Headers,
): Promise<CallListener | Refusal> {
  const socket = new WebSocket(listenUrl(origin, callId), { headers })
  const listener = new CallListener(socket)
  const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>
  const opened = await Promise.race([once(socket, 'open'), refused])
  const [, answer] = opened
  if (answer === undefined) return listener
  let body = ''
  for await (const part of answer as IncomingMessage) body += String(part)
  return { status: (answer as IncomingMessage).statusCode ?? 0, body: JSON.parse(body) as unknown }
}
