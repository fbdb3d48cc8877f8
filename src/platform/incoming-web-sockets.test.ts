// WebSockets on our own HTTP server: one that a route takes, one that it refuses in HTTP, and those that are none.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import type { IncomingLine } from '../ports/web-socket.ts'
import { createIncomingWebSockets } from './incoming-web-sockets.ts'

interface Seen {
  line?: IncomingLine
  closed: number
  pongs: number
}

/**
 * Takes what asks for `/take`, refuses the rest with 403; what is no WebSocket is answered with its body. `asks`: whether the
 * HTTP server asks which upgrades are wanted; Node before 24.9 does not.
 */
async function serve(t: { after(fn: () => Promise<void>): void }, asks = true) {
  const seen: Seen = { closed: 0, pongs: 0 }
  const sockets = createIncomingWebSockets()
  const wants = ({ headers }: IncomingMessage): boolean => headers.upgrade === 'websocket'
  const options = asks ? { shouldUpgradeCallback: wants } : {}
  const server = createServer(options, (request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => response.end(`plain ${body}`))
  })
  sockets.serve(server, wants, (request, response: ServerResponse) => {
    const on = { pong: () => void seen.pongs++, closed: () => void seen.closed++ }
    const line = request.url === '/take' ? sockets.accept(request, on) : undefined
    if (line === undefined) response.writeHead(403).end('refused')
    else seen.line = line
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    seen.line?.drop()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo // Bound to a port.
  return { seen, port, server, sockets, url: `ws://127.0.0.1:${port}` }
}

/** Everything that the server says to these bytes until it closes. */
async function said(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (part) => (answer += part.toString()))
  socket.write(text)
  await once(socket, 'close')
  return answer
}

test('bytes arrive as they were sent; the close has its code and reason', async (t) => {
  const { seen, url } = await serve(t)
  const socket = new WebSocket(`${url}/take`, ['telephony'], { perMessageDeflate: true })
  const refused = once(socket, 'error')
  await refused // A subprotocol that we do not know is not taken up, which this client does not accept.
  const plain = new WebSocket(`${url}/take`)
  await once(plain, 'open')
  assert.equal(plain.extensions, '')
  const { line } = seen
  assert.ok(line)
  const message = once(plain, 'message')
  line.send(Uint8Array.of(1, 2, 3))
  const [data, isBinary] = (await message) as [Buffer, boolean] // As the library documents.
  assert.deepEqual([[...data], isBinary], [[1, 2, 3], true])
  const closed = once(plain, 'close')
  line.close(1000, 'the call is over')
  const [code, reason] = (await closed) as [number, Buffer]
  assert.deepEqual([code, reason.toString()], [1000, 'the call is over'])
})

test('pings are answered; a far end that leaves or is cut off is told once', async (t) => {
  const { seen, url } = await serve(t)
  for (const leave of ['close', 'terminate'] as const) {
    seen.closed = 0
    const socket = new WebSocket(`${url}/take`)
    await once(socket, 'open')
    const ponged = seen.pongs
    seen.line?.ping()
    while (seen.pongs === ponged) await new Promise((resolve) => setImmediate(resolve))
    socket[leave]()
    while (seen.closed === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(seen.closed, 1)
    seen.line?.send(Uint8Array.of(1)) // Into nothing.
  }
})

test('a far end that talks too much is closed', async (t) => {
  const { seen, url } = await serve(t)
  const socket = new WebSocket(`${url}/take`)
  await once(socket, 'open')
  socket.send('a short word is not looked at')
  const closed = once(socket, 'close')
  socket.send(Buffer.alloc(5000))
  assert.equal((await closed)[0], 1009)
  while (seen.closed === 0) await new Promise((resolve) => setImmediate(resolve))
})

test('a refusal is HTTP and ends the connection; a wrong handshake is refused by the route', async (t) => {
  const { port } = await serve(t)
  const asks = (path: string, more: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`
  const good = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
  for (const text of [
    asks('/other', good),
    asks('/take', ''),
    asks('/take', good.replace('13', '7')),
    asks('/take', good.replace('==', '')),
    asks('/take', `${good}Sec-WebSocket-Protocol: a b\r\n`),
  ]) {
    const answer = await said(port, text)
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/, text)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    assert.match(answer, /refused/)
  }
})

const h2c =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'

// RFC 9110 §7.8: an upgrade that the server does not want is ignored.
for (const asks of [true, false]) {
  const where = asks ? '' : ', where Node hands over all upgrades'
  test(`a request that would like to be something else is an ordinary one, with its body${where}`, async (t) => {
    const { port, server } = await serve(t, asks)
    let mostListeners = 0
    server.on('request', ({ socket: theirs }: IncomingMessage) => {
      mostListeners = Math.max(mostListeners, theirs.listenerCount('error'))
    })
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (part) => (answer += part.toString()))
    const has = async (text: string): Promise<void> => {
      while (!answer.includes(text)) await once(socket, 'data')
    }
    // A body that is not there yet when the upgrade is seen, and the same connection again.
    socket.write(`POST /take HTTP/1.1\r\nHost: a\r\n${h2c}Content-Length: 6\r\n\r\n`)
    socket.write('bo')
    await new Promise((resolve) => setImmediate(resolve))
    socket.write('dy 1')
    await has('plain body 1')
    const chunks = '4\r\nbody\r\n2\r\n 2\r\n0\r\n\r\n'
    socket.write(
      `POST /take HTTP/1.1\r\nHost: a\r\n${h2c}Transfer-Encoding: chunked\r\n\r\n${chunks}`,
    )
    await has('plain body 2')
    const last = h2c.replace('Upgrade,', 'Upgrade, close,')
    socket.write(`GET /%C3%A4?a=1 HTTP/1.1\r\nHost: a\r\nX-Name: \u00e4\r\n${last}\r\n`)
    await once(socket, 'close')
    assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 3)
    assert.equal(mostListeners, 1, 'the connection bears nothing of the requests before')
  })
}

test('more headers than can be trusted are no ordinary request', async (t) => {
  const { port } = await serve(t, false)
  const many = Array.from({ length: 1000 }, () => 'a:1\r\n').join('')
  const text = `POST /take HTTP/1.1\r\nHost: a\r\n${h2c}${many}Content-Length: 1\r\n\r\n`
  // Newer Node says 431 by itself.
  assert.match(await said(port, text), /^(HTTP.1.1 431 [^]*)?$/)
})

test('an upgrade behind a request that is not answered yet ends the connection, not the process', async (t) => {
  for (const asks of [true, false]) {
    const { port } = await serve(t, asks)
    const slow = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'
    const upgrade =
      'GET /take HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    assert.doesNotMatch(await said(port, slow + upgrade), /refused/)
    assert.match(await said(port, upgrade), /refused/)
  }
})

test('a request that was no upgrade cannot be taken', () => {
  const sockets = createIncomingWebSockets()
  const on = { pong: () => undefined, closed: () => undefined }
  assert.equal(sockets.accept({}, on), undefined)
})
