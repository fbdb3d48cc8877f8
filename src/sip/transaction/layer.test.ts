// The transaction layer between two endpoints in virtual time: the flows of RFC 3261 §17 and the faults that other stacks had.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { requestTo, sendRecorded, startEndpoint } from '../../../test/support/sip-endpoint.ts'
import type { SipEndpoint, World } from '../../../test/support/sip-endpoint.ts'
import { SeededRandom, VirtualTime, settle } from '../../../test/support/virtual.ts'
import { VirtualNetwork, noFaults } from '../../../test/support/virtual-network.ts'
import type { TransactionConfig } from './config.ts'
import type { ServerTransaction } from './types.ts'

const lossy = { ...noFaults, drop: 1 }

let world: World
let a: SipEndpoint
let b: SipEndpoint

async function startWorld(config: Partial<TransactionConfig> = {}): Promise<void> {
  const time = new VirtualTime()
  const random = new SeededRandom(7)
  world = { time, random, network: new VirtualNetwork(time, random) }
  a = await startEndpoint(world, '192.0.2.1')
  b = await startEndpoint(world, '192.0.2.2', config)
}

function stopWorld(): void {
  a.layer.stop()
  b.layer.stop()
}

/** Datagrams whose first line matches. */
function sent(pattern: RegExp) {
  return world.network.sent.filter(({ text }) => pattern.test(text))
}

const bytesOf = (text: string) => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))

function assertClean(): void {
  world.time.runDry(300_000)
  assert.equal(a.layer.size + b.layer.size, 0, 'no transaction is left')
  assert.equal(world.time.pending, 0, 'no timer is left')
}

