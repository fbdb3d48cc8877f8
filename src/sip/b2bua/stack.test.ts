// The signaling port over the whole stack: who may call in, where calls may go out, and what survives a restart.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SDP_A, SDP_B, SDP_C, SipWorld } from '../../../test/support/sip-world.ts'
import { DigestClient } from '../auth/client.ts'
import type { SipStackConfig } from './config.ts'
import { bestRefusal } from './fork.ts'
import { headerRefusal } from './outgoing-headers.ts'

const users = [{ username: 'alice', password: 'wonder' }]
const carrier = {
  name: 'carrier',
  uri: 'sip:10.0.0.2:5080',
  inboundFrom: (address: string) => address === '10.0.0.2',
  username: '',
  password: '',
}
const strict: Partial<SipStackConfig> = { users, trunks: [carrier], openSources: () => false }

test('RFC 3261 §26: callers: a trunk by its address, a user by its password, an open source, nobody else', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', {
    ...strict,
    openSources: (one) => one === '10.0.0.30',
  })
  const trunk = await world.peer('10.0.0.2', 5080)
  trunk.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.deepEqual(stack.last('incoming-call').source, { kind: 'trunk', name: 'carrier' })
  const open = await world.peer('10.0.0.30')
  open.fromUri = 'sip:alice@pbx.test'
  open.callId = 'open'
  open.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.deepEqual(stack.last('incoming-call').source, { kind: 'open', name: '10.0.0.30' })
  const stranger = await world.peer('10.0.0.66')
  stranger.callId = 'stranger'
  stranger.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.equal(stranger.responses(403).length, 1)
  const phone = await world.peer('10.0.0.9')
  phone.callId = 'phone'
  phone.fromUri = 'sip:alice@pbx.test'
  phone.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const challenge = phone.responses(407)[0]
  assert.ok(challenge)
  const client = new DigestClient({ username: 'alice', password: 'wonder' }, world.random)
  assert.ok(client.accept(challenge))
  const lines = client.headers('INVITE', phone.toUri).map(([name, value]) => `${name}: ${value}`)
  phone.send({ method: 'INVITE', cseq: 2, body: SDP_A, lines })
  await world.run(10)
  assert.deepEqual(stack.last('incoming-call').source, { kind: 'user', name: 'alice' })
  assert.equal(stack.kinds.length, 3)
  world.stop()
})

test('RFC 3261 §21.5.4: a full server refuses new calls with Retry-After and goes on with the others', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  stack.busy = { retryAfterSecs: 7 }
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.equal(peer.responses(503)[0]?.headers.first('Retry-After'), '7')
  assert.deepEqual(stack.kinds, [])
  world.stop()
})

test('RFC 3261 §19.1: what an incoming call tells: users unescaped, telephone URIs, headers picked', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  peer.fromUri = 'sip:%2B15550177;npdi@far.test;user=phone'
  peer.toUri = 'tel:+1-555-0100'
  const lines = [
    'User-To-User: 3132;encoding=hex',
    'X-Queue: gold',
    'Diversion: <sip:d@far.test>',
    'P-Secret: 1',
  ]
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines })
  await world.run(10)
  const call = stack.last('incoming-call')
  assert.deepEqual([call.from, call.to, call.fromDisplayName], ['+15550177', '+15550100', 'Raw'])
  assert.deepEqual(call.customHeaders, [{ name: 'X-Queue', value: 'gold' }])
  assert.deepEqual(
    call.sipHeaders.map((one) => one.name),
    ['User-To-User', 'Diversion'],
  )
  assert.match(call.legUuid, /^[0-9a-f-]{36}$/)
  assert.notEqual(call.legUuid, call.sessionId)
  world.stop()
})

