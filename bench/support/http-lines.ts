// HTTP/1.1 by hand, both ends, because the generator must cost less than what it measures: kept connections, bodies of
// known length, nothing else.

import { connect, createServer, type Server, type Socket } from 'node:net'

interface HttpMessage {
  /** Start line and headers. */
  readonly head: string
  readonly body: Buffer
}

/** Cuts a connection's bytes into messages. */
class Framing {
  #rest: Buffer = Buffer.alloc(0)

  feed(bytes: Buffer): HttpMessage[] {
    const messages: HttpMessage[] = []
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    for (;;) {
      const headEnd = this.#rest.indexOf('\r\n\r\n')
      if (headEnd < 0) return messages
      const head = this.#rest.toString('latin1', 0, headEnd)
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      const end = headEnd + 4 + length
      if (this.#rest.length < end) return messages
      const body = this.#rest.subarray(headEnd + 4, end)
      this.#rest = this.#rest.subarray(end)
      messages.push({ head, body })
    }
  }
}

export interface HttpReply {
  /** 0: the connection broke. */
  readonly status: number
  readonly body: string
}

type Waiting = { readonly text: string; readonly done: (reply: HttpReply) => void }

/** Commands to the server over kept connections, one request at a time on each. */
export class CommandClient {
  readonly #port: number
  readonly #key: string
  readonly #idle: Socket[] = []
  readonly #all = new Set<Socket>()
  readonly #waiting: Waiting[] = []
  readonly #connectionsMax: number

  constructor(port: number, key: string, connectionsMax = 64) {
    this.#port = port
    this.#key = key
    this.#connectionsMax = connectionsMax
  }

  post(path: string, body: unknown, done: (reply: HttpReply) => void): void {
    const json = JSON.stringify(body)
    const length = Buffer.byteLength(json)
    const text = `POST /v2${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${this.#key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${json}`
    this.#waiting.push({ text, done })
    this.#next()
  }

  ask(path: string, body: unknown): Promise<HttpReply> {
    return new Promise((resolve) => this.post(path, body, resolve))
  }

  close(): void {
    for (const socket of this.#all) socket.destroy()
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const socket = this.#idle.pop()
      if (socket !== undefined) this.#use(socket)
      else if (this.#all.size < this.#connectionsMax) this.#open()
      else return
    }
  }

  #open(): void {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
    this.#all.add(socket)
    this.#use(socket)
  }

  #use(socket: Socket): void {
    const request = this.#waiting.shift()
    if (request === undefined) return
    const framing = new Framing()
    const finish = (reply: HttpReply): void => {
      socket.removeAllListeners()
      // A socket that lies idle may be closed by the server at any time.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#all.delete(socket)
        const place = this.#idle.indexOf(socket)
        if (place >= 0) this.#idle.splice(place, 1)
      })
      if (reply.status === 0) this.#all.delete(socket)
      else this.#idle.push(socket)
      request.done(reply)
      this.#next()
    }
    socket.on('data', (bytes) => {
      for (const { head, body } of framing.feed(bytes)) {
        finish({ status: Number(head.slice(9, 12)), body: body.toString() })
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => finish({ status: 0, body: '' }))
    socket.write(request.text)
  }
}

/** Answers every POST with an empty 200 and every GET with `audio`; POST bodies go to `take`. */
export async function startReceiver(
  take: (body: Buffer) => void,
  audio: Buffer,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    const framing = new Framing()
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      for (const { head, body } of framing.feed(bytes)) {
        if (head.startsWith('GET')) {
          socket.write(
            `HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: ${audio.length}\r\n\r\n`,
          )
          socket.write(audio)
        } else {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
          take(body)
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
