// One TCP connection as the layers above see it: alive from the moment somebody wants it, writable at once (bytes wait
// until it is connected), and telling everybody who watches it when it dies. Closing order: watchers, then the handler.

import type { StreamConnection } from '../../ports/streams.ts'
import type { TransportFlow } from './types.ts'

type State = 'connecting' | 'open' | 'closed'

export class Connection {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Carried a 2xx that made a dialog or a registration: the long idle limit applies. */
  proven = false
  /** Monotonic milliseconds of the last byte in either direction. */
  lastActiveMs: number
  readonly #queueLimit: number
  readonly #watchers = new Set<(error: Error) => void>()
  #state: State = 'connecting'
  #stream: StreamConnection | undefined
  #waiting: Uint8Array[] = []
  #waitingBytes = 0

  constructor(
    id: number,
    remote: { address: string; port: number },
    queueLimit: number,
    nowMs: number,
  ) {
    this.id = id
    this.remoteAddress = remote.address
    this.remotePort = remote.port
    this.#queueLimit = queueLimit
    this.lastActiveMs = nowMs
  }

  get state(): State {
    return this.#state
  }

  get flow(): TransportFlow {
    return {
      transport: 'TCP',
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      localAddress: this.#stream?.localAddress ?? '',
      localPort: this.#stream?.localPort ?? 0,
      connectionId: this.id,
    }
  }

  /** How many watch: a leak check for tests. */
  get watcherCount(): number {
    return this.#watchers.size
  }

  /** Calls `onClosed` once when the connection dies, also when it never came up. Returns how to stop watching. */
  watch(onClosed: (error: Error) => void): () => void {
    this.#watchers.add(onClosed)
    return () => this.#watchers.delete(onClosed)
  }

  opened(stream: StreamConnection): void {
    this.#stream = stream
    this.#state = 'open'
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const bytes of waiting) stream.write(bytes)
  }

  /** False when the connection is closed or its peer has stopped reading; the caller then closes it. */
  write(bytes: Uint8Array): boolean {
    switch (this.#state) {
      case 'connecting':
        this.#waitingBytes += bytes.length
        if (this.#waitingBytes > this.#queueLimit) return false
        this.#waiting.push(bytes)
        return true
      case 'open':
        if (this.#stream === undefined || this.#stream.queuedBytes() > this.#queueLimit)
          return false
        this.#stream.write(bytes)
        return true
      case 'closed':
        return false
    }
  }

  /** Marks it dead and tells the watchers; true when it had been open. */
  closed(error: Error): boolean {
    if (this.#state === 'closed') return false
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#stream?.close()
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    this.#waiting = []
    for (const watcher of watchers) watcher(error)
    return wasOpen
  }
}
