/** TCP for SIP. A connection object is told everything by callbacks set once, before any byte arrives. */
export interface Streams {
  listen(options: ListenOptions): Promise<StreamListener>
  /** Resolves when connected; rejects with the system's error or after `timeoutMs`. */
  connect(options: ConnectOptions): Promise<StreamConnection>
}

export interface StreamCallbacks {
  readonly onData: (bytes: Uint8Array) => void
  /** Called once, whoever closed; `error` when it was not an orderly end. */
  readonly onClose: (error?: Error) => void
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly onConnection: (connection: StreamConnection) => StreamCallbacks
}

export interface ConnectOptions {
  readonly address: string
  readonly port: number
  readonly timeoutMs: number
  readonly callbacks: StreamCallbacks
}

export interface StreamListener {
  readonly address: string
  readonly port: number
  close(): void
}

export interface StreamConnection {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  write(bytes: Uint8Array): void
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  queuedBytes(): number
  close(): void
}