describe('INVITE transactions over UDP', () => {
  beforeEach(() => startWorld())
  afterEach(stopWorld)

  it('RFC 3261 §17.2.1: 100 Trying is sent at once', () => {
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(0)
    assert.deepEqual(record.statuses, [100])
    assert.doesNotMatch(sent(/^SIP\/2.0 100/)[0]?.text ?? '', /To:.*tag=/)
  })

  it('RFC 3261 §17.1.1.2: timer A doubles, timer B gives up after 32 s', () => {
    world.network.faults = lossy
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.runDry(60_000)
    const times = sent(/^INVITE/).map(({ atMs }) => atMs)
    assert.deepEqual(times, [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500])
    assert.deepEqual(record.timeouts, [false])
    assertClean()
  })

  it('RFC 3261 §17.1.1.3: the ACK to a refusal has the branch of the INVITE, also for 603', () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 603, headers: [] })
    const record = sendRecorded(
      a,
      requestTo('INVITE', b.udp, [['Route', '<sip:192.0.2.2;lr>']]),
      b.udp,
    )
    world.time.advance(100)
    const [ack] = sent(/^ACK/)
    assert.ok(ack)
    assert.ok(ack.text.includes(`branch=${record.transaction.branch};`))
    assert.match(ack.text, /\r\nRoute: <sip:192.0.2.2;lr>\r\n/)
    assert.match(ack.text, /\r\nTo: <sip:bob@example.com>;tag=/)
    assert.deepEqual(record.statuses, [100, 603])
    assert.equal(b.user.acks.length, 0, 'it stays inside the transaction')
    assertClean()
  })

  it('RFC 3261 §17.2.1: without an ACK timer G repeats up to T2 and timer H reports after 32 s', () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 486, headers: [] })
    sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    a.layer.stop()
    world.time.runDry(60_000)
    const times = sent(/^SIP\/2.0 486/).map(({ atMs }) => atMs)
    const expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert.deepEqual(times, expected)
    assert.equal(b.user.noAcks, 1)
    assertClean()
  })

  it('RFC 6026 §7.1: after a 2xx retransmitted INVITEs are absorbed and every 2xx goes up', () => {
    let server: ServerTransaction | undefined
    b.user.answer = (transaction) => {
      server = transaction
      transaction.respond({ status: 200, headers: [] }, 'tag-b')
      return undefined
    }
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(10)
    const [invite] = sent(/^INVITE/)
    assert.ok(invite)
    world.network.inject(invite.bytes, invite.from, invite.to)
    world.time.advance(10)
    assert.equal(b.user.servers.length, 1)
    server?.respond({ status: 200, headers: [] }, 'tag-b')
    world.time.advance(10)
    assert.deepEqual(record.statuses, [100, 200, 200])
    assert.equal(record.responses.at(-1)?.headers.first('to'), '<sip:bob@example.com>;tag=tag-b')
    assert.equal(server?.finalSent, true)
    assertClean()
  })

  it('RFC 6026 §8.4: a 2xx after the transaction is gone is stray, one for a foreign Via is dropped', () => {
    let server: ServerTransaction | undefined
    b.user.answer = (transaction) => {
      server = transaction
      transaction.respond({ status: 200, headers: [] })
      return undefined
    }
    sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(100)
    const [ok] = sent(/^SIP\/2.0 200/)
    assert.ok(ok && server)
    world.time.advance(40_000)
    world.network.inject(ok.bytes, ok.from, ok.to)
    const foreign = bytesOf(
      ok.text.replaceAll('\r\n', '\n').replace('192.0.2.1:5060', '192.0.2.77:5060'),
    )
    world.network.inject(foreign, ok.from, ok.to)
    world.time.advance(10)
    assert.equal(a.user.stray2xx.length, 1)
    assert.equal(a.metrics.values.get('holdfast_sip_messages_dropped_total{reason=foreign-via}'), 1)
  })

  it('RFC 3261 §13.2.2.4: the ACK to a 2xx is its own message and can be repeated', () => {
    const parts = requestTo('ACK', b.udp)
    const again = a.layer.sendAck(parts, b.udp)
    again()
    world.time.advance(10)
    assert.equal(b.user.acks.length, 2)
    const [first, second] = sent(/^ACK/)
    assert.equal(first?.text, second?.text)
    assertClean()
  })

  it('RFC 3261 §17.1.1: a retransmitted 200 before the ACK does no harm', () => {
    b.user.answer = (transaction) => {
      for (let i = 0; i < 3; i++) transaction.respond({ status: 200, headers: [] })
      return undefined
    }
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(10)
    assert.deepEqual(record.statuses, [100, 200, 200, 200])
    assertClean()
  })

  it('RFC 3261 §8.2.6.1: a Request-URI of more than 255 characters is carried', () => {
    const parts = { ...requestTo('INVITE', b.udp), uri: `sip:${'u'.repeat(300)}@192.0.2.2` }
    sendRecorded(a, parts, b.udp)
    world.time.advance(10)
    assert.equal(b.user.servers[0]?.request.uri, parts.uri)
  })
})

