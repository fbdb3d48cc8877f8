// The network ports on real loopback sockets.

import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { describe, it } from 'node:test'
import type { DatagramPeer } from '../ports/datagrams.ts'
import type { StreamConnection } from '../ports/streams.ts'
import { createDatagrams } from './datagrams.ts'
import { createResolver } from './resolver.ts'
import { createStreams } from './streams.ts'

/** The next call of a callback as a promise. */
function next<T>(): { readonly arrived: Promise<T>; readonly tell: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { arrived: promise, tell: resolve }
}

const datagrams = createDatagrams()
const streams = createStreams()
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('datagrams', () => {
  for (const host of ['127.0.0.1', '::1']) {
    it(`send, connected send and answer on ${host}`, async () => {
      const first = next<{ text: string; from: DatagramPeer }>()
      const second = next<string>()
      const server = await datagrams.bind({
        host,
        port: 0,
        onMessage: (bytes, from) => first.tell({ text: Buffer.from(bytes).toString(), from }),
      })
      const client = await datagrams.bind({
        host,
        port: 0,
        onMessage: (bytes) => second.tell(Buffer.from(bytes).toString()),
      })
      client.connect(server.port, server.address)
      client.sendConnected(bytesOf('one'))
      const { text, from } = await first.arrived
      assert.deepEqual([text, from], ['one', { address: host, port: client.port }])
      server.send(bytesOf('two'), from.port, from.address)
      assert.equal(await second.arrived, 'two')
      assert.equal(server.queuedPackets(), 0)
      client.disconnect()
      for (const socket of [server, client]) socket.close()
      server.send(bytesOf('late'), 9, host)
      server.close()
    })
  }

  it('RFC 5118 §4.9: a dual-stack socket speaks plain IPv4 addresses', async () => {
    const seen = next<DatagramPeer>()
    const answered = next<string>()
    const dual = await datagrams.bind({
      host: '::',
      port: 0,
      onMessage: (_bytes, from) => seen.tell(from),
    })
    const client = await datagrams.bind({
      host: '127.0.0.1',
      port: 0,
      onMessage: (bytes) => answered.tell(Buffer.from(bytes).toString()),
    })
    client.send(bytesOf('x'), dual.port, '127.0.0.1')
    const from = await seen.arrived
    assert.equal(from.address, '127.0.0.1')
    dual.send(bytesOf('back'), from.port, from.address)
    assert.equal(await answered.arrived, 'back')
    dual.close()
    client.close()
  })

  it('a taken port rejects with EADDRINUSE', async () => {
    const socket = await datagrams.bind({ host: '127.0.0.1', port: 0, onMessage: () => undefined })
    const again = datagrams.bind({
      host: '127.0.0.1',
      port: socket.port,
      onMessage: () => undefined,
    })
    await assert.rejects(again, { code: 'EADDRINUSE' })
    socket.close()
  })

  it('ECONNREFUSED and unsendable packets are reported, never thrown', async () => {
    const gone = await datagrams.bind({ host: '127.0.0.1', port: 0, onMessage: () => undefined })
    const refusedPort = gone.port
    gone.close()
    const errors: string[] = []
    const refused = next<void>()
    const socket = await datagrams.bind({
      host: '127.0.0.1',
      port: 0,
      onMessage: () => undefined,
      onError: (error) => {
        errors.push('code' in error ? String(error.code) : error.message)
        if (errors.length === 2) refused.tell()
      },
    })
    socket.send(new Uint8Array(100_000), 9, '127.0.0.1')
    socket.connect(refusedPort, '127.0.0.1')
    socket.sendConnected(bytesOf('x'))
    await refused.arrived
    assert.ok(errors.includes('EMSGSIZE'), errors.join())
    assert.ok(errors.includes('ECONNREFUSED'), errors.join())
    socket.send(bytesOf('x'), 70_000, '127.0.0.1')
    socket.close()
  })
})