test('C80: where prefixes are listed no other number reaches a trunk, however it is written', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', { ...strict, allowPrefixes: ['+44', '+1555'] })
  const { checkDestination, trunkNumber } = stack.sip.signaling
  for (const to of ['+442071838750', '+15550199', 'sip:+44207@10.0.0.2:5080']) {
    assert.equal(checkDestination(to), undefined, to)
    assert.equal(trunkNumber?.(to), /\+\d+/.exec(to)?.[0], to)
  }
  for (const to of [
    '+8835100014567',
    '+4',
    'sip:+8835100014567@10.0.0.2:5080',
    'sip:008835100014567@10.0.0.2:5080',
    'sip:%2B8835100014567@10.0.0.2:5080',
    'sip:10.0.0.2:5080',
    'sip:+44207;rn=+8835100014567@10.0.0.2:5080',
    'sip:+44207%3Brn=+8835100014567@10.0.0.2:5080',
    'sip:+44%00207@10.0.0.2:5080',
  ]) {
    assert.ok(['forbidden-prefix', 'malformed'].includes(checkDestination(to) ?? ''), to)
  }
  assert.equal(trunkNumber?.('sip:alice@pbx.test'), undefined)
  world.stop()
})

test('C81: invented users are challenged like real ones, in INVITE and REGISTER', async () => {
  const world = new SipWorld()
  await world.stack('10.0.0.1', strict)
  const answers: string[][] = []
  for (const [index, name] of ['alice', 'nobody'].entries()) {
    const phone = await world.peer(`10.0.0.${20 + index}`)
    phone.fromUri = `sip:${name}@pbx.test`
    for (const method of ['INVITE', 'REGISTER']) {
      if (method === 'REGISTER') phone.toUri = phone.fromUri
      const wrong =
        `Authorization: Digest username="${name}", realm="pbx.test", nonce="a.b.c.d", ` +
        `uri="sip:pbx.test", response="${'0'.repeat(32)}", qop=auth, nc=00000001, cnonce="x"`
      for (const lines of [[], [wrong]]) {
        phone.callId = `${method} ${name} ${lines.length}`.replaceAll(' ', '-')
        const body = method === 'INVITE' ? SDP_A : ''
        phone.send({ method, cseq: 1, uri: 'sip:pbx.test', body, lines })
        await world.run(10)
      }
    }
    answers.push(
      phone.received.flatMap(({ message }) =>
        message.kind === 'response' ? [message.status + describe(message.headers.entries())] : [],
      ),
    )
  }
  assert.deepEqual(answers[1], answers[0])
  assert.ok(
    answers[0]?.some((one) => one.startsWith('401')) &&
      answers[0].some((one) => one.startsWith('407')),
  )
  world.stop()
})

/** Header lines without what differs from message to message anyway. */
function describe(entries: Iterable<readonly [string, string]>): string {
  const challenge = (value: string) => value.replace(/nonce="[^"]*"/, 'nonce')
  return [...entries]
    .filter(([name]) => !/^(?:via|from|to|call-id)$/i.test(name))
    .map(([name, value]) => ` ${name}=${challenge(value)}`)
    .join('')
}

test('C81: a flood from a stranger is not answered beyond its rate; a trunk is not slowed', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', { ...strict, strangers: { sourceBurst: 20 } })
  const flood = async (address: string, port: number): Promise<number> => {
    const peer = await world.peer(address, port)
    for (let at = 0; at < 100; at++) {
      peer.callId = `${address}-${at}`
      peer.send({ method: 'OPTIONS', cseq: 1 })
    }
    await world.run(100)
    return peer.responses(200).length
  }
  assert.equal(await flood('10.0.0.66', 5060), 20)
  assert.equal(await flood('10.0.0.2', 5080), 100)
  assert.equal(stack.metrics.values.size > 0, true)
  world.stop()
})

test('C81: strangers without credentials leave no transaction, and hear one answer each', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', { ...strict, strangers: { sourceBurst: 1000 } })
  const peer = await world.peer('10.0.0.66')
  peer.toUri = peer.fromUri = 'sip:alice@pbx.test'
  for (let at = 0; at < 300; at++) {
    peer.callId = `half-open-${at}`
    const method = ['INVITE', 'REGISTER', 'OPTIONS', 'BYE', 'CANCEL'][at % 5] ?? ''
    peer.send({ method, cseq: 1, uri: 'sip:pbx.test', body: method === 'INVITE' ? SDP_A : '' })
  }
  await world.run(100)
  const counts = (): number[] => [100, 407, 401, 200, 481].map((one) => peer.responses(one).length)
  assert.deepEqual(counts(), [0, 60, 60, 60, 120])
  assert.equal(stack.sip.size, 0, 'nothing is remembered')
  await world.run(40_000)
  assert.deepEqual(counts(), [0, 60, 60, 60, 120], 'nothing is repeated by itself')
  world.stop()
})

