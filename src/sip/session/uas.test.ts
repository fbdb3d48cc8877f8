// Faults of callers: a hand-driven peer calls a stack and breaks the rules.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SDP_A, SDP_B, SDP_C, SipWorld } from '../../../test/support/sip-world.ts'
import type { RawPeer, TestStack } from '../../../test/support/sip-world.ts'

interface Scene {
  readonly world: SipWorld
  readonly stack: TestStack
  readonly peer: RawPeer
  /** Answers the call and returns the To tag. */
  answer(): Promise<string>
  /** A confirmed call's To tag. */
  call(lines?: readonly string[]): Promise<string>
}

async function scene(): Promise<Scene> {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  const answer = async (): Promise<string> => {
    const { legId } = stack.last('incoming-call')
    stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
    await world.run(10)
    return peer.tagOf(200)
  }
  const call = async (lines: readonly string[] = []): Promise<string> => {
    peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines })
    await world.run(10)
    const toTag = await answer()
    peer.send({ method: 'ACK', cseq: 1, toTag })
    await world.run(10)
    return toTag
  }
  return { world, stack, peer, answer, call }
}

test('RFC 3261 §13.3.1.4: an ACK lost for ever: the 2xx is repeated T1 to T2, then BYE and no-ack', async () => {
  const { world, stack, peer, answer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  await answer()
  await world.run(31_000)
  // 0, 0.5, 1.5, 3.5, 7.5, 11.5 … s
  assert.equal(peer.responses(200, 'INVITE').length, 10)
  assert.equal(stack.kinds.includes('leg-lost'), false)
  await world.run(2_000)
  assert.equal(stack.last('leg-lost').why, 'no-ack')
  assert.ok(peer.requests('BYE').length > 0)
  await world.run(64_000)
  assert.equal(stack.sip.size, 0)
  world.stop()
})

test('RFC 3261 §15: BYE of the engine waits for the ACK', async () => {
  const { world, stack, peer, answer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const toTag = await answer()
  stack.perform({ kind: 'bye', legId: stack.last('incoming-call').legId, headers: [] })
  await world.run(3_000)
  assert.equal(peer.requests('BYE').length, 0)
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  assert.equal(stack.kinds.includes('leg-confirmed'), false, 'the engine has ended the leg')
  world.stop()
})

test('RFC 3261 §15.1.2: BYE before the ACK ends the call and its repeats', async () => {
  const { world, stack, peer, answer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const toTag = await answer()
  peer.send({ method: 'BYE', cseq: 2, toTag })
  await world.run(10)
  assert.deepEqual(stack.kinds, ['incoming-call', 'leg-bye'])
  const repeats = peer.responses(200, 'INVITE').length
  await world.run(40_000)
  assert.equal(peer.responses(200, 'INVITE').length, repeats)
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(40_000)
  assert.equal(stack.sip.size, 0)
  world.stop()
})

test('RFC 3261 §9.2: CANCEL after 200 has no effect', async () => {
  const { world, stack, peer, answer } = await scene()
  const branch = peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const toTag = await answer()
  peer.send({ method: 'CANCEL', cseq: 1, branch })
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'CANCEL').length, 1)
  assert.deepEqual(stack.kinds, ['incoming-call', 'leg-confirmed'])
  world.stop()
})

test('RFC 3261 §17.2.1: who gave up before our refusal left is answered once, with 487', async () => {
  const { world, stack, peer } = await scene()
  const branch = peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  peer.send({ method: 'CANCEL', cseq: 1, branch })
  await world.run(10)
  const { legId } = stack.last('incoming-call')
  stack.perform({ kind: 'refuse', legId, status: 480 })
  await world.run(10)
  assert.deepEqual(stack.kinds, ['incoming-call', 'leg-cancelled'])
  assert.ok(peer.responses(487, 'INVITE').length > 0)
  assert.equal(peer.responses(480).length, 0)
  assert.equal(stack.metrics.values.get('holdfast_sip_late_effects_total{effect=refuse}'), 1)
  await world.run(40_000)
  assert.equal(stack.sip.size, 0)
  world.stop()
})

test('RFC 3261 §15: BYE on the early dialog gives the call up', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  stack.perform({ kind: 'ring', legId: stack.last('incoming-call').legId })
  await world.run(10)
  peer.send({ method: 'BYE', cseq: 2, toTag: peer.tagOf(180) })
  await world.run(10)
  assert.deepEqual(stack.kinds, ['incoming-call', 'leg-cancelled'])
  assert.equal(peer.responses(200, 'BYE').length, 1)
  assert.equal(peer.responses(487, 'INVITE').length, 1)
  world.stop()
})

