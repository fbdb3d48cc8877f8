// Stream framing and connections: half messages, tiny reads, keep-alives, every limit.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  SeededRandom,
  VirtualTime,
  recordingMetrics,
  silentLog,
} from '../../../test/support/virtual.ts'
import { VirtualNetwork, type VirtualLink } from '../../../test/support/virtual-network.ts'
import type { StreamConnection } from '../../ports/streams.ts'
import { defaultMessageLimits } from '../message/limits.ts'
import type { SipMessage } from '../message/types.ts'
import { StreamFramer, type Frame } from './framing.ts'
import { Transports } from './transports.ts'
import type { TransportConfig, TransportFlow } from './types.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function options(id: number, body = ''): Uint8Array {
  return bytesOf(
    `OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK${id}\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n` +
      `Call-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

describe('StreamFramer', () => {
  const kinds = (frames: readonly Frame[]) => frames.map(({ kind }) => kind)

  it('RFC 3261 §18.3: any cutting of the stream gives the same frames', () => {
    const random = new SeededRandom(5)
    const stream = Buffer.concat([
      options(1, 'abc'),
      bytesOf('\r\n\r\n'),
      options(2),
      options(3, '\r\n\r\nx'),
      bytesOf('\r\n'),
    ])
    const expected = ['message', 'ping', 'message', 'message']
    for (let round = 0; round < 200; round++) {
      const framer = new StreamFramer(defaultMessageLimits)
      const frames: Frame[] = []
      const most = round === 0 ? stream.length : round === 1 ? 1 : 200
      for (let at = 0; at < stream.length;) {
        const size = most === 1 || most === stream.length ? most : 1 + random.below(most)
        frames.push(...framer.push(stream.subarray(at, at + size)))
        at += size
      }
      assert.deepEqual(kinds(frames), expected)
      const last = frames[3]
      assert.ok(last?.kind === 'message' && last.message.body.length === 5)
      assert.equal(framer.hasPartial, false)
    }
  })

  it('RFC 5626 §3.5.1: CRLFCRLF is a ping, a single CRLF is none', () => {
    const framer = new StreamFramer(defaultMessageLimits)
    assert.deepEqual(kinds(framer.push(bytesOf('\r\n'))), [])
    assert.deepEqual(kinds(framer.push(bytesOf('\r\n'))), ['ping'])
    assert.deepEqual(kinds(framer.push(bytesOf('\r\n\r\n\r\n\r\n'))), ['ping', 'ping'])
    assert.equal(framer.hasPartial, false)
  })

  it('RFC 3261 §18.3: a head without end is given up at the limit, and nothing comes out afterwards', () => {
    const framer = new StreamFramer(defaultMessageLimits)
    const frames: Frame[] = []
    for (let i = 0; i < 300; i++) frames.push(...framer.push(new Uint8Array(1_024).fill(0x61)))
    assert.deepEqual(kinds(frames), ['error'])
    assert.deepEqual(framer.push(options(1)), [])
  })

  it('RFC 3261 §18.3: a framed but faulty message does not end the stream', () => {
    const framer = new StreamFramer(defaultMessageLimits)
    const faulty = bytesOf(
      Buffer.from(options(1, 'body')).toString().replace('CSeq: 1 ', 'CSeq: x '),
    )
    const frames = framer.push(Buffer.concat([faulty, options(2)]))
    assert.deepEqual(kinds(frames), ['error', 'message'])
  })
})

const config: TransportConfig = {
  host: '192.0.2.1',
  port: 0,
  transports: ['UDP', 'TCP'],
  limits: defaultMessageLimits,
  halfOpenMs: 10_000,
  silentMs: 30_000,
  idleMs: 600_000,
  provenIdleMs: 7_200_000,
  connectionsPerSource: 3,
  connectionsMax: 5,
  connectTimeoutMs: 1_000,
  writeQueueBytes: 10_000,
}

describe('TCP connections', () => {
  let time: VirtualTime
  let network: VirtualNetwork
  let transports: Transports
  let messages: { message: SipMessage; flow: TransportFlow }[]
  let closed: TransportFlow[]

  beforeEach(async () => {
    time = new VirtualTime()
    network = new VirtualNetwork(time, new SeededRandom(1))
    messages = []
    closed = []
    const ports = {
      datagrams: network.datagrams,
      streams: network.streamsAt('192.0.2.1'),
      timers: time,
      clock: time,
      log: silentLog,
      metrics: recordingMetrics(),
    }
    transports = new Transports(ports, config, {
      onMessage: (message, flow) => void messages.push({ message, flow }),
      onUnreadable: () => undefined,
      onFlowClosed: (flow) => void closed.push(flow),
    })
    await transports.start()
  })
  afterEach(() => {
    transports.stop()
    time.advance(1)
    assert.equal(time.pending, 0, 'no timer is left')
    assert.equal(transports.tcp.size, 0)
  })

  async function peer(address = '192.0.2.9') {
    const received: string[] = []
    const connection: StreamConnection = await network.connectFrom(address, {
      address: '192.0.2.1',
      port: transports.local?.port ?? 0,
      timeoutMs: 1,
      callbacks: {
        onData: (bytes) => void received.push(Buffer.from(bytes).toString()),
        onClose: () => undefined,
      },
    })
    const link: VirtualLink | undefined = network.links.at(-1)
    assert.ok(link)
    return { connection, received, link }
  }

  it('RFC 3261 §18: UDP and TCP share the port that was free', async () => {
    assert.ok((transports.local?.port ?? 0) > 0)
    network.inject(
      options(1),
      { address: '192.0.2.9', port: 9 },
      { address: '192.0.2.1', port: transports.local?.port ?? 0 },
    )
    const { connection } = await peer()
    connection.write(options(2))
    time.advance(1)
    assert.deepEqual(
      messages.map(({ flow }) => flow.transport),
      ['UDP', 'TCP'],
    )
  })

  it('RFC 5626 §3.5.1: a ping is answered with CRLF', async () => {
    const { connection, received } = await peer()
    connection.write(bytesOf('\r\n\r\n'))
    time.advance(1)
    assert.deepEqual(received, ['\r\n'])
  })

  it('RFC 3261 §18.3: a half message is given 10 s, each new one its own', async () => {
    const { connection, link } = await peer()
    const bytes = options(1)
    for (let i = 0; i < 3; i++) {
      connection.write(bytes.subarray(0, 20))
      time.advance(9_000)
      connection.write(bytes.subarray(20))
      time.advance(9_000)
    }
    assert.deepEqual([messages.length, link.isOpen], [3, true])
    connection.write(bytes.subarray(0, 20))
    time.advance(10_001)
    assert.equal(link.isOpen, false)
    assert.equal(closed.length, 1)
  })

  it('C81: a stranger that opens a connection and says nothing, or only pings, has it for 30 s', async () => {
    const silent = await peer()
    const pinging = await peer()
    const speaking = await peer()
    speaking.connection.write(options(1))
    for (let at = 0; at < 29; at++) {
      pinging.connection.write(bytesOf('\r\n\r\n'))
      time.advance(1_000)
    }
    const open = () => [silent, pinging, speaking].map(({ link }) => link.isOpen)
    assert.deepEqual(open(), [true, true, true])
    time.advance(1_001)
    assert.deepEqual(open(), [false, false, true])
  })

  it('RFC 3261 §18: silence closes a connection after 10 minutes, one that carried a dialog much later', async () => {
    const idle = await peer()
    const busy = await peer()
    busy.connection.write(options(1))
    time.advance(1)
    const connection = transports.tcp.byId(messages[0]?.flow.connectionId)
    assert.ok(connection)
    connection.proven = true
    time.advance(610_000)
    assert.deepEqual([idle.link.isOpen, busy.link.isOpen], [false, true])
    time.advance(7_200_000)
    assert.equal(busy.link.isOpen, false)
  })

  it('C81: connections of a stranger are few; when there is no room, the oldest that carried nothing gives way', async () => {
    const first = [await peer(), await peer(), await peer(), await peer()]
    time.advance(1)
    const open = (peers: typeof first) => peers.map(({ link }) => link.isOpen)
    assert.deepEqual(open(first), [true, true, true, false])
    // The oldest one carries a call, a transaction of the next is under way.
    const [caller, busy] = first
    for (const [at, one] of [caller, busy].entries()) one?.connection.write(options(at))
    time.advance(1)
    const [calling, working] = messages.map(({ flow }) => transports.tcp.byId(flow.connectionId))
    assert.ok(calling && working)
    calling.proven = true
    const stop = working.watch(() => undefined)
    const others = [await peer('192.0.2.10'), await peer('192.0.2.11'), await peer('192.0.2.12')]
    time.advance(1)
    assert.deepEqual(open(first), [true, true, false, false])
    assert.deepEqual(open(others), [true, true, true])
    stop()
    const last = [await peer('192.0.2.13'), await peer('192.0.2.14')]
    time.advance(1)
    assert.deepEqual(open(first), [true, false, false, false])
    assert.deepEqual(open(others), [false, true, true])
    assert.deepEqual(open(last), [true, true])
    // Whoever carries something gives way to nobody.
    for (const [at, { connection }] of [...others.slice(1), ...last].entries())
      connection.write(options(2 + at))
    time.advance(1)
    for (const { flow } of messages.slice(2)) {
      const connection = transports.tcp.byId(flow.connectionId)
      assert.ok(connection)
      connection.proven = true
    }
    const late = await peer('192.0.2.15')
    time.advance(1)
    assert.equal(late.link.isOpen, false)
    others[1]?.link.cut()
    const again = await peer('192.0.2.15')
    time.advance(1)
    assert.equal(again.link.isOpen, true)
  })

  it('RFC 3261 §18.4: watchers are told of a failed connect and of a reset while writing', async () => {
    const failures: string[] = []
    const nobody = transports.tcp.to('192.0.2.77', 5060)
    nobody.watch((error) => void failures.push(error.message))
    transports.tcp.write(nobody, options(1))
    await time.advanceAsync(1)
    const { connection, link } = await peer()
    connection.write(options(2))
    time.advance(1)
    const living = transports.tcp.byId(messages[0]?.flow.connectionId)
    assert.ok(living)
    living.watch((error) => void failures.push(error.message))
    link.cut(new Error('reset'))
    transports.tcp.write(living, options(3))
    assert.deepEqual(failures, ['connect ECONNREFUSED', 'reset'])
    assert.equal(closed.length, 1, 'a connection that never opened is no flow')
  })

  it('RFC 3261 §18: a peer that never accepts our bytes is cut off while connecting', async () => {
    const failures: string[] = []
    const connection = transports.tcp.to('192.0.2.77', 5060)
    connection.watch((error) => void failures.push(error.message))
    for (let i = 0; i < 50; i++) transports.tcp.write(connection, options(i, 'x'.repeat(500)))
    assert.deepEqual(failures, ['peer does not read'])
    await time.advanceAsync(1)
  })
})