describe('CANCEL', () => {
  beforeEach(() => startWorld())
  afterEach(stopWorld)

  it('RFC 3261 §9.1: CANCEL is held until the first provisional', () => {
    world.network.faults = lossy
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    record.transaction.cancel([['Reason', 'SIP;cause=200']])
    world.time.advance(400)
    assert.equal(sent(/^CANCEL/).length, 0)
    world.network.faults = noFaults
    b.user.answer = (transaction) => ({
      onCancel: () => transaction.respond({ status: 487, headers: [] }),
    })
    world.time.advance(200)
    const [cancel] = sent(/^CANCEL/)
    assert.ok(cancel)
    assert.ok(cancel.text.includes(`branch=${record.transaction.branch};`))
    assert.match(cancel.text, /\r\nCSeq: 1 CANCEL\r\n/)
    assert.match(cancel.text, /\r\nReason: SIP;cause=200\r\n/)
    assert.deepEqual(record.statuses, [100, 487])
    assertClean()
  })

  it('RFC 3261 §9.2: CANCEL is answered 200 with the To tag of the INVITE and the INVITE ends with 487', () => {
    b.user.answer = (transaction) => {
      transaction.respond({ status: 180, headers: [] }, 'ringing')
      return { onCancel: () => transaction.respond({ status: 487, headers: [] }) }
    }
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(10)
    record.transaction.cancel()
    record.transaction.cancel()
    world.time.advance(10)
    assert.equal(sent(/^CANCEL/).length, 1)
    assert.match(sent(/^SIP\/2.0 200/)[0]?.text ?? '', /To: .*;tag=ringing/)
    assert.deepEqual(record.statuses, [100, 180, 487])
    assertClean()
  })

  it('RFC 3261 §9.1: a 2xx that crosses the CANCEL goes up as 2xx', () => {
    let server: ServerTransaction | undefined
    b.user.answer = (transaction) => {
      server = transaction
      return undefined
    }
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(10)
    server?.respond({ status: 200, headers: [] })
    record.transaction.cancel()
    world.time.advance(10)
    assert.deepEqual(record.statuses, [100, 200])
    assert.equal(b.user.cancels.length, 0, 'a CANCEL after the final is not told')
    record.transaction.cancel()
    assertClean()
  })

  it('RFC 3261 §9.2: a CANCEL that matches nothing gets 481', () => {
    const record = sendRecorded(a, requestTo('CANCEL', b.udp), b.udp)
    world.time.advance(10)
    assert.deepEqual(record.statuses, [481])
    assertClean()
  })

  it('RFC 3261 §9.1: a cancelled INVITE that is never answered ends after 64*T1', () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 180, headers: [] })
    const record = sendRecorded(a, requestTo('INVITE', b.udp), b.udp)
    world.time.advance(10)
    record.transaction.cancel()
    world.time.advance(32_100)
    assert.deepEqual(record.timeouts, [true])
    assert.equal(a.layer.size, 0)
    b.user.servers[0]?.respond({ status: 487, headers: [] })
    assertClean()
  })
})

describe('non-INVITE transactions', () => {
  beforeEach(() => startWorld())
  afterEach(stopWorld)

  it('RFC 3261 §17.1.2.2: timer E doubles up to T2, timer F gives up after 32 s', () => {
    world.network.faults = lossy
    const record = sendRecorded(a, requestTo('OPTIONS', b.udp), b.udp)
    world.time.runDry(60_000)
    const times = sent(/^OPTIONS/).map(({ atMs }) => atMs)
    const expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert.deepEqual(times, expected)
    assert.deepEqual(record.timeouts, [false])
    assertClean()
  })

  it('RFC 3261 §17.2.2: a retransmission is answered again without being told', () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 200, headers: [] })
    sendRecorded(a, requestTo('BYE', b.udp), b.udp)
    world.time.advance(10)
    const [bye] = sent(/^BYE/)
    assert.ok(bye)
    world.network.inject(bye.bytes, bye.from, bye.to)
    world.time.advance(10)
    assert.equal(b.user.servers.length, 1)
    const answers = sent(/^SIP\/2.0 200/)
    assert.deepEqual([answers.length, answers[0]?.text], [2, answers[1]?.text])
    assertClean()
  })

  it('RFC 4320 §4.1, §4.2: no provisional, no 408, nothing after the client gave up', () => {
    sendRecorded(a, requestTo('INFO', b.udp), b.udp)
    world.time.advance(10)
    const [server] = b.user.servers
    server?.respond({ status: 180, headers: [] })
    server?.respond({ status: 408, headers: [] })
    world.time.advance(40_000)
    server?.respond({ status: 200, headers: [] })
    assert.equal(sent(/^SIP/).length, 0)
    assertClean()
  })
})