test('RFC 3261 §13.3.1.1: 180 is repeated every 60 s', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  stack.perform({ kind: 'ring', legId: stack.last('incoming-call').legId })
  await world.run(185_000)
  assert.equal(peer.responses(180).length, 4)
  world.stop()
})

test('RFC 3261 §13.3.1.4: an offer in our 200 is answered in the ACK', async () => {
  const { world, stack, peer, answer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1 })
  await world.run(10)
  assert.equal(stack.last('incoming-call').sdp, undefined)
  const toTag = await answer()
  peer.send({ method: 'ACK', cseq: 1, toTag, body: SDP_C })
  await world.run(10)
  assert.equal(stack.last('leg-confirmed').sdp, SDP_C)
  world.stop()
})

test('RFC 3264 §4: a description in the ACK of an INVITE that had an offer is ignored', async () => {
  const { world, stack, peer, answer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  const toTag = await answer()
  peer.send({ method: 'ACK', cseq: 1, toTag, body: SDP_C })
  await world.run(10)
  assert.equal(stack.last('leg-confirmed').sdp, undefined)
  world.stop()
})

test('RFC 3261 §12.2.2: an out-of-order CSeq is 500, an unknown dialog 481', async () => {
  const { world, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INFO', cseq: 5, toTag })
  peer.send({ method: 'INFO', cseq: 4, toTag })
  peer.send({ method: 'BYE', cseq: 9, toTag: 'nobody' })
  await world.run(10)
  assert.equal(peer.responses(200, 'INFO').length, 1)
  assert.equal(peer.responses(500, 'INFO').length, 1)
  assert.equal(peer.responses(481, 'BYE').length, 1)
  world.stop()
})

test('RFC 3261 §14.2: re-INVITE moves the remote target and brings a new description', async () => {
  const { world, stack, peer, call } = await scene()
  const elsewhere = await world.peer('10.0.0.10')
  const toTag = await call()
  const { legId } = stack.last('incoming-call')
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C, contact: '<sip:10.0.0.10:5060>' })
  await world.run(10)
  assert.equal(stack.last('leg-reoffered').sdp, SDP_C)
  stack.perform({ kind: 'accept-offer', legId, sdp: SDP_B })
  await world.run(10)
  peer.send({ method: 'ACK', cseq: 2, toTag })
  stack.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  assert.equal(elsewhere.requests('BYE').length, 1)
  assert.equal(peer.requests('BYE').length, 0)
  world.stop()
})

test('RFC 3261 §14.2: a second INVITE while one is pending gets 500 with Retry-After', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  peer.send({ method: 'INVITE', cseq: 3, toTag, body: SDP_B })
  await world.run(10)
  const refusal = peer.responses(500, 'INVITE')[0]
  const seconds = Number(refusal?.headers.first('Retry-After'))
  assert.ok(seconds >= 0 && seconds <= 10)
  stack.perform({ kind: 'refuse-offer', legId: stack.last('incoming-call').legId, status: 488 })
  await world.run(10)
  assert.equal(peer.responses(488, 'INVITE').length, 1)
  peer.send({ method: 'INFO', cseq: 4, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'INFO').length, 1, 'the call goes on')
  world.stop()
})

test('RFC 4028 §8: a re-INVITE with the same description is a refresh that the engine never sees', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_A })
  await world.run(10)
  assert.equal(stack.kinds.includes('leg-reoffered'), false)
  const answers = peer.responses(200, 'INVITE')
  assert.equal(new TextDecoder().decode(answers.at(-1)?.body), SDP_B)
  peer.send({ method: 'ACK', cseq: 2, toTag })
  await world.run(40_000)
  assert.equal(stack.kinds.includes('leg-lost'), false)
  world.stop()
})

test('RFC 3261 §14.1: re-INVITE without an offer: ours goes in the 200, the answer comes in the ACK', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INVITE', cseq: 2, toTag })
  await world.run(10)
  assert.equal(stack.last('leg-reoffered').sdp, undefined)
  stack.perform({ kind: 'accept-offer', legId: stack.last('incoming-call').legId, sdp: SDP_B })
  await world.run(10)
  peer.send({ method: 'ACK', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  assert.equal(stack.last('leg-reanswered').sdp, SDP_C)
  world.stop()
})

test('RFC 3261 §15.1.1: a BYE that a later request has overtaken ends the call all the same', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INFO', cseq: 5, toTag })
  await world.run(10)
  peer.send({ method: 'BYE', cseq: 4, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'BYE').length, 1)
  assert.equal(stack.last('leg-bye').legId, stack.last('incoming-call').legId)
  world.stop()
})

