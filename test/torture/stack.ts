// What the torture tables run against. The default stack is parser, transports and transactions with a user that records;
// a fuller stack (registrar, sessions) plugs in as another factory.

import { createTransactionLayer, type SipTransactions } from '../../src/sip/transaction/layer.ts'
import type { Flow, ServerTransaction, TransactionUser } from '../../src/sip/transaction/types.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { SeededRandom, VirtualTime, recordingMetrics, strictLog } from '../support/virtual.ts'
import { VirtualNetwork } from '../support/virtual-network.ts'

export const serverAddress = { address: '192.0.2.254', port: 5060 }
export const peerAddress = { address: '192.0.2.1', port: 40_060 }

export interface Outcome {
  /** Requests that reached the user above the transactions. */
  readonly requests: readonly SipRequest[]
  readonly stray2xx: readonly SipResponse[]
  /** Everything the server sent, parsed. */
  readonly answers: readonly SipMessage[]
  /** On streams: whether the connection is still open afterwards. */
  readonly streamOpen: boolean
  /** Timers and transactions left when everything should be over. */
  readonly leftovers: number
}

export interface TortureStack {
  readonly time: VirtualTime
  readonly network: VirtualNetwork
  start(): Promise<void>
  stop(): void
  readonly requests: SipRequest[]
  readonly stray2xx: SipResponse[]
  readonly size: () => number
}

export type StackFactory = () => TortureStack

/** Parser, transports and transactions; the user answers non-INVITE requests with 200 and INVITE with 486. */
export function transactionStack(): TortureStack {
  const time = new VirtualTime()
  const random = new SeededRandom(1)
  const network = new VirtualNetwork(time, random)
  const requests: SipRequest[] = []
  const stray2xx: SipResponse[] = []
  const user: TransactionUser = {
    onRequest: (transaction: ServerTransaction) => {
      requests.push(transaction.request)
      transaction.respond({
        status: transaction.request.method === 'INVITE' ? 486 : 200,
        headers: [],
      })
      return {}
    },
    onAck: () => undefined,
    onStray2xx: (response: SipResponse, _flow: Flow) => void stray2xx.push(response),
    onFlowClosed: () => undefined,
  }
  const layer: SipTransactions = createTransactionLayer({
    datagrams: network.datagrams,
    streams: network.streamsAt(serverAddress.address),
    timers: time,
    clock: time,
    random,
    log: strictLog,
    metrics: recordingMetrics(),
    user,
    config: { host: serverAddress.address, port: serverAddress.port },
  })
  return {
    time,
    network,
    start: () => layer.start(),
    stop: () => layer.stop(),
    requests,
    stray2xx,
    size: () => layer.size,
  }
}

/** One torture message as one datagram; ends after all transaction timers have run. */
export async function byDatagram(
  bytes: Uint8Array,
  makeStack: StackFactory = transactionStack,
): Promise<Outcome> {
  const stack = makeStack()
  await stack.start()
  stack.network.inject(bytes, peerAddress, serverAddress)
  await stack.time.advanceAsync(200)
  const answers = stack.network.sent.slice(1).flatMap(({ bytes: sent }) => readAnswer(sent))
  await stack.time.advanceAsync(200_000)
  const leftovers = stack.size() + stack.time.pending
  const { requests, stray2xx } = stack
  stack.stop()
  return { requests, stray2xx, answers, streamOpen: true, leftovers }
}

/** The same bytes on a TCP connection, one byte per read when `byteWise`. */
export async function byStream(
  bytes: Uint8Array,
  options: {
    readonly byteWise: boolean
    readonly waitMs?: number
    readonly makeStack?: StackFactory
  },
): Promise<Outcome> {
  const stack = (options.makeStack ?? transactionStack)()
  await stack.start()
  const received: Uint8Array[] = []
  let streamOpen = true
  const connection = await stack.network.connectFrom(peerAddress.address, {
    ...serverAddress,
    timeoutMs: 1_000,
    callbacks: {
      onData: (part) => void received.push(part),
      onClose: () => {
        streamOpen = false
      },
    },
  })
  const step = options.byteWise ? 1 : bytes.length
  for (let at = 0; at < bytes.length; at += step) connection.write(bytes.subarray(at, at + step))
  await stack.time.advanceAsync(options.waitMs ?? 200)
  const answers = parseAll(Buffer.concat(received))
  const { requests, stray2xx } = stack
  const outcome = { requests, stray2xx, answers, streamOpen, leftovers: stack.size() }
  stack.stop()
  return outcome
}

/** Answers echo the faulty header of the request, so our own parser may refuse them: then status and headers still count. */
function readAnswer(bytes: Uint8Array): SipMessage[] {
  const result = parseMessage(bytes, { stream: false })
  if (result.kind === 'message') return [result.message]
  const match = /^SIP\/2\.0 (\d{3}) ([^\r]*)/.exec(Buffer.from(bytes).toString('utf8'))
  if (result.kind === 'incomplete' || match === null) return []
  const [, status = '', reason = ''] = match
  const body = new Uint8Array(0)
  return [{ kind: 'response', status: Number(status), reason, headers: result.headers, body }]
}

function parseAll(bytes: Uint8Array): SipMessage[] {
  const messages: SipMessage[] = []
  let rest = bytes
  while (rest.length > 0) {
    const result = parseMessage(rest, { stream: true })
    if (result.kind !== 'message') break
    messages.push(result.message)
    rest = rest.subarray(result.consumed)
  }
  return messages
}