describe('matching and limits', () => {
  beforeEach(() => startWorld({ serverTransactionsMax: 5 }))
  afterEach(stopWorld)

  const source = { address: '192.0.2.9', port: 5060 }
  const old = (method: string, callId: string, branch = '') =>
    bytesOf(
      `${method} sip:b@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9${branch}\nFrom: <sip:a@x>;tag=1\n` +
        `To: <sip:b@x>\nCall-ID: ${callId}\nCSeq: 1 ${method === 'ACK' ? 'ACK' : method}\nContent-Length: 0\n\n`,
    )

  for (const branch of ['', ';branch=z9hG4bK', ';branch=old']) {
    it(`RFC 3261 §17.2.3: RFC 2543 matching with branch "${branch}", ACK included`, () => {
      const send = (bytes: Uint8Array) => {
        world.network.inject(bytes, source, b.udp)
        world.time.advance(1)
      }
      b.user.answer = (transaction) => void transaction.respond({ status: 486, headers: [] })
      send(old('INVITE', 'one', branch))
      send(old('INVITE', 'one', branch))
      send(old('INVITE', 'two', branch))
      assert.equal(b.user.servers.length, 2)
      send(old('ACK', 'one', branch))
      send(old('ACK', 'two', branch))
      assert.equal(b.user.acks.length, 0)
      world.time.advance(40_000)
      assert.equal(b.user.noAcks, 0)
      assertClean()
    })
  }

  it('RFC 3261 §8.2.2.2: the same request over another path gets 482', () => {
    const via = (n: number) => `;branch=z9hG4bKpath${n}`
    world.network.inject(old('OPTIONS', 'merged', via(1)), source, b.udp)
    world.network.inject(old('OPTIONS', 'merged', via(2)), source, b.udp)
    world.time.advance(1)
    assert.equal(b.user.servers.length, 1)
    assert.equal(sent(/^SIP\/2.0 482/).length, 1)
    assertClean()
  })

  it('RFC 3261 §21.5.4: above the ceiling a flood gets stateless 503 with Retry-After', () => {
    for (let i = 0; i < 2_000; i++) {
      world.network.inject(old('INVITE', `flood${i}`, `;branch=z9hG4bKf${i}`), source, b.udp)
    }
    world.time.advance(1)
    assert.equal(b.layer.size, 5)
    const refusals = sent(/^SIP\/2.0 503/)
    assert.equal(refusals.length, 1_995)
    const waits = refusals.map(({ text }) => Number(/Retry-After: (\d+)/.exec(text)?.[1]))
    assert.ok(waits.every((seconds) => seconds >= 5 && seconds <= 30))
    for (const server of b.user.servers) server.respond({ status: 500, headers: [] })
    assertClean()
  })

  it('RFC 3261 §8.2.7: a stateless answer carries the same To tag each time', () => {
    const bad = bytesOf(
      'INVITE sip:b@x SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>\n' +
        'Call-ID: c\nCSeq: 1 BYE\nContent-Length: 0\n\n',
    )
    for (let i = 0; i < 2; i++) world.network.inject(bad, source, b.udp)
    world.time.advance(1)
    const [first, second] = sent(/^SIP\/2.0 400 CSeq method mismatch/)
    assert.ok(first && second)
    assert.match(first.text, /\r\nTo: <sip:b@x>;tag=/)
    assert.equal(first.text, second.text)
    assert.equal(b.layer.size, 0)
  })

  it('RFC 3261 §25: rubbish is dropped in silence and never throws', () => {
    const random = new SeededRandom(3)
    for (let i = 0; i < 500; i++) {
      world.network.inject(random.bytes(random.below(400)), source, b.udp)
    }
    world.network.inject(bytesOf('\n\n'), source, b.udp)
    world.time.advance(1)
    assert.equal(sent(/^SIP/).length, 0)
    assert.equal(b.layer.size, 0)
  })
})