test('RFC 3261 §15.1.2: BYE during a re-INVITE: 200 to it and 487 to the INVITE', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  peer.send({ method: 'BYE', cseq: 3, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'BYE').length, 1)
  assert.equal(peer.responses(487, 'INVITE').length, 1)
  stack.perform({ kind: 'accept-offer', legId: stack.last('incoming-call').legId, sdp: SDP_B })
  assert.equal(stack.metrics.values.get('holdfast_sip_late_effects_total'), 1)
  world.stop()
})

test('RFC 3261 §13.3.1.4: a re-INVITE whose 2xx is never ACKed ends the call', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  stack.perform({ kind: 'accept-offer', legId: stack.last('incoming-call').legId, sdp: SDP_B })
  await world.run(33_000)
  assert.equal(stack.last('leg-lost').why, 'no-ack')
  assert.ok(peer.requests('BYE').length > 0)
  world.stop()
})

test('RFC 3311 §5.2: UPDATE with an offer asks the engine, without one it is answered here', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'UPDATE', cseq: 2, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'UPDATE').length, 1)
  peer.send({ method: 'UPDATE', cseq: 3, toTag, body: SDP_C })
  await world.run(10)
  stack.perform({ kind: 'accept-offer', legId: stack.last('leg-reoffered').legId, sdp: SDP_B })
  await world.run(10)
  assert.equal(peer.responses(200, 'UPDATE').length, 2)
  world.stop()
})

test('RFC 4028 §9: an interval below 90 s is 422 with Min-SE, a fair one is granted', async () => {
  const { world, stack, peer } = await scene()
  peer.send({
    method: 'INVITE',
    cseq: 1,
    body: SDP_A,
    lines: ['Session-Expires: 60', 'Supported: timer'],
  })
  await world.run(10)
  assert.equal(peer.responses(422)[0]?.headers.first('Min-SE'), '90')
  assert.deepEqual(stack.kinds, [])
  world.stop()
})

test('RFC 4028 §10: the caller refreshes; when it stops, the call ends shortly before the interval', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call(['Session-Expires: 90;refresher=uac', 'Supported: timer'])
  assert.equal(peer.responses(200)[0]?.headers.first('Session-Expires'), '90;refresher=uac')
  await world.run(45_000)
  peer.send({
    method: 'UPDATE',
    cseq: 2,
    toTag,
    lines: ['Session-Expires: 90;refresher=uac', 'Supported: timer'],
  })
  await world.run(59_000)
  assert.equal(stack.kinds.includes('leg-lost'), false)
  await world.run(2_000)
  assert.equal(stack.last('leg-lost').why, 'session-expired')
  assert.ok(peer.requests('BYE').length > 0)
  world.stop()
})

test('RFC 3261 §14.1: glare: 491 while our refresh is out; refused with 491 it is sent again later', async () => {
  const { world, stack, peer, call } = await scene()
  // No UPDATE in Allow: the refresh is a re-INVITE.
  const toTag = await call([
    'Session-Expires: 90;refresher=uas',
    'Supported: timer',
    'Allow: INVITE, ACK, BYE',
  ])
  await world.run(45_000)
  const refreshes = peer.requests('INVITE')
  assert.equal(refreshes.length, 1)
  peer.send({ method: 'INVITE', cseq: 2, toTag, body: SDP_C })
  await world.run(10)
  assert.equal(peer.responses(491, 'INVITE').length, 1)
  const first = refreshes[0]
  assert.ok(first)
  peer.answer(first, 491)
  // We do not own the Call-ID: 0 to 2 s.
  await world.run(2_100)
  assert.equal(new Set(peer.requests('INVITE').map((one) => one.headers.first('CSeq'))).size, 2)
  const second = peer.requests('INVITE').at(-1)
  assert.ok(second)
  peer.answer(second, 200, { body: SDP_A, lines: ['Session-Expires: 90;refresher=uac'] })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 2, 'one for the 491, one for the 200')
  assert.equal(stack.kinds.includes('leg-lost'), false)
  world.stop()
})