test('C81: unfinished transactions of a stranger with credentials are few; a trunk finds room', async () => {
  const world = new SipWorld()
  const strangers = { sourceBurst: 1000, failedLoginsMax: 1000, sourceTransactionsMax: 20 }
  const stack = await world.stack('10.0.0.1', { ...strict, strangers })
  const peer = await world.peer('10.0.0.66')
  peer.fromUri = 'sip:alice@pbx.test'
  for (let at = 0; at < 300; at++) {
    peer.callId = `unfinished-${at}`
    const lines = ['Proxy-Authorization: Digest username="alice", realm="pbx.test", nonce="x"']
    peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines })
  }
  await world.run(100)
  assert.equal(stack.sip.size, 20)
  const trunk = await world.peer('10.0.0.2', 5080)
  trunk.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.equal(stack.last('incoming-call').source.kind, 'trunk')
  world.stop()
})

test('C81: whoever guesses passwords is not heard any more', async () => {
  const world = new SipWorld()
  await world.stack('10.0.0.1', { ...strict, strangers: { failedLoginsMax: 5, banMs: 600_000 } })
  const guesser = await world.peer('10.0.0.66')
  guesser.toUri = guesser.fromUri = 'sip:alice@pbx.test'
  for (let guess = 0; guess < 20; guess++) {
    const wrong =
      'Authorization: Digest username="alice", realm="pbx.test", nonce="a.b.c.d", ' +
      `uri="sip:pbx.test", response="${'0'.repeat(32)}", qop=auth, nc=00000001, cnonce="x"`
    guesser.callId = `guess-${guess}`
    guesser.send({ method: 'REGISTER', cseq: 1, uri: 'sip:pbx.test', lines: [wrong] })
    await world.run(10)
  }
  assert.equal(guesser.responses(401).length, 5)
  world.stop()
})

test('RFC 3261 §8.1.1: destinations are judged without look-ups', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', {
    ...strict,
    allowUriHosts: { addresses: (one) => one === '10.0.0.9', names: ['friend.test'] },
  })
  const bare = await world.stack('10.0.0.3', { trunks: [] })
  const check = (to: string) => stack.sip.signaling.checkDestination(to)
  assert.equal(check('+15550199'), undefined)
  assert.equal(bare.sip.signaling.checkDestination('+15550199'), 'no-trunk')
  assert.equal(check('sip:alice@pbx.test'), undefined)
  assert.equal(check('sip:alice@10.0.0.1'), undefined)
  assert.equal(check('sip:nobody@pbx.test'), 'unknown-user')
  assert.equal(check('sip:+1555@10.0.0.2:5080'), undefined)
  assert.equal(check('sip:x@10.0.0.9:5070'), undefined)
  assert.equal(check('sip:x@203.0.113.9'), 'forbidden-host')
  assert.equal(check('sip:x@friend.test;maddr=203.0.113.9'), 'forbidden-host')
  for (const bad of [
    '15550199',
    '+',
    '+1555x',
    'sips:x@friend.test',
    'sip:',
    'sip:a@b@c',
    'http://x',
    'sip:x@h?Route=y',
    '',
  ]) {
    assert.equal(check(bad), 'malformed', bad)
  }
  world.stop()
})

test('RFC 3261 §8.1.2: a name that is not listed may be called only at allowed addresses', async () => {
  const world = new SipWorld()
  const allowed = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.2')
  allowed.dial('sip:x@some.test')
  await world.run(10)
  assert.equal(peer.requests('INVITE').length, 1)
  const closed = await world.stack('10.0.0.3', {
    allowUriHosts: { addresses: () => false, names: [] },
  })
  closed.dial('sip:x@some.test')
  closed.dial('sip:x@missing.example')
  await world.run(10)
  assert.equal(peer.requests('INVITE').length, 1)
  assert.deepEqual(closed.kinds, ['leg-refused', 'leg-refused'])
  assert.deepEqual(
    [closed.last('leg-refused').status, closed.last('leg-refused').unheard],
    [0, true],
  )
  world.stop()
})