describe('response routing', () => {
  beforeEach(() => startWorld())
  afterEach(stopWorld)

  async function answerTo(via: string, from: { address: string; port: number }) {
    const text =
      `OPTIONS sip:b@x SIP/2.0\nVia: ${via}\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>\nCall-ID: r\n` +
      'CSeq: 1 OPTIONS\nContent-Length: 0\n\n'
    b.user.answer = (transaction) => void transaction.respond({ status: 200, headers: [] })
    world.network.inject(bytesOf(text), from, b.udp)
    world.time.advance(1)
    return sent(/^SIP/)[0]
  }

  it('RFC 3581 §4: with rport the answer goes to the source and says where that is', async () => {
    const from = { address: '203.0.113.9', port: 33_333 }
    const answer = await answerTo('SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1', from)
    assert.deepEqual(answer?.to, from)
    assert.match(answer.text, /Via: .*;rport=33333;branch=z9hG4bK1;received=203.0.113.9\r\n/)
  })

  it('RFC 3261 §18.2.2: without rport it goes to the received address and the sent-by port', async () => {
    const answer = await answerTo('SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1', {
      address: '203.0.113.9',
      port: 1,
    })
    assert.deepEqual(answer?.to, { address: '203.0.113.9', port: 5_070 })
    assert.match(answer.text, /;received=203.0.113.9\r\n/)
  })

  it('RFC 3261 §18.2.2: IPv6 in Via, and an untrue received is replaced', async () => {
    const via = 'SIP/2.0/UDP [2001:db8::1];received=198.51.100.1;branch=z9hG4bK1'
    const answer = await answerTo(via, { address: '2001:db8::2', port: 9 })
    assert.deepEqual(answer?.to, { address: '2001:db8::2', port: 5_060 })
    assert.match(answer.text, /;received=2001:db8::2\r\n/)
    assert.doesNotMatch(answer.text, /198\.51/)
  })
})

describe('transactions over TCP', () => {
  beforeEach(() => startWorld())
  afterEach(stopWorld)

  it('RFC 3261 §17: nothing is repeated, lingering is zero, timer H still runs', async () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 486, headers: [] })
    const record = sendRecorded(a, requestTo('INVITE', b.tcp), b.tcp)
    await world.time.advanceAsync(10)
    assert.deepEqual(record.statuses, [100, 486])
    assert.equal(a.layer.size + b.layer.size, 0)
    assert.equal(world.network.sent.length, 0)
  })

  it('RFC 3261 §17.2.1: timer H fires on TCP too, timer G does not', async () => {
    const connection = await world.network.connectFrom('192.0.2.9', {
      ...b.tcp,
      timeoutMs: 1,
      callbacks: { onData: () => undefined, onClose: () => undefined },
    })
    b.user.answer = (transaction) => void transaction.respond({ status: 486, headers: [] })
    connection.write(
      bytesOf(
        'INVITE sip:b@x SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKh\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>\n' +
          'Call-ID: h\nCSeq: 1 INVITE\nContent-Length: 0\n\n',
      ),
    )
    await world.time.advanceAsync(33_000)
    assert.equal(b.user.noAcks, 1)
    assert.equal(
      world.network.streamed.filter(({ text }) => text.startsWith('SIP/2.0 486')).length,
      1,
    )
    assert.equal(b.layer.size, 0)
  })

  it('RFC 3261 §17.1.4: a refused connection is told at once, and not inside send', async () => {
    const nobody = { transport: 'TCP', address: '192.0.2.99', port: 5060 } as const
    const record = sendRecorded(a, requestTo('OPTIONS', nobody), nobody)
    assert.equal(record.failures.length, 0)
    await world.time.advanceAsync(1)
    assert.equal(record.failures.length, 1)
    assert.equal(a.layer.size, 0)
  })

  it('RFC 3261 §17.1.4: both sides are told when the connection closes, and nothing holds it afterwards', async () => {
    const record = sendRecorded(a, requestTo('INVITE', b.tcp), b.tcp)
    await world.time.advanceAsync(10)
    assert.deepEqual(record.statuses, [100])
    world.network.links[0]?.cut(new Error('reset'))
    await world.time.advanceAsync(10)
    assert.equal(record.failures.length, 1)
    assert.equal(b.user.transportFailures.length, 1)
    assert.deepEqual([a.user.closedFlows.length, b.user.closedFlows.length], [1, 1])
    assert.deepEqual([a.layer.size, a.layer.connectionCount, b.layer.connectionCount], [0, 0, 0])
    b.user.servers[0]?.respond({ status: 480, headers: [] })
    await world.time.advanceAsync(40_000)
    assert.equal(b.layer.size, 0)
  })

  it('RFC 3261 §18.2.2: when the connection is gone the answer comes over a new one', async () => {
    sendRecorded(a, requestTo('INVITE', b.tcp), b.tcp)
    await world.time.advanceAsync(10)
    world.network.links[0]?.cut()
    b.user.servers[0]?.respond({ status: 200, headers: [] })
    await world.time.advanceAsync(10)
    assert.equal(world.network.links.length, 2)
    assert.equal(a.user.stray2xx.length, 1)
  })

  it('RFC 3261 §18.2.2: a living flow is preferred to the address', async () => {
    b.user.answer = (transaction) => void transaction.respond({ status: 200, headers: [] })
    a.user.answer = b.user.answer
    sendRecorded(a, requestTo('OPTIONS', b.tcp), b.tcp)
    await world.time.advanceAsync(10)
    const flow = b.user.servers[0]?.flow
    assert.ok(flow)
    const back = { transport: 'TCP', address: '203.0.113.1', port: 1, flow } as const
    const record = sendRecorded(b, requestTo('OPTIONS', back), back)
    await world.time.advanceAsync(10)
    assert.deepEqual(record.statuses, [200])
    assert.equal(world.network.links.length, 1)
  })
})

