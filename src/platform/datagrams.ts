// UDP on node:dgram. Sends never throw and never look names up: addresses are literals and go through a lookup of our own,
// because dgram would otherwise ask the resolver for every packet. On a dual-stack socket IPv4 peers appear, and are
// addressed, in plain IPv4 form; the mapped form (RFC 5118 §4.9) exists only between this file and the kernel.

import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { BindOptions, Datagrams, DatagramSocket } from '../ports/datagrams.ts'

const mappedPrefix = '::ffff:'

type LookupCallback = (error: Error | null, address: string, family: number) => void

function literalLookup(hostname: string, _options: unknown, callback: LookupCallback): void {
  callback(null, hostname, isIPv6(hostname) ? 6 : 4)
}

export function createDatagrams(): Datagrams {
  return { bind }
}

function bind(options: BindOptions): Promise<DatagramSocket> {
  const { host, port, recvBufferBytes, sendBufferBytes } = options
  const isV6 = isIPv6(host)
  const socket = createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    lookup: literalLookup,
    ...(recvBufferBytes === undefined ? {} : { recvBufferSize: recvBufferBytes }),
    ...(sendBufferBytes === undefined ? {} : { sendBufferSize: sendBufferBytes }),
  })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      reject(error)
      socket.close()
    })
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error')
      resolve(open(socket, isV6, options))
    })
  })
}

function open(socket: Socket, isV6: boolean, options: BindOptions): DatagramSocket {
  const { address, port } = socket.address()
  let closed = false
  let connected = false
  const report = (error: Error) => options.onError?.(error)
  socket.on('error', report)
  socket.on('message', (bytes, from) => {
    options.onMessage(bytes, { address: plainAddress(from.address), port: from.port })
  })
  const guarded = (act: () => void) => {
    if (closed) return
    try {
      act()
    } catch (error) {
      report(error instanceof Error ? error : new Error(String(error)))
    }
  }
  // Without a callback dgram keeps the kernel's refusals (EMSGSIZE, ENETUNREACH) to itself. One shared function; the
  // connected send of the media path does without, its errors come back through ICMP.
  const sent = (error: Error | null) => {
    if (error !== null) report(error)
  }
  const kernelAddress = (peer: string) => (isV6 && !peer.includes(':') ? mappedPrefix + peer : peer)
  return {
    address,
    port,
    send: (bytes, toPort, toAddress) =>
      guarded(() => socket.send(bytes, toPort, kernelAddress(toAddress), sent)),
    connect: (toPort, toAddress) =>
      guarded(() => {
        if (connected) socket.disconnect()
        connected = true
        socket.connect(toPort, kernelAddress(toAddress))
      }),
    disconnect: () =>
      guarded(() => {
        if (!connected) return
        connected = false
        socket.disconnect()
      }),
    sendConnected: (bytes) => guarded(() => socket.send(bytes)),
    queuedPackets: () => (closed ? 0 : socket.getSendQueueCount()),
    close: () => {
      if (closed) return
      closed = true
      socket.close()
    },
  }
}

function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
}