test('RFC 3325 §9.1: E.164 goes over the first trunk; privacy hides From and asserts the identity to the trunk', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', {
    trunks: [{ ...carrier, username: 'acct', password: 'pw' }],
  })
  const trunk = await world.peer('10.0.0.2', 5080)
  stack.dial('+15550199', { fromDisplayName: 'Evil"\r\nVia: x' })
  stack.dial('+15550199', { privacy: true })
  await world.run(10)
  const [open, hidden] = trunk.requests('INVITE')
  assert.equal(open?.uri, 'sip:+15550199@10.0.0.2:5080')
  assert.match(
    open?.headers.first('From') ?? '',
    /^"Evil\\" {2}Via: x" <sip:\+15550100@10\.0\.0\.2>;tag=/,
  )
  assert.match(
    hidden?.headers.first('From') ?? '',
    /^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/,
  )
  assert.equal(hidden?.headers.first('P-Asserted-Identity'), '<sip:+15550100@10.0.0.2>')
  assert.equal(hidden?.headers.first('Privacy'), 'id')
  assert.ok(open)
  trunk.answer(open, 407, {
    lines: ['Proxy-Authenticate: Digest realm="c", nonce="n", qop="auth"'],
  })
  await world.run(10)
  assert.match(
    trunk.requests('INVITE').at(-1)?.headers.first('Proxy-Authorization') ?? '',
    /username="acct"/,
  )
  world.stop()
})

test('RFC 3261 §7.3: headers of API users can not break lines or replace ours', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  stack.dial('sip:x@10.0.0.9', {
    headers: [
      { name: 'X-Good', value: 'yes' },
      { name: 'X-Bad\r\nEvil', value: '1' },
      { name: 'X-Nul', value: 'a\0b' },
      { name: 'm', value: '<sip:evil@10.6.6.6>' },
      { name: 'ROUTE', value: '<sip:10.6.6.6;lr>' },
    ],
  })
  await world.run(10)
  const invite = peer.requests('INVITE')[0]
  assert.equal(invite?.headers.first('X-Good'), 'yes')
  assert.equal(invite?.headers.values('Contact').length, 1)
  assert.equal(invite?.headers.has('Route'), false)
  assert.equal(headerRefusal({ name: 'Call-ID', value: 'x' }), 'reserved')
  assert.equal(headerRefusal({ name: 'User-to-User', value: '31;encoding=hex' }), undefined)
  world.stop()
})

test('RFC 3261 §12.2.2: requests for unknown dialogs are 481, ACK is silent', async () => {
  const world = new SipWorld()
  await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  let cseq = 1
  for (const method of ['BYE', 'INFO', 'UPDATE', 'PRACK', 'REFER', 'NOTIFY', 'INVITE']) {
    peer.send({ method, cseq: cseq++, toTag: 'gone' })
  }
  peer.send({ method: 'BYE', cseq: cseq++ })
  peer.send({ method: 'ACK', cseq: 1, toTag: 'gone' })
  await world.run(10)
  assert.equal(peer.responses(481).length, 8)
  assert.equal(peer.received.length, 9, 'and one 100 for the INVITE')
  world.stop()
})

test('RFC 3261 §18.1.1: a call over TCP keeps to its connection, also for BYE', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  near.on = (input) => {
    if (input.kind === 'leg-accepted') near.perform({ kind: 'confirm', legId: input.legId })
  }
  far.on = (input) => {
    if (input.kind === 'incoming-call')
      far.perform({ kind: 'accept', legId: input.legId, sdp: SDP_B, headers: [] })
  }
  near.dial('sip:x@10.0.0.2', { transport: 'TCP' })
  await world.run(100)
  assert.deepEqual(near.kinds, ['leg-accepted'])
  far.perform({ kind: 'bye', legId: far.last('incoming-call').legId, headers: [] })
  await world.run(100)
  assert.deepEqual(near.kinds, ['leg-accepted', 'leg-bye'])
  assert.equal(world.net.links.length, 1)
  assert.equal(world.net.sent.length, 0, 'nothing over UDP')
  world.stop()
})

