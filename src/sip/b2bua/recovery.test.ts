// Calls over the end of a process, at each moment of their life: what the next process sends, and what the peers see.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SDP_A, SDP_B, SDP_C, SipWorld } from '../../../test/support/sip-world.ts'
import type { TestStack } from '../../../test/support/sip-world.ts'

async function incoming() {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  return { world, stack, peer, legId: stack.last('incoming-call').legId }
}

async function outgoing() {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  const legId = stack.dial('sip:x@10.0.0.9')
  await world.run(10)
  const invite = peer.requests('INVITE')[0]
  assert.ok(invite)
  return { world, stack, peer, legId, invite }
}

async function restart(world: SipWorld, stack: TestStack, rows = stack.rows()): Promise<TestStack> {
  stack.sip.stop()
  await world.run(200)
  return world.stack('10.0.0.1', {}, rows)
}

test('a ringing call is refused with 500 in its own transaction', async () => {
  const { world, stack, peer, legId } = await incoming()
  stack.perform({ kind: 'ring', legId })
  await world.run(10)
  const again = await restart(world, stack)
  assert.deepEqual(again.restored, [{ legId, at: 'ringing-in', remoteSdp: SDP_A }])
  again.perform({ kind: 'refuse', legId, status: 500, retryAfterSecs: 3 })
  await world.run(10)
  const refusal = peer.responses(500)[0]
  assert.equal(refusal?.headers.first('Retry-After'), '3')
  assert.equal(refusal?.headers.first('To'), peer.responses(180)[0]?.headers.first('To'))
  peer.send({ method: 'ACK', cseq: 1, toTag: peer.tagOf(500), branch: 'z9hG4bK-10.0.0.9-1' })
  await world.run(40_000)
  assert.deepEqual(again.rows(), [])
  world.stop()
})

test('an answer that was decided and perhaps not sent is sent, the same each time', async () => {
  const { world, stack, peer, legId } = await incoming()
  const accept = { kind: 'accept', legId, sdp: SDP_B, headers: [] } as const
  const promised = stack.rows([accept])
  const again = await restart(world, stack, promised)
  assert.equal(again.restored[0]?.at, 'up')
  await world.run(1_000)
  const answers = peer.responses(200, 'INVITE')
  assert.ok(answers.length >= 2, 'repeated until the ACK')
  assert.deepEqual(new TextDecoder().decode(answers[0]?.body), SDP_B)
  const third = await restart(world, again)
  await world.run(10)
  peer.send({ method: 'ACK', cseq: 1, toTag: peer.tagOf(200) })
  await world.run(10)
  assert.deepEqual(third.kinds, ['leg-confirmed'])
  const tags = new Set(peer.responses(200, 'INVITE').map((one) => one.headers.first('To')))
  assert.equal(tags.size, 1)
  third.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  world.stop()
})

test('an unanswered INVITE of ours is cancelled; a crossing 2xx is ACKed and ended', async () => {
  for (const crossing of [false, true]) {
    const { world, stack, peer, legId, invite } = await outgoing()
    peer.answer(invite, 180)
    await world.run(10)
    const again = await restart(world, stack)
    assert.equal(again.restored[0]?.at, 'dialing')
    await world.run(10)
    const cancel = peer.requests('CANCEL')[0]
    assert.equal(cancel?.headers.first('Via'), invite.headers.first('Via'))
    assert.equal(peer.requests('INVITE').length, 1)
    if (cancel !== undefined) peer.answer(cancel, 200)
    peer.answer(invite, crossing ? 200 : 487, crossing ? { body: SDP_B } : {})
    await world.run(10)
    assert.equal(peer.requests('ACK').length, 1)
    if (crossing) {
      const bye = peer.requests('BYE')[0]
      assert.ok(bye)
      peer.answer(bye, 200)
    }
    await world.run(40_000)
    assert.deepEqual(again.rows(), [])
    assert.equal(again.sip.size, 0)
    assert.deepEqual(again.kinds, [], `leg ${legId} is told by the call logic`)
    world.stop()
  }
})