describe('oversize requests', () => {
  const big = new Uint8Array(1_400).fill(0x61)
  const headers = [['Content-Type', 'application/sdp']] as const
  afterEach(stopWorld)

  it('RFC 3261 §18.1.1: they go by TCP, with TCP in Via', async () => {
    await startWorld()
    b.user.answer = (transaction) => void transaction.respond({ status: 200, headers: [] })
    const record = sendRecorded(a, requestTo('INVITE', b.udp, headers, big), b.udp)
    await world.time.advanceAsync(10)
    assert.deepEqual(record.statuses, [100, 200])
    assert.equal(world.network.sent.length, 0)
    assert.match(record.transaction.request.headers.first('via') ?? '', /^SIP\/2.0\/TCP /)
  })

  it('RFC 3261 §18.1.1: they fall back to UDP when TCP does not connect, and stay there for a while', async () => {
    await startWorld({ transports: ['UDP'] })
    b.user.answer = (transaction) => void transaction.respond({ status: 200, headers: [] })
    const record = sendRecorded(a, requestTo('INVITE', b.udp, headers, big), b.udp)
    await world.time.advanceAsync(10)
    assert.deepEqual(record.statuses, [100, 200])
    assert.match(record.transaction.request.headers.first('via') ?? '', /^SIP\/2.0\/UDP /)
    sendRecorded(a, requestTo('INVITE', b.udp, headers, big), b.udp)
    assert.equal(sent(/^INVITE/).length, 2, 'the second is sent without trying TCP')
    await settle()
    assert.deepEqual([record.failures.length, record.timeouts.length], [0, 0])
    assertClean()
  })
})

describe('addresses and start', () => {
  it('RFC 3261 §18.1.1: advertise stands in Via, IPv6 in brackets', async () => {
    await startWorld({ advertise: '2001:db8::5' })
    assert.deepEqual(b.layer.localAddressFor(a.udp), { host: '[2001:db8::5]', port: 5060 })
    assert.deepEqual(a.layer.localAddressFor(b.udp), { host: '192.0.2.1', port: 5060 })
    sendRecorded(b, requestTo('OPTIONS', a.udp), a.udp)
    assert.match(sent(/^OPTIONS/)[0]?.text ?? '', /Via: SIP\/2.0\/UDP \[2001:db8::5\]:5060;/)
    stopWorld()
  })

  it('RFC 3261 §18: a taken port rejects start with EADDRINUSE', async () => {
    await startWorld()
    await assert.rejects(startEndpoint(world, '192.0.2.1'), { code: 'EADDRINUSE' })
    stopWorld()
  })

  it('RFC 3261 §7.3.1: a header from a user cannot carry another header', async () => {
    await startWorld()
    const parts = requestTo('INVITE', b.udp, [['X-Note', 'a\r\nRoute: <sip:evil>']])
    assert.throws(() => sendRecorded(a, parts, b.udp), { code: 'SIP_UNSAFE_MESSAGE' })
    assert.equal(a.layer.size, 0)
    stopWorld()
  })
})
