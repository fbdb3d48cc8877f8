/** UDP sockets. Implementations never throw from `send`: a failed send is counted and reported through `onError`. */
export interface Datagrams {
  /** Binds one socket; port 0 is any free one. Rejects with the system's error (code EADDRINUSE …). */
  bind(options: BindOptions): Promise<DatagramSocket>
}

export interface BindOptions {
  readonly host: string
  readonly port: number
  /** The buffer belongs to the callee until it returns; copy what is kept. */
  readonly onMessage: (bytes: Uint8Array, from: DatagramPeer) => void
  readonly onError?: (error: Error) => void
  readonly recvBufferBytes?: number
  readonly sendBufferBytes?: number
}

export interface DatagramPeer {
  readonly address: string
  readonly port: number
}

export interface DatagramSocket {
  readonly address: string
  readonly port: number
  /** Bytes may be reused as soon as the call returns. `address` is an IP literal. */
  send(bytes: Uint8Array, port: number, address: string): void
  /** Fixes the peer: the kernel then drops everybody else's packets. Undone by `disconnect`. */
  connect(port: number, address: string): void
  disconnect(): void
  /** Send to the connected peer. */
  sendConnected(bytes: Uint8Array): void
  /** Packets that the kernel has not taken yet; more than 0 means back-pressure. */
  queuedPackets(): number
  close(): void
}
