// The way out over WebSocket: what may be reached, what is sent, and how lines end. Everything on loopback.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import { addressMatcher } from './address-matcher.ts'
import { createWebSockets } from './web-sockets.ts'

const names: Readonly<Record<string, readonly string[]>> = {
  'agent.example': ['127.0.0.1'],
  'mixed.example': ['127.0.0.1', '10.0.0.1'],
}

function socketsWith(allow: readonly string[]) {
  const asked: string[] = []
  const resolve = (host: string) => {
    asked.push(host)
    return Promise.resolve(names[host] ?? (/^[\d.]+$/.test(host) ? [host] : []))
  }
  return { asked, ...createWebSockets({ resolver: { resolve }, allow: addressMatcher(allow) }) }
}

type Sockets = ReturnType<typeof socketsWith>

/** Connects, and tells the first thing that happens. */
function tried(sockets: Sockets, url: string, openMs = 30_000): Promise<string> {
  return new Promise((resolve) => {
    const how = { url, headers: { 'x-token': 'secret' }, openMs, messageBytesMax: 1000 }
    const line = sockets.connect(how, {
      opened: () => {
        resolve('opened')
        line.close(1000)
      },
      message: () => undefined,
      pong: () => undefined,
      closed: (why) => resolve(why),
    })
  })
}

async function serve(t: { after(fn: () => void): void }) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo // Bound to a port.
  return { server, port }
}

test('an allowed address is reached, by name too, with one look-up; headers arrive', async (t) => {
  const { server, port } = await serve(t)
  const sockets = socketsWith(['127.0.0.0/8'])
  const came = once(server, 'connection')
  assert.equal(await tried(sockets, `ws://agent.example:${port}/`), 'opened')
  const [, request] = (await came) as [unknown, { headers: Record<string, string> }]
  assert.equal(request.headers['x-token'], 'secret')
  assert.match(request.headers['host'] ?? '', /^agent\.example/)
  assert.deepEqual(sockets.asked, ['agent.example'])
})

test('what is not in egress.allow is not connected to: literals, names, names with one such address', async (t) => {
  const { server, port } = await serve(t)
  const none = socketsWith([])
  assert.match(await tried(none, `ws://127.0.0.1:${port}/`), /forbidden-address/)
  assert.match(await tried(none, `ws://2130706433:${port}/`), /forbidden-address/)
  assert.match(await tried(none, `ws://agent.example:${port}/`), /egress\.allow/)
  const some = socketsWith(['127.0.0.0/8'])
  assert.match(await tried(some, `ws://mixed.example:${port}/`), /egress\.allow/)
  assert.match(await tried(some, `ws://nobody.example:${port}/`), /resolved/)
  assert.match(await tried(some, `ws://user:pw@127.0.0.1:${port}/`), /credentials/)
  assert.equal(server.clients.size, 0)
})

test('a name server that never answers is waited for no longer than the rest', async () => {
  const resolver = { resolve: () => new Promise<readonly string[]>(() => undefined) }
  const sockets = createWebSockets({ resolver, allow: () => true })
  assert.match(await tried({ asked: [], ...sockets }, 'ws://slow.example/', 50), /in time/)
})

test('what the library will not send costs the line and nothing else', async (t) => {
  const { port } = await serve(t)
  const sockets = socketsWith(['127.0.0.0/8'])
  assert.match(await tried(sockets, `ws://127.0.0.1:${port}/#part`), /fragment/)
  const why = await new Promise<string>((resolve) => {
    const how = { headers: { 'x-token': '\u20ac' }, openMs: 30_000, messageBytesMax: 1000 }
    const nothing = (): void => undefined
    const on = { opened: nothing, message: nothing, pong: nothing, closed: resolve }
    sockets.connect({ url: `ws://127.0.0.1:${port}/`, ...how }, on)
  })
  assert.match(why, /header/i)
})

test('a message above the limit ends the line, not in an orderly way', async (t) => {
  const { server, port } = await serve(t)
  server.on('connection', (socket) => socket.send('x'.repeat(2000)))
  const ended = await new Promise<readonly [string, boolean]>((resolve) => {
    const url = `ws://127.0.0.1:${port}/`
    const how = { url, headers: {}, openMs: 30_000, messageBytesMax: 1000 }
    socketsWith(['127.0.0.0/8']).connect(how, {
      opened: () => undefined,
      message: () => undefined,
      pong: () => undefined,
      closed: (why, orderly) => resolve([why, orderly]),
    })
  })
  assert.match(ended[0], /payload size/i)
  assert.equal(ended[1], false)
})