test('RFC 3262 §3: a required 100rel: 180 repeated until PRACK, the 200 after it', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines: ['Require: 100rel'] })
  await world.run(10)
  const { legId } = stack.last('incoming-call')
  stack.perform({ kind: 'progress', legId, sdp: SDP_B })
  stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
  await world.run(1_600)
  assert.equal(peer.responses(183).length, 3)
  assert.equal(peer.responses(200, 'INVITE').length, 0)
  const rseq = peer.responses(183)[0]?.headers.first('RSeq')
  const toTag = peer.tagOf(183)
  peer.send({ method: 'PRACK', cseq: 2, toTag, lines: [`RAck: ${Number(rseq) + 5} 1 INVITE`] })
  await world.run(10)
  assert.equal(peer.responses(481, 'PRACK').length, 1)
  peer.send({ method: 'PRACK', cseq: 3, toTag, lines: [`RAck: ${rseq} 1 INVITE`] })
  await world.run(10)
  assert.equal(peer.responses(200, 'PRACK').length, 1)
  assert.equal(peer.responses(200, 'INVITE').length, 1)
  assert.equal(peer.responses(200, 'INVITE')[0]?.body.length, 0, 'the reliable 183 was the answer')
  world.stop()
})

test('RFC 3262 §3: PRACK never comes: repeats for 64 T1, then 5xx and no-prack', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines: ['Require: 100rel'] })
  await world.run(10)
  stack.perform({ kind: 'ring', legId: stack.last('incoming-call').legId })
  await world.run(31_900)
  assert.equal(peer.responses(180).length, 7)
  assert.equal(stack.kinds.includes('leg-lost'), false)
  await world.run(200)
  assert.equal(stack.last('leg-lost').why, 'no-prack')
  assert.ok(peer.responses(504, 'INVITE').length > 0)
  world.stop()
})

test('RFC 6086 §4.1: INFO before the 200 is answered and reports no key', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A })
  await world.run(10)
  stack.perform({ kind: 'ring', legId: stack.last('incoming-call').legId })
  await world.run(10)
  const toTag = peer.tagOf(180)
  peer.send({ method: 'INFO', cseq: 2, toTag, body: '5', contentType: 'application/dtmf' })
  await world.run(10)
  assert.equal(peer.responses(200, 'INFO').length, 1)
  assert.equal(stack.kinds.includes('leg-info-dtmf'), false)
  world.stop()
})

test('RFC 2976: INFO with a foreign body is 415, with a broken one 400', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'INFO', cseq: 2, toTag, body: '<xml/>', contentType: 'application/xml' })
  peer.send({
    method: 'INFO',
    cseq: 3,
    toTag,
    body: 'Signal=\r\n',
    contentType: 'application/dtmf-relay',
  })
  peer.send({
    method: 'INFO',
    cseq: 4,
    toTag,
    body: 'Signal= 11\r\nDuration= 80\r\n',
    contentType: 'application/dtmf-relay',
  })
  await world.run(10)
  assert.equal(peer.responses(415).length, 1)
  assert.equal(peer.responses(400).length, 1)
  assert.equal(stack.last('leg-info-dtmf').digit, '#')
  world.stop()
})

test('RFC 3891 §3: Replaces: unknown dialog 481, a confirmed one 603', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  const oldCall = peer.callId
  peer.callId = 'second-call'
  peer.send({
    method: 'INVITE',
    cseq: 1,
    body: SDP_A,
    lines: ['Replaces: nothing;to-tag=a;from-tag=b'],
  })
  await world.run(10)
  assert.equal(peer.responses(481, 'INVITE').length, 1)
  peer.callId = 'third-call'
  const replaces = `Replaces: ${oldCall};to-tag=${toTag};from-tag=${peer.fromTag}`
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, lines: [replaces] })
  await world.run(10)
  assert.equal(peer.responses(603, 'INVITE').length, 1)
  assert.equal(stack.kinds.filter((kind) => kind === 'incoming-call').length, 1)
  world.stop()
})

test('RFC 4488 §4: a REFER with Refer-Sub: false gets no NOTIFY; one without Refer-To is 400', async () => {
  const { world, stack, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'REFER', cseq: 2, toTag })
  peer.send({
    method: 'REFER',
    cseq: 3,
    toTag,
    lines: ['Refer-To: <sip:c@10.0.0.3>', 'Refer-Sub: false'],
  })
  await world.run(10)
  assert.equal(peer.responses(400, 'REFER').length, 1)
  const { legId } = stack.last('refer-received')
  stack.perform({ kind: 'refer-accept', legId })
  stack.perform({ kind: 'refer-notify', legId, status: 200 })
  await world.run(1_000)
  assert.equal(peer.responses(202, 'REFER')[0]?.headers.first('Refer-Sub'), 'false')
  assert.equal(peer.requests('NOTIFY').length, 0)
  world.stop()
})