describe('streams', () => {
  it('bytes both ways, addresses, close told to both', async () => {
    const atServer = next<string>()
    const atClient = next<string>()
    const serverClosed = next<void>()
    const clientClosed = next<void>()
    const accepted = next<StreamConnection>()
    const listener = await streams.listen({
      host: '127.0.0.1',
      port: 0,
      onConnection: (connection) => {
        accepted.tell(connection)
        return {
          onData: (bytes) => atServer.tell(Buffer.from(bytes).toString()),
          onClose: () => serverClosed.tell(),
        }
      },
    })
    const client = await streams.connect({
      address: '127.0.0.1',
      port: listener.port,
      timeoutMs: 30_000,
      callbacks: {
        onData: (bytes) => atClient.tell(Buffer.from(bytes).toString()),
        onClose: () => clientClosed.tell(),
      },
    })
    client.write(bytesOf('hello'))
    assert.equal(await atServer.arrived, 'hello')
    const server = await accepted.arrived
    assert.deepEqual([server.remoteAddress, server.remotePort], ['127.0.0.1', client.localPort])
    server.write(bytesOf('back'))
    assert.equal(await atClient.arrived, 'back')
    assert.equal(server.queuedBytes(), 0)
    server.close()
    await Promise.all([serverClosed.arrived, clientClosed.arrived])
    client.write(bytesOf('late'))
    client.close()
    listener.close()
  })

  it('a refused connection rejects, a taken port rejects', async () => {
    const listener = await streams.listen({
      host: '127.0.0.1',
      port: 0,
      onConnection: () => ({ onData: () => undefined, onClose: () => undefined }),
    })
    const { port } = listener
    const onConnection = () => ({ onData: () => undefined, onClose: () => undefined })
    await assert.rejects(streams.listen({ host: '127.0.0.1', port, onConnection }), {
      code: 'EADDRINUSE',
    })
    listener.close()
    const callbacks = { onData: () => undefined, onClose: () => undefined }
    const refused = streams.connect({ address: '127.0.0.1', port, timeoutMs: 30_000, callbacks })
    await assert.rejects(refused, { code: 'ECONNREFUSED' })
  })

  it('a reset by the peer is told as an error and harms nobody', async () => {
    const closed = next<Error | undefined>()
    const listener = await streams.listen({
      host: '127.0.0.1',
      port: 0,
      onConnection: (connection) => ({
        onData: () => connection.write(new Uint8Array(1_000_000)),
        onClose: (error) => closed.tell(error),
      }),
    })
    const socket = createConnection(listener.port, '127.0.0.1', () => {
      socket.write('x')
      socket.once('data', () => socket.resetAndDestroy())
    })
    const error = await closed.arrived
    assert.ok(error instanceof Error)
    listener.close()
  })
})

describe('resolver', () => {
  it('a name is looked up once at a time, however many ask', async () => {
    const waiting: ((found: { address: string }[]) => void)[] = []
    const resolver = createResolver(() => new Promise((resolve) => waiting.push(resolve)))
    const asked = [resolver.resolve('dead.example'), resolver.resolve('dead.example')]
    void resolver.resolve('other.example')
    assert.equal(waiting.length, 2)
    waiting[0]?.([{ address: '192.0.2.7' }])
    assert.deepEqual(await Promise.all(asked), [['192.0.2.7'], ['192.0.2.7']])
    void resolver.resolve('dead.example')
    assert.equal(waiting.length, 3, 'the answer is not kept')
  })

  it('literals resolve to themselves, names by the system, nonsense to nothing', async () => {
    const resolver = createResolver()
    assert.deepEqual(await resolver.resolve('192.0.2.1'), ['192.0.2.1'])
    assert.deepEqual(await resolver.resolve('[2001:db8::1]'), ['2001:db8::1'])
    const local = await resolver.resolve('localhost')
    assert.ok(local.includes('127.0.0.1') || local.includes('::1'))
    assert.deepEqual(await resolver.resolve('no-such-host.invalid'), [])
  })
})
