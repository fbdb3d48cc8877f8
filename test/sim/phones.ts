// Robot phones of the simulation: the lab's own, each with its address on the virtual network, and without audio, since
// fifty packets a second would cost more than everything else together.

import { createPhone, type Phone } from '../../src/lab/phone.ts'
import type { RtpTick } from '../../src/lab/rtp-tick.ts'
import type { PhonePorts } from '../../src/lab/ua.ts'
import type { Datagrams } from '../../src/ports/datagrams.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Streams } from '../../src/ports/streams.ts'
import { createTransactionLayer, type SipTransactions } from '../../src/sip/transaction/layer.ts'
import type { TransactionUser } from '../../src/sip/transaction/types.ts'
import { recordingMetrics, strictLog } from '../support/virtual.ts'
import type { SimNetwork } from './network.ts'
import type { SimTime } from './time.ts'

export const serverAddress = '10.0.0.1'
export const sipPort = 5060

const silentTick: RtpTick = { join: () => () => undefined }

/** TCP is not part of the simulation. */
export const noStreams: Streams = {
  listen: () => Promise.reject(new Error('no streams in the simulation')),
  connect: () => Promise.reject(new Error('no streams in the simulation')),
}

/** RTP sockets that hear and say nothing. */
function inertSockets(): Datagrams {
  let nextPort = 20_000
  const nothing = (): void => undefined
  const inert = {
    send: nothing,
    connect: nothing,
    disconnect: nothing,
    sendConnected: nothing,
    queuedPackets: () => 0,
    close: nothing,
  }
  return {
    bind: ({ host }) => Promise.resolve({ address: host, port: nextPort++, ...inert }),
  }
}

export class SimPhones {
  readonly phones = new Map<string, Phone>()
  readonly #rtp = inertSockets()
  readonly #time: SimTime
  readonly #random: Random
  readonly #network: SimNetwork

  constructor(time: SimTime, random: Random, network: SimNetwork) {
    this.#time = time
    this.#random = random
    this.#network = network
  }

  /** A phone that is reachable at `address`, whose server is ours. */
  async make(user: string, address: string): Promise<Phone> {
    const made: { phone?: Phone } = {}
    const layer = await this.#layer(address, {
      onRequest: (transaction) => made.phone?.onRequest(transaction) ?? {},
      onAck: (ack) => made.phone?.onAck(ack),
      onStray2xx: () => made.phone?.onStray2xx(),
      onFlowClosed: () => undefined,
    })
    const ports: PhonePorts = {
      clock: this.#time,
      timers: this.#time,
      random: this.#random,
      datagrams: this.#rtp,
      tick: silentTick,
      sip: () => layer,
    }
    const phone = createPhone(ports, {
      identity: { user, domain: serverAddress },
      server: { transport: 'UDP', address: serverAddress, port: sipPort },
      mediaHost: address,
      decode: false,
      voice: { kind: 'nothing' },
    })
    made.phone = phone
    this.phones.set(user, phone)
    return phone
  }

  /** Calls that have not ended, but for phones that fell silent: these keep theirs. */
  left(): readonly string[] {
    return [...this.phones].flatMap(([user, phone]) => {
      if (phone.faults.dead) return []
      return phone.liveCalls.map((call) => `${user} ${call.callId}: ${call.describe()}`)
    })
  }

  async #layer(address: string, user: TransactionUser): Promise<SipTransactions> {
    const layer = createTransactionLayer({
      datagrams: this.#network,
      streams: noStreams,
      timers: this.#time,
      clock: this.#time,
      log: strictLog,
      metrics: recordingMetrics(),
      random: this.#random,
      user,
      config: { host: address, port: sipPort, transports: ['UDP'], oversizeByTcp: false },
    })
    await layer.start()
    return layer
  }
}