test('an INVITE that nobody had heard is sent again, identically, and cancelled when it is heard', async () => {
  const { world, stack, peer, invite } = await outgoing()
  await restart(world, stack)
  await world.run(10)
  const second = peer.requests('INVITE').at(-1)
  assert.equal(second?.headers.first('Via'), invite.headers.first('Via'))
  assert.equal(peer.requests('CANCEL').length, 0)
  peer.answer(invite, 180)
  await world.run(10)
  assert.equal(peer.requests('CANCEL').length, 1)
  world.stop()
})

test('a 2xx whose ACK was lost with the process is ACKed by the next one, and again when repeated', async () => {
  const { world, stack, peer, legId, invite } = await outgoing()
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  const again = await restart(world, stack)
  assert.deepEqual(again.restored, [{ legId, at: 'up', remoteSdp: SDP_B }])
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 1)
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 2)
  assert.equal(peer.requests('BYE').length, 0)
  again.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  const cseq = Number(peer.requests('BYE')[0]?.headers.first('CSeq')?.split(' ')[0])
  assert.ok(cseq > 100, 'numbers that may have been used are left out')
  world.stop()
})

test('a probe asks a peer whether it knows the call; 481 and silence end it, other answers do not', async () => {
  for (const status of [200, 405, 481, 0]) {
    const { world, stack, peer, legId, invite } = await outgoing()
    peer.answer(invite, 200, { body: SDP_B })
    await world.run(10)
    stack.perform({ kind: 'confirm', legId })
    const again = await restart(world, stack)
    again.perform({ kind: 'probe', legId })
    await world.run(10)
    const options = peer.requests('OPTIONS')[0]
    assert.ok(options)
    if (status > 0) peer.answer(options, status)
    await world.run(33_000)
    const isDead = status === 481 || status === 0
    assert.deepEqual(again.kinds, isDead ? ['leg-lost'] : [])
    if (isDead) assert.equal(again.last('leg-lost').status, status === 0 ? 408 : 481)
    world.stop()
  }
})

for (const setMs of [10 * 365 * 86_400_000, 380_000, -10 * 365 * 86_400_000]) {
  const where = setMs > 0 ? 'on' : 'back'

  test(`C269: the clock was set ${where} (${setMs} ms) before a restart: a call whose peer refreshes it goes on, and ends when nobody does`, async () => {
    const world = new SipWorld()
    const stack = await world.stack('10.0.0.1')
    const peer = await world.peer('10.0.0.9')
    const lines = ['Session-Expires: 600;refresher=uac', 'Supported: timer']
    peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines })
    await world.run(10)
    const { legId } = stack.last('incoming-call')
    stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
    await world.run(10)
    peer.send({ method: 'ACK', cseq: 1, toTag: peer.tagOf(200) })
    await world.run(200_000)
    const rows = stack.rows()
    stack.sip.stop()
    world.time.setWall(setMs)
    const again = await world.stack('10.0.0.1', {}, rows)
    await world.run(101_000)
    peer.send({ method: 'UPDATE', cseq: 2, toTag: peer.tagOf(200), lines })
    await world.run(500_000)
    assert.deepEqual(again.kinds, [])
    await world.run(100_000)
    assert.deepEqual(again.kinds, ['leg-lost'], 'who does not refresh any more is given up')
    world.stop()
  })
}

