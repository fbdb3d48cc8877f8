// WebSockets that come in over our own HTTP server. A request that asks for one goes through the same routes as any other,
// so that who asks and what for is checked, and refused, in one place; only the route that takes it makes a WebSocket of it.

import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { IncomingLine, IncomingListener, IncomingWebSockets } from '../ports/web-socket.ts'

/** A far end that does not answer our close, or does not read a refusal, is waited for so long. */
const CLOSE_MS = 2000
/** Nobody has anything to say to us; a larger message ends the line (RFC 6455 §7.4.1, 1009). */
const MESSAGE_BYTES_MAX = 4096
/** Of a request that would like to be something else; Node keeps the first 2000. */
const HEADERS_MAX = 1000

export interface ServedWebSockets extends IncomingWebSockets {
  /** Gives requests that ask for an upgrade to `route`, where `wants` is true; `shouldUpgradeCallback` says the same. */
  serve(
    server: Server,
    wants: (request: IncomingMessage) => boolean,
    route: (request: IncomingMessage, response: ServerResponse) => void,
  ): void
}

interface Held {
  readonly socket: Duplex
  readonly head: Buffer
  readonly response: ServerResponse
}

export function createIncomingWebSockets(): ServedWebSockets {
  // What is offered as a subprotocol or as compression is not taken up: bytes go out as they are.
  const sockets = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => false,
  })
  // The library would answer in its own words; the route does that.
  sockets.on('wsClientError', () => undefined)
  const held = new WeakMap<object, Held>()
  return {
    serve(server, wants, route) {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        // The HTTP server has let go of it: without this an error would end the process.
        const broken = (): void => void socket.destroy()
        socket.on('error', broken)
        const response = answerOn(request, socket)
        if (response === undefined) return
        if (!wants(request)) {
          // Only Node before 24.9, which knows no `shouldUpgradeCallback`.
          release({ response, socket })
          socket.off('error', broken)
          return asOrdinary(server, request, socket, head)
        }
        held.set(request, { socket, head, response })
        route(request, response)
      })
    },
    accept(request, on) {
      const one = held.get(request)
      held.delete(request)
      if (one === undefined || !isRequest(request)) return undefined
      let line: IncomingLine | undefined
      sockets.handleUpgrade(request, one.socket, one.head, (socket) => {
        release(one)
        line = lineOf(socket, on)
      })
      return line
    },
  }
}

/** What was held came from an HTTP server. */
function isRequest(request: object): request is IncomingMessage {
  return 'headers' in request && 'socket' in request
}

/**
 * RFC 9110 §7.8: an upgrade that is not wanted is ignored. The server has let go of the connection with the body unread, so
 * it gets it back as a new one, which begins with the same request without that header.
 */
function asOrdinary(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  // Node may leave out headers beyond its limit; without its length a body would be read as the next request.
  if (rawHeaders.length >= HEADERS_MAX * 2) return void socket.destroy()
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`)
  }
  // One character per byte, as Node reads them.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

/**
 * For a refusal, after which nothing else can be asked on that connection. Undefined: an earlier request of that connection
 * is not answered yet (RFC 9112 §9.3.2), and it was cut: Node has forgotten in which order the answers belong.
 */
function answerOn(request: IncomingMessage, socket: Duplex): ServerResponse | undefined {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    // A connection of an HTTP server is always one of TCP.
    response.assignSocket(socket as typeof request.socket)
  } catch {
    socket.destroy()
    return undefined
  }
  response.on('finish', () => {
    socket.end()
    setTimeout(() => socket.destroy(), CLOSE_MS).unref()
  })
  return response
}

function release({ response, socket }: Pick<Held, 'response' | 'socket'>): void {
  response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]) // As assigned.
}

function lineOf(socket: WebSocket, listener: IncomingListener): IncomingLine {
  let on: IncomingListener | undefined = listener
  socket.on('pong', () => on?.pong())
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    const heard = on
    on = undefined
    heard?.closed()
  })
  return {
    send: (bytes) => {
      if (socket.readyState === socket.OPEN) socket.send(bytes, { binary: true })
    },
    ping: () => {
      if (socket.readyState === socket.OPEN) socket.ping()
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: (code, reason) => {
      on = undefined
      socket.close(code, reason)
      setTimeout(() => socket.terminate(), CLOSE_MS).unref()
    },
    drop: () => {
      on = undefined
      socket.terminate()
    },
  }
}
