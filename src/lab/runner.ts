// Phones on this machine's real clock, sockets and randomness: for end-to-end tests, the demo and the load bench.
//
//   const lab = createLab()
//   const alice = await lab.phone({ user: 'alice', server: { port: 5060 }, password: 'secret' })
//   …
//   lab.close()

import type { Datagrams } from '../ports/datagrams.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import { createClock } from '../platform/clock.ts'
import { createDatagrams } from '../platform/datagrams.ts'
import { createRandom } from '../platform/random.ts'
import { createStreams } from '../platform/streams.ts'
import { createTimers } from '../platform/timers.ts'
import { createTransactionLayer } from '../sip/transaction/layer.ts'
import type { SipTransactions } from '../sip/transaction/layer.ts'
import type { TransactionUser } from '../sip/transaction/types.ts'
import { createPhone } from './phone.ts'
import type { Phone } from './phone.ts'
import { createRtpTick } from './rtp-tick.ts'
import type { PhoneOptions } from './ua.ts'

export interface LabPhoneOptions extends Partial<
  Omit<PhoneOptions, 'identity' | 'server' | 'credentials'>
> {
  readonly user: string
  /** Host of the address of record. Default: the server's address. */
  readonly domain?: string
  readonly displayName?: string
  /** Default: UDP to 127.0.0.1. */
  readonly server: {
    readonly port: number
    readonly address?: string
    readonly transport?: 'UDP' | 'TCP'
  }
  /** With it challenges are answered, as `user`. */
  readonly password?: string
  /** Port of the phone's own SIP socket, to come back to after a restart. Default: any. */
  readonly sipPort?: number
  /** The network between: SIP datagrams of the phone for which it is true are lost. */
  readonly lost?: (message: string, way: 'in' | 'out') => boolean
}

export interface Lab {
  /** Binds the phone's SIP socket and makes the phone. */
  phone(options: LabPhoneOptions): Promise<Phone>
  /** The phone and its sockets are gone at once; nobody is told. */
  powerCut(phone: Phone): void
  /** Ends all phones; nothing of the lab keeps the program alive afterwards. */
  close(): void
}

/**
 * Makes an empty lab whose sockets are on `host`, an IP literal. Its phones wait `patience` times as long as they are
 * told to, before they say that something never came.
 */
export function createLab(host = '127.0.0.1', patience = 1): Lab {
  const clock = createClock()
  const timers = createTimers(clock)
  const random = createRandom()
  const datagrams = createDatagrams()
  const streams = createStreams()
  const tick = createRtpTick(clock, timers)
  const layers = new Map<Phone, SipTransactions>()

  const powerCut = (phone: Phone): void => {
    phone.close()
    layers.get(phone)?.stop()
    layers.delete(phone)
  }

  return {
    async phone(options) {
      const target = new Forward()
      const layer = createTransactionLayer({
        datagrams: options.lost === undefined ? datagrams : lossy(datagrams, options.lost),
        streams,
        timers,
        clock,
        random,
        log: silent,
        metrics: uncounted,
        user: target,
        config: { host, port: options.sipPort ?? 0 },
      })
      await layer.start()
      const ports = { clock, timers, random, datagrams, tick, patience, sip: () => layer }
      const phone = createPhone(ports, phoneOptions(options, host))
      target.phone = phone
      layers.set(phone, layer)
      return phone
    },
    powerCut,
    close() {
      for (const phone of [...layers.keys()]) powerCut(phone)
      timers.close()
    },
  }
}

function phoneOptions(options: LabPhoneOptions, host: string): PhoneOptions {
  const { user, domain, displayName, server, password, ...others } = options
  const { sipPort: _sipPort, lost: _lost, ...rest } = others
  const { port, address = host, transport = 'UDP' } = server
  const identity = { user, domain: domain ?? address }
  return {
    mediaHost: host,
    ...rest,
    identity: displayName === undefined ? identity : { ...identity, displayName },
    server: { transport, address, port },
    ...(password === undefined ? {} : { credentials: { username: user, password } }),
  }
}

function lossy(network: Datagrams, lost: NonNullable<LabPhoneOptions['lost']>): Datagrams {
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  return {
    bind: async (options) => {
      const socket = await network.bind({
        ...options,
        onMessage: (bytes, from) => {
          if (!lost(textOf(bytes), 'in')) options.onMessage(bytes, from)
        },
      })
      const send: typeof socket.send = (bytes, port, address) => {
        if (!lost(textOf(bytes), 'out')) socket.send(bytes, port, address)
      }
      return {
        address: socket.address,
        port: socket.port,
        send,
        connect: (port, address) => socket.connect(port, address),
        disconnect: () => socket.disconnect(),
        sendConnected: (bytes) => socket.sendConnected(bytes),
        queuedPackets: () => socket.queuedPackets(),
        close: () => socket.close(),
      }
    },
  }
}

/** The layer wants its user first, the phone its layer: what comes in between is from nobody we know. */
class Forward implements TransactionUser {
  phone: Phone | undefined

  onRequest(...[transaction]: Parameters<TransactionUser['onRequest']>) {
    return this.phone?.onRequest(transaction) ?? {}
  }

  onAck(...[ack]: Parameters<TransactionUser['onAck']>): void {
    this.phone?.onAck(ack)
  }

  onStray2xx(): void {
    this.phone?.onStray2xx()
  }

  onFlowClosed(): void {
    this.phone?.onFlowClosed()
  }
}

const nothing = (): void => undefined
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const uncounted: Metrics = { count: nothing, gauge: nothing, observe: nothing }
