// A transaction layer with a recording user on a virtual network, for tests of transactions and of what stands on them.

import { createTransactionLayer, type SipTransactions } from '../../src/sip/transaction/layer.ts'
import type { TransactionConfig } from '../../src/sip/transaction/config.ts'
import type {
  ClientTransaction,
  ClientTransactionEvents,
  Destination,
  Flow,
  ServerTransaction,
  ServerTransactionEvents,
  TransactionUser,
} from '../../src/sip/transaction/types.ts'
import type { RequestParts, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { recordingMetrics, strictLog, type SeededRandom, type VirtualTime } from './virtual.ts'
import type { VirtualNetwork } from './virtual-network.ts'

export interface World {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly network: VirtualNetwork
}

/** What the user of one layer saw; set `answer` to react to requests. */
export class RecordingUser implements TransactionUser {
  readonly servers: ServerTransaction[] = []
  readonly cancels: SipRequest[] = []
  readonly acks: SipRequest[] = []
  readonly stray2xx: SipResponse[] = []
  readonly closedFlows: Flow[] = []
  readonly transportFailures: Error[] = []
  noAcks = 0
  answer: (transaction: ServerTransaction) => ServerTransactionEvents | undefined = () => undefined

  onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    this.servers.push(transaction)
    const own = this.answer(transaction)
    return {
      onCancel: (cancel) => {
        this.cancels.push(cancel)
        own?.onCancel?.(cancel)
      },
      onNoAck: () => {
        this.noAcks++
        own?.onNoAck?.()
      },
      onTransportFailure: (error) => {
        this.transportFailures.push(error)
        own?.onTransportFailure?.(error)
      },
    }
  }

  onAck(ack: SipRequest): void {
    this.acks.push(ack)
  }

  onStray2xx(response: SipResponse): void {
    this.stray2xx.push(response)
  }

  onFlowClosed(flow: Flow): void {
    this.closedFlows.push(flow)
  }
}

export interface SipEndpoint {
  readonly layer: SipTransactions
  readonly user: RecordingUser
  readonly metrics: ReturnType<typeof recordingMetrics>
  readonly address: string
  readonly port: number
  /** This endpoint as a destination of others. */
  readonly udp: Destination
  readonly tcp: Destination
}

export async function startEndpoint(
  world: World,
  address: string,
  config: Partial<TransactionConfig> = {},
): Promise<SipEndpoint> {
  const user = new RecordingUser()
  const metrics = recordingMetrics()
  const port = config.port ?? 5060
  const layer = createTransactionLayer({
    datagrams: world.network.datagrams,
    streams: world.network.streamsAt(address),
    timers: world.time,
    clock: world.time,
    random: world.random,
    log: strictLog,
    metrics,
    user,
    config: { host: address, port, ...config },
  })
  await layer.start()
  return {
    layer,
    user,
    metrics,
    address,
    port,
    udp: { transport: 'UDP', address, port },
    tcp: { transport: 'TCP', address, port },
  }
}

let nextCall = 1

/** A minimal request; `extra` headers go last. */
export function requestTo(
  method: string,
  to: Destination,
  extra: RequestParts['headers'] = [],
  body?: Uint8Array,
): RequestParts {
  const id = nextCall++
  return {
    method,
    uri: `sip:bob@${to.address}:${to.port}`,
    headers: [
      ['From', `<sip:alice@example.com>;tag=from${id}`],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', `call-${id}@example.com`],
      ['CSeq', `1 ${method}`],
      ['Contact', '<sip:alice@192.0.2.1>'],
      ...extra,
    ],
    ...(body === undefined ? {} : { body }),
  }
}

/** What one client transaction was told. */
export interface ClientRecord {
  readonly transaction: ClientTransaction
  readonly responses: SipResponse[]
  readonly statuses: number[]
  readonly timeouts: boolean[]
  readonly failures: Error[]
}

export function sendRecorded(
  from: SipEndpoint,
  parts: RequestParts,
  to: Destination,
  also: Partial<ClientTransactionEvents> = {},
): ClientRecord {
  const responses: SipResponse[] = []
  const statuses: number[] = []
  const timeouts: boolean[] = []
  const failures: Error[] = []
  const transaction = from.layer.send(parts, to, {
    onResponse: (response) => {
      responses.push(response)
      statuses.push(response.status)
      also.onResponse?.(response)
    },
    onTimeout: (heardProvisional) => {
      timeouts.push(heardProvisional)
      also.onTimeout?.(heardProvisional)
    },
    onTransportFailure: (error) => {
      failures.push(error)
      also.onTransportFailure?.(error)
    },
  })
  return { transaction, responses, statuses, timeouts, failures }
}