test('RFC 3261 §12.2.1.1: requests follow the Record-Route, strict routers take the Request-URI', async () => {
  for (const loose of [true, false]) {
    const { world, stack, peer, call } = await scene()
    const proxy = await world.peer('10.0.0.50')
    await call([`Record-Route: <sip:10.0.0.50${loose ? ';lr' : ''}>, <sip:10.0.0.51;lr>`])
    assert.match(
      peer.responses(200)[0]?.headers.values('Record-Route').join() ?? '',
      /10\.0\.0\.50/,
    )
    stack.perform({ kind: 'bye', legId: stack.last('incoming-call').legId, headers: [] })
    await world.run(10)
    const bye = proxy.requests('BYE')[0]
    assert.ok(bye)
    if (loose) {
      assert.equal(bye.uri, 'sip:10.0.0.9:5060')
      assert.deepEqual(bye.headers.values('Route'), ['<sip:10.0.0.50;lr>', '<sip:10.0.0.51;lr>'])
    } else {
      assert.equal(bye.uri, 'sip:10.0.0.50')
      assert.deepEqual(bye.headers.values('Route'), ['<sip:10.0.0.51;lr>', '<sip:10.0.0.9:5060>'])
    }
    world.stop()
  }
})

test('RFC 3581 §4: a caller behind a NAT is reached where its INVITE came from', async () => {
  const { world, stack, peer } = await scene()
  peer.raw(
    [
      'INVITE sip:+15550100@10.0.0.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bKnat;rport',
      'From: <sip:u@far.test>;tag=n',
      'To: <sip:+15550100@10.0.0.1>',
      'Call-ID: nat-call',
      'CSeq: 1 INVITE',
      'Contact: <sip:u@192.168.1.5:5060>',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  )
  await world.run(10)
  const { legId } = stack.last('incoming-call')
  stack.perform({ kind: 'accept', legId, sdp: SDP_B, headers: [] })
  await world.run(10)
  peer.callId = 'nat-call'
  peer.fromTag = 'n'
  peer.send({ method: 'ACK', cseq: 1, toTag: peer.tagOf(200), body: SDP_A })
  await world.run(10)
  stack.perform({ kind: 'bye', legId, headers: [] })
  await world.run(10)
  assert.equal(peer.requests('BYE')[0]?.uri, 'sip:u@192.168.1.5:5060')
  world.stop()
})

test('RFC 3261 §8.1.1.8: an INVITE without Contact is 400, an empty description is no offer', async () => {
  const { world, stack, peer } = await scene()
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, contact: '' })
  await world.run(10)
  assert.equal(peer.responses(400).length, 1)
  assert.deepEqual(stack.kinds, [])
  peer.callId = 'empty'
  peer.send({ method: 'INVITE', cseq: 1, lines: ['Content-Type: application/sdp'] })
  await world.run(10)
  assert.equal(stack.last('incoming-call').sdp, undefined)
  world.stop()
})

test('RFC 3261 §11.2: OPTIONS is answered inside and outside a dialog', async () => {
  const { world, peer, call } = await scene()
  const toTag = await call()
  peer.send({ method: 'OPTIONS', cseq: 2, toTag })
  peer.callId = 'ping'
  peer.send({ method: 'OPTIONS', cseq: 1 })
  await world.run(10)
  const answers = peer.responses(200, 'OPTIONS')
  assert.equal(answers.length, 2)
  for (const name of ['Allow', 'Accept', 'Supported'])
    assert.ok(answers[1]?.headers.has(name), name)
  world.stop()
})

test('RFC 3261 §12.2.1.1: a Contact whose name does not resolve: the peer is reached where it was heard', async () => {
  const { world, stack, peer, answer } = await scene()
  const contact = '<sip:phone@desk.invalid>'
  peer.on = (request) => {
    if (request.method !== 'ACK') peer.answer(request, 200, { contact })
  }
  peer.send({ method: 'INVITE', cseq: 1, body: SDP_A, contact, lines: ['Allow: UPDATE'] })
  await world.run(10)
  const toTag = await answer()
  peer.send({ method: 'ACK', cseq: 1, toTag })
  await world.run(1_000_000)
  assert.ok(peer.requests('UPDATE').length > 0, 'our refresh came')
  assert.equal(stack.kinds.includes('leg-lost'), false)
  stack.perform({ kind: 'bye', legId: stack.last('incoming-call').legId, headers: [] })
  await world.run(40_000)
  assert.equal(peer.requests('BYE').length, 1)
  assert.equal(peer.requests('BYE')[0]?.uri, 'sip:phone@desk.invalid')
  assert.equal(stack.sip.size, 0)
  world.stop()
})
