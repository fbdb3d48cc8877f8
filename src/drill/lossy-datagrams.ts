// Sockets whose packets are lost on the way when somebody says so: one place for the ACK and BYE of SIP over UDP and
// for one-way audio. What is lost on the way out counts as sent.

import type { Datagrams, DatagramSocket } from '../ports/datagrams.ts'
import type { Direction, FaultOrder } from '../ports/lab.ts'
import type { FaultSwitches } from './switches.ts'

export function lossyDatagrams(
  network: Datagrams,
  isLost: (bytes: Uint8Array, direction: Direction) => boolean,
): Datagrams {
  return {
    bind: async (options) => {
      const socket = await network.bind({
        ...options,
        onMessage: (bytes, from) => {
          if (!isLost(bytes, 'in')) options.onMessage(bytes, from)
        },
      })
      return lossySocket(socket, isLost)
    },
  }
}

function lossySocket(
  socket: DatagramSocket,
  isLost: (bytes: Uint8Array, direction: Direction) => boolean,
): DatagramSocket {
  return {
    address: socket.address,
    port: socket.port,
    send: (bytes, port, address) => {
      if (!isLost(bytes, 'out')) socket.send(bytes, port, address)
    },
    sendConnected: (bytes) => {
      if (!isLost(bytes, 'out')) socket.sendConnected(bytes)
    },
    connect: (port, address) => socket.connect(port, address),
    disconnect: () => socket.disconnect(),
    queuedPackets: () => socket.queuedPackets(),
    close: () => socket.close(),
  }
}

type SipFault = Extract<FaultOrder, { readonly kind: 'lose-sip' }>

/** Loses requests by their first word, for `lossyDatagrams`. */
export function losesSip(
  switches: FaultSwitches,
): (bytes: Uint8Array, direction: Direction) => boolean {
  return (bytes, direction) => {
    const first = String.fromCharCode(...bytes.subarray(0, 4))
    const method = first === 'ACK ' ? 'ACK' : first === 'BYE ' ? 'BYE' : undefined
    if (method === undefined) return false
    const fault = switches.strike(
      (order): order is SipFault =>
        order.kind === 'lose-sip' && order.method === method && order.direction === direction,
    )
    return fault !== undefined
  }
}

/** Two flags that another thread sees at once. */
export class AudioLoss {
  readonly memory: SharedArrayBuffer
  readonly #flags: Uint8Array

  constructor(memory = new SharedArrayBuffer(2)) {
    this.memory = memory
    this.#flags = new Uint8Array(memory)
  }

  set(direction: Direction, lost: boolean): void {
    Atomics.store(this.#flags, direction === 'in' ? 0 : 1, lost ? 1 : 0)
  }

  isLost(direction: Direction): boolean {
    return Atomics.load(this.#flags, direction === 'in' ? 0 : 1) === 1
  }
}
