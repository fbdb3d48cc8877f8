// The one way out over WebSocket, under the rules of the HTTP client: one look-up, every address checked, the connection
// made to a checked address with Host and SNI of the URL, limits on time and size, no redirects, no compression,
// certificates verified.

import { isIP, type LookupFunction } from 'node:net'
import { WebSocket } from 'ws'
import type { AddressMatcher } from '../ports/address-matcher.ts'
import type { Resolver } from '../ports/resolver.ts'
import type {
  ConnectOptions,
  WebSocketLine,
  WebSocketListener,
  WebSockets,
} from '../ports/web-socket.ts'
import { bareHost, egressRule, refusalOf } from './egress.ts'

/** A far end that does not answer our close is waited for so long. */
const CLOSE_MS = 2000

export interface WebSocketsOptions {
  readonly resolver: Resolver
  /** Private networks that may be reached (`egress.allow`). */
  readonly allow: AddressMatcher
  /** Certificate authorities in place of the system's, PEM. */
  readonly ca?: string
}

export function createWebSockets(options: WebSocketsOptions): WebSockets {
  const mayReach = egressRule(options.allow)
  return {
    connect: (how, on) => {
      const line = new Line(options, mayReach, how, on)
      void line.open()
      return line
    },
  }
}

class Line implements WebSocketLine {
  readonly #options: WebSocketsOptions
  readonly #mayReach: AddressMatcher
  readonly #how: ConnectOptions
  #on: WebSocketListener | undefined
  #socket: WebSocket | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(
    options: WebSocketsOptions,
    mayReach: AddressMatcher,
    how: ConnectOptions,
    on: WebSocketListener,
  ) {
    this.#options = options
    this.#mayReach = mayReach
    this.#how = how
    this.#on = on
  }

  async open(): Promise<void> {
    const { url, openMs } = this.#how
    const refusal = refusalOf(url.replace(/^ws(s?):/i, 'http$1:'), this.#mayReach)
    if (refusal !== undefined) {
      // Not from within `connect`.
      queueMicrotask(() => this.#over(`the URL cannot be used: ${refusal}`, false))
      return
    }
    this.#timer = setTimeout(() => {
      this.#over('not connected in time', false)
      this.drop()
    }, openMs)
    const host = bareHost(new URL(url).hostname)
    const addresses = await this.#options.resolver.resolve(host)
    if (this.#on === undefined) return
    const forbidden = addresses.find((address) => !this.#mayReach(address))
    if (addresses.length === 0) this.#over('the name cannot be resolved', false)
    else if (forbidden !== undefined) this.#over('the address is not in egress.allow', false)
    else this.#connectSafely(addresses)
  }

  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text)
  }

  ping(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping()
  }

  bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  close(code: number): void {
    this.#silence()
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) {
      this.drop()
      return
    }
    socket.close(code)
    setTimeout(() => socket.terminate(), CLOSE_MS).unref()
  }

  drop(): void {
    this.#silence()
    this.#socket?.terminate()
  }

  /** The library throws at URLs and header values that it will not send: they cost this line, not the thread. */
  #connectSafely(addresses: readonly string[]): void {
    try {
      this.#connect(addresses)
    } catch (error) {
      this.#over(error instanceof Error ? error.message : String(error), false)
    }
  }

  #connect(addresses: readonly string[]): void {
    const { url, headers, messageBytesMax, openMs } = this.#how
    const { ca } = this.#options
    const socket = new WebSocket(url, {
      headers,
      lookup: lookupAmong(addresses),
      handshakeTimeout: openMs,
      maxPayload: messageBytesMax,
      perMessageDeflate: false,
      followRedirects: false,
      ...(ca === undefined ? {} : { ca }),
    })
    this.#socket = socket
    socket.on('open', () => {
      clearTimeout(this.#timer)
      this.#on?.opened()
    })
    socket.on('message', (data) => this.#on?.message(textOf(data)))
    socket.on('pong', () => this.#on?.pong())
    socket.on('error', (error) => {
      this.#over(error.message, false)
      socket.terminate()
    })
    // RFC 6455 §7.4.1: 1005 is a close without a code, 1006 a connection that was lost.
    socket.on('close', (code) => {
      this.#over(`closed with ${code}`, code === 1000 || code === 1001 || code === 1005)
    })
  }

  #over(why: string, orderly: boolean): void {
    const on = this.#on
    this.#silence()
    on?.closed(why, orderly)
  }

  #silence(): void {
    clearTimeout(this.#timer)
    this.#on = undefined
  }
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}

/** Answers only with addresses that were checked. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    if (options.all === true) done(null, all)
    else done(null, all[0]?.address ?? '', all[0]?.family ?? 4)
  }
}
