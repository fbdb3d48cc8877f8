// The flood itself, in a thread of its own: what it costs to send must not delay the audio that the bench measures.

import { createSocket, type Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { pause } from './report.ts'

export interface FloodOrder {
  readonly serverPort: number
  readonly strangers: number
  readonly perSecond: number
  readonly seconds: number
}

export interface FloodResult {
  readonly sent: number
  readonly answered: number
}

interface Stranger {
  readonly socket: Socket
  readonly address: string
  readonly port: number
}

/** Answers are counted: a flood that is answered is an amplifier. */
async function strangersAt(count: number, answered: () => void): Promise<Stranger[]> {
  const made: Stranger[] = []
  for (let at = 0; at < count; at++) {
    const address = `127.7.${at >> 8}.${(at & 255) + 1}`
    const socket = createSocket({
      type: 'udp4',
      lookup: (host, _options, done) => done(null, host, 4),
    })
    socket.on('message', answered)
    socket.on('error', () => undefined)
    await new Promise<void>((resolve) => socket.bind(0, address, resolve))
    made.push({ socket, address, port: socket.address().port })
  }
  return made
}

const methods = ['INVITE', 'REGISTER', 'OPTIONS'] as const

function request(number: number, { address, port }: Stranger): string {
  const method = methods[number % methods.length] ?? 'OPTIONS'
  const user = `guess${number % 997}`
  const sdp =
    method === 'INVITE'
      ? 'v=0\r\no=- 1 1 IN IP4 127.7.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n'
      : ''
  return (
    `${method} sip:${method === 'REGISTER' ? 'localhost' : '900441234567@localhost'} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bKflood${number};rport\r\nMax-Forwards: 70\r\n` +
    `From: <sip:${user}@localhost>;tag=f${number}\r\nTo: <sip:${user}@localhost>\r\n` +
    `Call-ID: flood-${number}\r\nCSeq: 1 ${method}\r\nContact: <sip:${user}@${address}:${port}>\r\n` +
    `${sdp === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${sdp.length}\r\n\r\n${sdp}`
  )
}

async function flood(sources: readonly Stranger[], order: FloodOrder): Promise<number> {
  const { serverPort, perSecond, seconds } = order
  const startedMs = performance.now()
  let sent = 0
  const total = perSecond * seconds
  while (sent < total) {
    const due = Math.min(total, ((performance.now() - startedMs) / 1000) * perSecond)
    for (; sent < due; sent++) {
      const source = sources[sent % sources.length]
      source?.socket.send(request(sent, source), serverPort, '127.0.0.1')
    }
    await pause(2)
  }
  return sent
}

// Our own order, made by the bench.
const order = workerData as FloodOrder
let answered = 0
const sources = await strangersAt(order.strangers, () => answered++)
const sent = await flood(sources, order)
// The last answers.
await pause(200)
for (const { socket } of sources) socket.close()
const result: FloodResult = { sent, answered }
parentPort?.postMessage(result)
