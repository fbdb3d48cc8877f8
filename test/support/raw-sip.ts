// SIP as bytes: one UDP socket that sends what it is told, for messages that no phone of ours would send.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { patience } from './patience.ts'

export interface RawSip {
  readonly port: number
  send(message: string): void
  /** The next message, past or future, that matches. */
  next(pattern: RegExp, timeoutMs: number): Promise<string>
  close(): void
}

export async function openRawSip(serverPort: number): Promise<RawSip> {
  const socket = createSocket('udp4')
  const messages: string[] = []
  const watchers = new Set<() => void>()
  socket.on('message', (bytes) => {
    messages.push(bytes.toString())
    for (const watch of [...watchers]) watch()
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    send: (message) => socket.send(message.replace(/\r?\n/g, '\r\n'), serverPort, '127.0.0.1'),
    next: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = messages.findIndex((message) => pattern.test(message))
          if (at < 0) return
          watchers.delete(look)
          clearTimeout(late)
          resolve(messages.splice(at, 1)[0] ?? '')
        }
        const late = setTimeout(() => {
          watchers.delete(look)
          reject(new Error(`nothing like ${pattern}; came: ${messages.join('\n')}`))
        }, timeoutMs * patience)
        watchers.add(look)
        look()
      }),
    close: () => socket.close(),
  }
}

/** An INVITE with a description; header lines end in a newline. */
export function inviteText(options: {
  readonly to: string
  readonly port: number
  readonly callId: string
  readonly sdp: string
  readonly cseq?: number
}): string {
  const { to, port, callId, sdp, cseq = 1 } = options
  return `INVITE ${to} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${callId}${cseq};rport
Max-Forwards: 70
From: <sip:raw@127.0.0.1:${port}>;tag=${callId}
To: <${to}>
Call-ID: ${callId}
CSeq: ${cseq} INVITE
Contact: <sip:raw@127.0.0.1:${port}>
Content-Type: application/sdp
Content-Length: ${Buffer.byteLength(sdp.replace(/\r?\n/g, '\r\n'))}

${sdp}`
}

/** An offer of G.711 that nobody listens behind. */
export const plainOffer = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`
