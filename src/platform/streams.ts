// TCP on node:net: small messages leave at once (no Nagle), and every socket has an error listener from its first moment, so
// that no peer can crash the process by resetting at an unlucky time.

import { createServer, createConnection, isIPv6, type Socket } from 'node:net'
import type {
  ConnectOptions,
  ListenOptions,
  StreamCallbacks,
  StreamConnection,
  StreamListener,
  Streams,
} from '../ports/streams.ts'

const mappedPrefix = '::ffff:'

export function createStreams(): Streams {
  return { listen, connect }
}

function listen(options: ListenOptions): Promise<StreamListener> {
  const server = createServer({ noDelay: true }, (socket) => {
    // Reset between accept and here: there is no peer any more.
    if (socket.remoteAddress === undefined) {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    const wrapped = wrap(socket)
    attach(socket, options.onConnection(wrapped))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, ipv6Only: false }, () => {
      server.off('error', reject)
      // Out of descriptors (EMFILE): the connection is lost, the listener stays.
      server.on('error', () => undefined)
      const bound = server.address()
      const port = bound !== null && typeof bound === 'object' ? bound.port : options.port
      const address = bound !== null && typeof bound === 'object' ? bound.address : options.host
      resolve({ address, port, close: () => server.close() })
    })
  })
}

function connect(options: ConnectOptions): Promise<StreamConnection> {
  const { address, port, timeoutMs, callbacks } = options
  const socket = createConnection({
    host: address,
    port,
    noDelay: true,
    family: isIPv6(address) ? 6 : 4,
  })
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    const onTimeout = () => fail(new Error(`no TCP connection within ${timeoutMs} ms`))
    socket.setTimeout(timeoutMs, onTimeout)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('timeout', onTimeout)
      const wrapped = wrap(socket)
      attach(socket, callbacks)
      socket.off('error', fail)
      resolve(wrapped)
    })
  })
}

function attach(socket: Socket, callbacks: StreamCallbacks): void {
  let failure: Error | undefined
  socket.on('data', (bytes) => {
    if (typeof bytes !== 'string') callbacks.onData(bytes)
  })
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => callbacks.onClose(failure))
}

function wrap(socket: Socket): StreamConnection {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  return {
    localAddress: plainAddress(localAddress),
    localPort,
    remoteAddress: plainAddress(remoteAddress),
    remotePort,
    write: (bytes) => {
      if (!socket.destroyed && socket.writable) socket.write(bytes)
    },
    queuedBytes: () => socket.writableLength,
    close: () => {
      // What was written still goes out; a peer that does not read must not keep the descriptor, so it is cut after that.
      if (socket.writableLength === 0) socket.destroySoon()
      else {
        socket.end()
        socket.setTimeout(closeGraceMs, () => socket.destroy())
      }
    },
  }
}

const closeGraceMs = 2_000

function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) && address.includes('.')
    ? address.slice(mappedPrefix.length)
    : address
}
