/** WebSocket connections (RFC 6455) to URLs that clients name. Nothing here throws; what goes wrong ends the line. */
export interface WebSockets {
  connect(options: ConnectOptions, on: WebSocketListener): WebSocketLine
}

export interface ConnectOptions {
  /** ws or wss. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** For the name, the connection and the handshake together. */
  readonly openMs: number
  /** A larger message ends the line. */
  readonly messageBytesMax: number
}

export interface WebSocketListener {
  opened(): void
  /** Text, or the bytes of a binary message read as UTF-8. */
  message(text: string): void
  /** An answer to `ping`. */
  pong(): void
  /** Once, and nothing after it. `orderly`: the far end closed with 1000, 1001 or without a reason. */
  closed(why: string, orderly: boolean): void
}

export interface WebSocketLine {
  send(text: string): void
  ping(): void
  /** Bytes that the far end has not taken yet. */
  bufferedBytes(): number
  /** In order, after what was sent; a far end that does not answer is dropped soon. `closed` is not called. */
  close(code: number): void
  /** At once. `closed` is not called. */
  drop(): void
}

/** Requests to our own HTTP server that ask to become a WebSocket. */
export interface IncomingWebSockets {
  /** `request`: the HTTP library's own. Undefined: it does not ask, or not in a way that the protocol knows. */
  accept(request: object, on: IncomingListener): IncomingLine | undefined
}

export interface IncomingListener {
  /** An answer to `ping`. */
  pong(): void
  /** Once, and nothing after it: the far end closed or is gone. */
  closed(): void
}

/** What the far end says is not looked at. */
export interface IncomingLine {
  /** One binary message; the bytes belong to the line from now on. */
  send(bytes: Uint8Array): void
  ping(): void
  /** Bytes that the far end has not taken yet. */
  bufferedBytes(): number
  /** In order; a far end that does not answer is dropped soon. `closed` is not called. `reason`: at most 123 bytes. */
  close(code: number, reason: string): void
  /** At once. `closed` is not called. */
  drop(): void
}