test('RFC 3261 §18.4: nobody listens on TCP: the call is refused with status 0', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  stack.dial('sip:x@10.0.0.99', { transport: 'TCP' })
  await world.run(5_000)
  assert.deepEqual([stack.last('leg-refused').status, stack.last('leg-refused').unheard], [0, true])
  stack.dial('sip:x@10.0.0.99', { transport: 'TLS' })
  await world.run(10)
  assert.equal(stack.last('leg-refused').reason, 'TLS Is Not Configured')
  world.stop()
})

test('RFC 3261 §12: confirmed calls continue after a restart', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  peer.send({
    method: 'INVITE',
    cseq: 1,
    body: SDP_A,
    lines: ['Session-Expires: 600;refresher=uas', 'Supported: timer'],
  })
  await world.run(10)
  const { legId } = stack.last('incoming-call')
  stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
  await world.run(10)
  const toTag = peer.tagOf(200)
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(10)
  const rows = stack.rows()
  assert.equal(rows.length, 1)
  stack.sip.stop()
  assert.equal(stack.sip.size, 0)
  assert.deepEqual(stack.rows(), rows, 'the end of the process is no end of a call')
  const again = await world.stack('10.0.0.1', {}, rows)
  assert.deepEqual(again.restored, [{ legId, at: 'up', remoteSdp: SDP_A }])
  peer.send({ method: 'INFO', cseq: 2, toTag, body: '7', contentType: 'application/dtmf' })
  await world.run(10)
  assert.equal(again.last('leg-info-dtmf').legId, legId)
  await world.run(300_000)
  assert.ok(peer.requests('INVITE').length > 0, 'it refreshes')
  again.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  world.stop()
})

test('the engine is never called from inside perform', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', { trunks: [] })
  let inside = false
  stack.on = () => assert.equal(inside, false)
  inside = true
  stack.dial('+15550199')
  stack.dial('sip:nobody@pbx.test')
  inside = false
  await world.run(10)
  assert.deepEqual(
    stack.inputs.map((one) => (one.kind === 'leg-refused' ? one.reason : one.kind)),
    ['no-trunk', 'unknown-user'],
  )
  world.stop()
})

test('RFC 3261 §16.7 step 6: the best of several refusals', () => {
  const refusal = (status: number, unheard = false) =>
    ({ kind: 'leg-refused', status, reason: '', unheard }) as const
  const best = (...statuses: number[]) => bestRefusal(statuses.map((one) => refusal(one))).status
  assert.equal(best(500, 486, 302), 302)
  assert.equal(best(486, 603), 603)
  assert.equal(best(487, 480), 480)
  assert.equal(best(0, 503), 503)
  assert.equal(bestRefusal([refusal(408, true), refusal(486)]).status, 486)
})

test('a bug met in one request costs that call, not the process: 500, BYE, and the next call is served', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const faults = stack.expectFaults()
  const peer = await world.peer('10.0.0.9')
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const { legId } = stack.last('incoming-call')
  stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
  await world.run(10)
  const toTag = peer.tagOf(200)
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(10)
  stack.on = (input) => {
    if (input.kind === 'leg-reoffered') throw new Error('a bug')
  }
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  assert.equal(stack.last('leg-lost').status, 500)
  assert.equal(peer.requests('BYE').length, 1)
  assert.equal(
    peer.responses(487).length + peer.responses(500).length,
    1,
    'the re-INVITE is answered',
  )
  assert.equal(faults.length, 1)
  const other = await world.peer('10.0.0.10')
  other.callId = 'other'
  other.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.notEqual(stack.last('incoming-call').legId, legId)
  world.stop()
})

test('a bug met when a call comes in is a 500 for that caller', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const faults = stack.expectFaults()
  stack.on = () => {
    throw new Error('a bug')
  }
  const peer = await world.peer('10.0.0.9')
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  assert.equal(peer.responses(500).length, 1)
  assert.equal(faults.length, 1)
  world.stop()
})

test('a bug met by a deadline costs that call only', async () => {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const faults = stack.expectFaults()
  stack.on = (input) => {
    if (input.kind === 'leg-refused') throw new Error('a bug')
  }
  await world.peer('10.0.0.9')
  stack.dial('sip:x@10.0.0.9')
  await world.run(40_000)
  assert.equal(faults.length, 1)
  world.stop()
})