test('a re-INVITE that is repeated over the restart is answered once, whether the former process had answered or not', async () => {
  for (const answered of [false, true]) {
    const { world, stack, peer, legId } = await incoming()
    stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
    await world.run(10)
    const toTag = peer.tagOf(200)
    peer.send({ method: 'ACK', cseq: 1, toTag })
    const branch = peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
    await world.run(10)
    if (answered) stack.perform({ kind: 'accept-offer', legId, sdp: SDP_B })
    const again = await restart(world, stack)
    const heard = peer.responses(200, 'INVITE').length
    peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C, branch })
    await world.run(10)
    assert.deepEqual(again.kinds, answered ? [] : ['leg-reoffered'], 'told once')
    if (!answered) again.perform({ kind: 'accept-offer', legId, sdp: SDP_B })
    await world.run(10)
    assert.equal(peer.responses(200, 'INVITE').length, heard + 1)
    peer.send({ method: 'ACK', cseq: 2, toTag, branch: 'z9hG4bK-ack-2' })
    await world.run(10)
    peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C, branch: 'z9hG4bK-another' })
    peer.send({ method: 'INFO', cseq: 2, toTag })
    await world.run(40_000)
    const refused = new Set(peer.responses(500).map((one) => one.headers.first('CSeq')))
    assert.deepEqual([...refused], ['2 INVITE', '2 INFO'], 'the number counts once')
    assert.equal(peer.responses(200, 'INVITE').length, heard + 1)
    assert.equal(again.kinds.includes('leg-lost'), false)
    world.stop()
  }
})

test('effects that are decided before the sockets are bound leave when they are', async () => {
  const { world, stack, peer, legId } = await incoming()
  stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
  await world.run(10)
  peer.send({ method: 'ACK', cseq: 1, toTag: peer.tagOf(200) })
  await world.run(10)
  const rows = stack.rows()
  stack.sip.stop()
  const { TestStack } = await import('../../../test/support/sip-world.ts')
  const next = new TestStack(world, '10.0.0.1', {})
  next.sip.durable.restore(rows)
  next.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 0)
  await next.sip.start()
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  next.sip.stop()
  world.stop()
})

test('a call whose TCP connection is gone waits for its peer, never goes over UDP, and gives up in the end', async () => {
  for (const comesBack of [true, false]) {
    const world = new SipWorld()
    const stack = await world.stack('10.0.0.1')
    const phones = world.net.streamsAt('10.0.0.9')
    const heard: string[] = []
    let tag: string | undefined
    const dial = () =>
      phones.connect({
        address: '10.0.0.1',
        port: 5060,
        timeoutMs: 1000,
        callbacks: {
          onData: (bytes) => heard.push(Buffer.from(bytes).toString()),
          onClose: () => undefined,
        },
      })
    const write = (line: { write(bytes: Uint8Array): unknown }, method: string, cseq: number) => {
      tag ??= /To: .*;tag=(\S+)/.exec(heard.join(''))?.[1]
      const body = method === 'INVITE' ? SDP_A : ''
      const text = [
        `${method} sip:+15550100@10.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bK-${method}-${cseq}`,
        'From: <sip:raw@far.test>;tag=raw',
        `To: <sip:+15550100@10.0.0.1>${tag === undefined ? '' : `;tag=${tag}`}`,
        'Call-ID: tcp-call',
        `CSeq: ${cseq} ${method}`,
        'Contact: <sip:raw@10.0.0.9:5070;transport=tcp>',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n')
      line.write(new TextEncoder().encode(text))
    }
    const first = await settled(world, dial())
    write(first, 'INVITE', 1)
    await world.run(50)
    const { legId } = stack.last('incoming-call')
    stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
    await world.run(50)
    write(first, 'ACK', 1)
    await world.run(50)
    const again = await restart(world, stack)
    const datagrams = await world.peer('10.0.0.9', 5070)
    heard.length = 0
    again.perform({ kind: 'probe', legId })
    await world.run(20_000)
    assert.deepEqual(again.kinds, [], 'it waits')
    if (comesBack) {
      const second = await settled(world, dial())
      write(second, 'INFO', 2)
      await world.run(50)
      assert.match(heard.join(''), /OPTIONS sip:raw@10\.0\.0\.9:5070/)
    } else {
      await world.run(80_000)
      assert.deepEqual(again.kinds, ['leg-lost'])
    }
    assert.equal(datagrams.received.length, 0)
    world.stop()
  }
})

/** What a promise gives when virtual time moves on for it. */
async function settled<T>(world: SipWorld, promise: Promise<T>): Promise<T> {
  await world.run(50)
  return promise
}
