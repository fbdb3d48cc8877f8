// Callers by the thousand on one UDP socket: INVITE, ACK, BYE and their retransmissions, written as text. It knows just
// enough SIP to be a correct caller towards this server, and it shares no code with it.

import { createSocket, type Socket } from 'node:dgram'

const T1_MS = 500
const INVITE_TRIES = 6

export interface CallEvents {
  /** Final response to the INVITE. `rtpPort`: where the server takes audio; 0 without an answer. */
  readonly onFinal: (status: number, rtpPort: number, retryAfter: string | undefined) => void
  /** The server's BYE, or nothing came back at all. */
  readonly onEnd: (why: 'bye' | 'timeout') => void
}

export interface SipCall {
  readonly id: string
  /** Ends a call that is up; `onEnd` does not follow. */
  hangUp(): void
}

interface State {
  readonly id: string
  readonly to: string
  readonly events: CallEvents
  readonly invite: string
  tries: number
  timer: NodeJS.Timeout | undefined
  remoteTag: string
  target: string
  up: boolean
}

/** Telephone numbers are `from` and `to` as given; `rtpPort` is where the caller takes audio. */
export class SipCallers {
  readonly #socket: Socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 << 20,
    lookup: (host, _options, done) => done(null, host, 4),
  })
  readonly #serverPort: number
  readonly #calls = new Map<string, State>()
  #port = 0
  #next = 0
  retransmissions = 0
  /** In-dialog requests of the server that were answered, by method. */
  readonly asked = new Map<string, number>()

  constructor(serverPort: number) {
    this.#serverPort = serverPort
  }

  async open(): Promise<void> {
    this.#socket.on('message', (bytes) => this.#receive(bytes.toString('latin1')))
    this.#socket.on('error', () => undefined)
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve))
    this.#port = this.#socket.address().port
  }

  get live(): number {
    return this.#calls.size
  }

  close(): void {
    for (const call of this.#calls.values()) clearTimeout(call.timer)
    this.#calls.clear()
    this.#socket.close()
  }

  call(from: string, to: string, rtpPort: number, events: CallEvents): SipCall {
    const number = this.#next++
    const id = `bench-${process.pid}-${number}`
    const sdp = `v=0\r\no=- ${number} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtpPort} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n`
    const invite =
      this.#request('INVITE', `sip:${to}@127.0.0.1:${this.#serverPort}`, id, from, to, '', 1) +
      `Contact: <sip:${from}@127.0.0.1:${this.#port}>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`
    const state: State = {
      id,
      to,
      events,
      invite,
      tries: 0,
      timer: undefined,
      remoteTag: '',
      target: '',
      up: false,
    }
    this.#calls.set(id, state)
    this.#sendInvite(state)
    return { id, hangUp: () => this.#hangUp(state, from) }
  }

  #sendInvite(state: State): void {
    if (state.tries === INVITE_TRIES) {
      this.#calls.delete(state.id)
      state.events.onEnd('timeout')
      return
    }
    if (state.tries > 0) this.retransmissions++
    this.#send(state.invite)
    state.timer = setTimeout(() => this.#sendInvite(state), T1_MS * 2 ** state.tries++)
  }

  #hangUp(state: State, from: string): void {
    if (!state.up || !this.#calls.delete(state.id)) return
    const { id, to, remoteTag, target } = state
    this.#send(
      `${this.#request('BYE', target, id, from, to, remoteTag, 2)}Content-Length: 0\r\n\r\n`,
    )
  }

  /** Start line and the headers that all requests have; number 2 is the request after the INVITE. */
  #request(
    method: string,
    uri: string,
    id: string,
    from: string,
    to: string,
    toTag: string,
    cseq: number,
  ): string {
    const tag = toTag === '' ? '' : `;tag=${toTag}`
    return `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.#port};branch=z9hG4bK${id}-${method}${cseq};rport\r\nMax-Forwards: 70\r\nFrom: <sip:${from}@127.0.0.1>;tag=f${id}\r\nTo: <sip:${to}@127.0.0.1>${tag}\r\nCall-ID: ${id}\r\nCSeq: ${cseq} ${method === 'ACK' ? 'ACK' : method}\r\n`
  }

  #send(text: string): void {
    this.#socket.send(Buffer.from(text, 'latin1'), this.#serverPort, '127.0.0.1')
  }

  #receive(text: string): void {
    const state = this.#calls.get(header(text, 'Call-ID'))
    if (!text.startsWith('SIP/2.0 ')) {
      this.#onRequest(text, state)
      return
    }
    if (state === undefined) return
    clearTimeout(state.timer)
    const status = Number(text.slice(8, 11))
    if (status < 200 || !header(text, 'CSeq').endsWith('INVITE')) return
    const from = between(header(text, 'From'), 'sip:', '@')
    state.remoteTag = between(header(text, 'To'), ';tag=', ';')
    const repeated = state.up
    if (status >= 300) {
      // The ACK to a refusal belongs to the INVITE's transaction: same branch (RFC 3261 §17.1.1.3).
      const uri = `sip:${state.to}@127.0.0.1:${this.#serverPort}`
      const ack = this.#request('ACK', uri, state.id, from, state.to, state.remoteTag, 1)
      this.#send(`${ack.replace('-ACK1', '-INVITE1')}Content-Length: 0\r\n\r\n`)
      this.#calls.delete(state.id)
    } else {
      state.up = true
      state.target = between(header(text, 'Contact'), '<', '>')
      const ack = this.#request('ACK', state.target, state.id, from, state.to, state.remoteTag, 1)
      this.#send(`${ack}Content-Length: 0\r\n\r\n`)
    }
    if (repeated) return
    const rtpPort = Number(/\r\nm=audio (\d+)/.exec(text)?.[1] ?? 0)
    state.events.onFinal(status, rtpPort, header(text, 'Retry-After') || undefined)
  }

  #onRequest(text: string, state: State | undefined): void {
    if (text.startsWith('ACK ')) return
    const method = text.slice(0, text.indexOf(' '))
    this.asked.set(method, (this.asked.get(method) ?? 0) + 1)
    const echoed = ['From', 'To', 'Call-ID', 'CSeq']
    const lines = echoed.map((name) => `${name}: ${header(text, name)}\r\n`).join('')
    const vias = text.match(/\r\nVia: [^\r]*/gi)?.join('') ?? ''
    this.#send(`SIP/2.0 200 OK${vias}\r\n${lines}Content-Length: 0\r\n\r\n`)
    if (method !== 'BYE' || state === undefined) return
    clearTimeout(state.timer)
    this.#calls.delete(state.id)
    state.events.onEnd('bye')
  }
}

/** Value of the first header of that name as this server writes it; empty when it is missing. */
function header(text: string, name: string): string {
  return between(text, `\r\n${name}: `, '\r\n')
}

function between(text: string, before: string, after: string): string {
  const start = text.indexOf(before)
  if (start < 0) return ''
  const from = start + before.length
  const end = text.indexOf(after, from)
  return end < 0 ? text.slice(from) : text.slice(from, end)
}
