// Faults of callees: a stack calls a hand-driven peer that breaks the rules.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegId } from '../../base/ids.ts'
import type { SipRequest } from '../message/types.ts'
import { SDP_A, SDP_B, SDP_C, SipWorld } from '../../../test/support/sip-world.ts'
import type { RawPeer, TestStack } from '../../../test/support/sip-world.ts'

interface Scene {
  readonly world: SipWorld
  readonly stack: TestStack
  readonly peer: RawPeer
  readonly leg: LegId
  readonly invite: SipRequest
}

async function scene(more: Parameters<TestStack['dial']>[1] = {}): Promise<Scene> {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1')
  const peer = await world.peer('10.0.0.9')
  const leg = stack.dial('sip:bob@10.0.0.9', more)
  await world.run(10)
  const invite = peer.requests('INVITE')[0]
  assert.ok(invite)
  return { world, stack, peer, leg, invite }
}

function confirmOnAnswer(stack: TestStack): void {
  stack.on = (input) => {
    if (input.kind === 'leg-accepted') stack.perform({ kind: 'confirm', legId: input.legId })
  }
}

test('RFC 3261 §13.2.2.4: a repeated 200 gets the ACK again, also after BYE', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  confirmOnAnswer(stack)
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 2)
  stack.perform({ kind: 'bye', legId: leg, headers: [] })
  await world.run(10)
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 3)
  assert.deepEqual(stack.kinds, ['leg-accepted'])
  world.stop()
})

test('RFC 3261 §13.2.2.4: the ACK follows the reversed Record-Route of the 200, nothing of the INVITE', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  const proxy = await world.peer('10.0.0.50')
  confirmOnAnswer(stack)
  peer.answer(invite, 200, {
    body: SDP_B,
    contact: '<sip:bob@10.9.9.9>',
    lines: ['Record-Route: <sip:10.0.0.51;lr>', 'Record-Route: <sip:10.0.0.50;lr>'],
  })
  await world.run(10)
  const ack = proxy.requests('ACK')[0]
  assert.ok(ack)
  assert.equal(ack.uri, 'sip:bob@10.9.9.9')
  assert.deepEqual(ack.headers.values('Route'), ['<sip:10.0.0.50;lr>', '<sip:10.0.0.51;lr>'])
  assert.equal(ack.headers.first('CSeq'), '1 ACK')
  stack.perform({ kind: 'bye', legId: leg, headers: [] })
  await world.run(10)
  assert.equal(proxy.requests('BYE').length, 1)
  world.stop()
})

test('RFC 3261 §13.2.2.4: a 200 whose Contact does not resolve is ACKed where the INVITE went', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  confirmOnAnswer(stack)
  peer.answer(invite, 200, { body: SDP_B, contact: '<sip:bob@desk.invalid>' })
  await world.run(10)
  assert.equal(peer.requests('ACK')[0]?.uri, 'sip:bob@desk.invalid')
  await world.run(60_000)
  assert.deepEqual(stack.kinds, ['leg-accepted'])
  stack.perform({ kind: 'bye', legId: leg, headers: [] })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  world.stop()
})

test('RFC 3261 §13.2.2.4: a 200 that cannot be ACKed is looked at again with each repetition; at last the call ends', async () => {
  for (const comesBack of [true, false]) {
    const { world, stack, peer, invite } = await scene()
    confirmOnAnswer(stack)
    // A proxy between us: where the INVITE went is no way around its name.
    const lines = ['Record-Route: <sip:proxy.invalid;lr>']
    const proxy = await world.peer('10.0.0.50')
    const answer = () => peer.answer(invite, 200, { body: SDP_B, lines })
    answer()
    await world.run(20_000)
    assert.deepEqual(stack.kinds, ['leg-accepted'], 'a resolver may be down for a moment')
    if (comesBack) stack.names.set('proxy.invalid', ['10.0.0.50'])
    answer()
    await world.run(20_000)
    assert.equal(proxy.requests('ACK').length, comesBack ? 1 : 0)
    assert.equal(peer.requests('ACK').length, 0)
    assert.equal(stack.kinds.includes('leg-lost'), !comesBack)
    if (!comesBack) {
      assert.equal(stack.last('leg-lost').status, 408)
      await world.run(40_000)
      assert.equal(stack.sip.size, 0)
    }
    world.stop()
  }
})

test('RFC 3261 §9.1: CANCEL waits for the first provisional', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  stack.perform({ kind: 'cancel', legId: leg })
  await world.run(400)
  assert.equal(peer.requests('CANCEL').length, 0)
  peer.answer(invite, 180)
  await world.run(10)
  assert.equal(peer.requests('CANCEL').length, 1)
  peer.answer(invite, 487)
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 487)
  world.stop()
})

test('RFC 3261 §9.1: a 200 that crosses CANCEL is ACKed and ended without an input', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  peer.answer(invite, 180)
  await world.run(10)
  stack.perform({ kind: 'cancel', legId: leg })
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 1)
  assert.equal(peer.requests('BYE').length, 1)
  assert.deepEqual(stack.kinds, [])
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('ACK').length, 2)
  await world.run(70_000)
  assert.equal(stack.sip.size, 0)
  world.stop()
})

test('RFC 3261 §9.1: CANCEL that is never followed by a final response ends after 64 T1', async () => {
  const { world, stack, peer, leg, invite } = await scene()
  peer.answer(invite, 180)
  await world.run(10)
  stack.perform({ kind: 'cancel', legId: leg })
  await world.run(33_000)
  assert.equal(stack.last('leg-refused').status, 487)
  world.stop()
})

test('RFC 3261 §13.2.2.4: five early dialogs, the first 200 wins, the second is ACKed and ended', async () => {
  const { world, stack, peer, invite } = await scene()
  confirmOnAnswer(stack)
  for (const tag of ['a', 'b', 'c', 'd', 'e']) peer.answer(invite, 183, { toTag: tag, body: SDP_B })
  await world.run(10)
  assert.equal(stack.inputs.filter((one) => one.kind === 'leg-progress').length, 5)
  peer.answer(invite, 200, { toTag: 'c', body: SDP_C })
  peer.answer(invite, 200, { toTag: 'd', body: SDP_B })
  peer.answer(invite, 200, { toTag: 'd', body: SDP_B })
  await world.run(10)
  assert.equal(stack.last('leg-accepted').sdp, SDP_C)
  assert.equal(stack.kinds.length, 1)
  const byes = peer.requests('BYE')
  assert.equal(byes.length, 1)
  assert.match(byes[0]?.headers.first('To') ?? '', /tag=d/)
  assert.equal(
    peer.requests('ACK').filter((one) => one.headers.first('To')?.includes('tag=d')).length,
    2,
  )
  world.stop()
})

test('RFC 3261 §16.7: a 200 after the final refusal of another fork is ACKed and ended', async () => {
  const { world, stack, peer, invite } = await scene()
  peer.answer(invite, 486, { toTag: 'a' })
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 486)
  peer.answer(invite, 200, { toTag: 'b', body: SDP_B })
  await world.run(10)
  assert.equal(peer.requests('BYE').length, 1)
  world.stop()
})

test('RFC 3262 §4: PRACK for reliable responses, in order, once; gaps and repeats get none', async () => {
  const { world, stack, peer, invite } = await scene()
  confirmOnAnswer(stack)
  peer.on = (request) => {
    if (request.method === 'PRACK') peer.answer(request, 200)
  }
  const reliable = (rseq: number): readonly string[] => ['Require: 100rel', `RSeq: ${rseq}`]
  peer.answer(invite, 183, { body: SDP_B, lines: reliable(7) })
  await world.run(10)
  peer.answer(invite, 183, { body: SDP_B, lines: reliable(7) })
  peer.answer(invite, 180, { lines: reliable(9) })
  await world.run(10)
  peer.answer(invite, 180, { lines: reliable(8) })
  await world.run(10)
  const racks = peer.requests('PRACK').map((one) => one.headers.first('RAck'))
  assert.deepEqual(racks, ['7 1 INVITE', '8 1 INVITE'])
  peer.answer(invite, 200)
  await world.run(10)
  assert.equal(stack.last('leg-accepted').sdp, SDP_B, 'the answer came in the reliable 183')
  assert.equal(peer.requests('ACK')[0]?.headers.first('CSeq'), '1 ACK')
  world.stop()
})

test('RFC 3261 §22.2: a challenge is answered once per realm, again when stale, and not a third way', async () => {
  const { world, stack, peer, invite } = await scene({
    credentials: { username: 'u', password: 'p' },
  })
  const challenge = (nonce: string, more = ''): readonly string[] => [
    `WWW-Authenticate: Digest realm="far", nonce="${nonce}", algorithm=SHA-512-256, qop="auth"`,
    `WWW-Authenticate: Digest realm="far", nonce="${nonce}", algorithm=MD5, qop="auth"${more}`,
  ]
  peer.answer(invite, 401, { lines: challenge('n1') })
  await world.run(10)
  const second = peer.requests('INVITE')[1]
  assert.ok(second)
  assert.match(
    second.headers.first('Authorization') ?? '',
    /nonce="n1".*algorithm=MD5.*nc=00000001/,
  )
  assert.equal(second.headers.first('CSeq'), '2 INVITE')
  assert.equal(second.headers.first('Call-ID'), invite.headers.first('Call-ID'))
  peer.answer(second, 401, { lines: challenge('n2', ', stale=true') })
  await world.run(10)
  const third = peer.requests('INVITE')[2]
  assert.ok(third)
  peer.answer(third, 401, { lines: challenge('n3') })
  await world.run(10)
  assert.equal(peer.requests('INVITE').length, 3)
  assert.equal(stack.last('leg-refused').status, 401)
  world.stop()
})

test('RFC 3261 §22.1: the ACK repeats the credentials of its INVITE, BYE brings its own', async () => {
  const { world, stack, peer, leg, invite } = await scene({
    credentials: { username: 'u', password: 'p' },
  })
  confirmOnAnswer(stack)
  peer.answer(invite, 407, {
    lines: ['Proxy-Authenticate: Digest realm="far", nonce="n1", qop="auth"'],
  })
  await world.run(10)
  const second = peer.requests('INVITE')[1]
  assert.ok(second)
  peer.answer(second, 200, { body: SDP_B })
  await world.run(10)
  const sent = second.headers.first('Proxy-Authorization')
  assert.equal(peer.requests('ACK').at(-1)?.headers.first('Proxy-Authorization'), sent)
  stack.perform({ kind: 'bye', legId: leg, headers: [] })
  await world.run(10)
  assert.match(peer.requests('BYE')[0]?.headers.first('Proxy-Authorization') ?? '', /nc=00000002/)
  world.stop()
})

test('RFC 4028 §7.3: 422 raises Min-SE and the INVITE is sent again', async () => {
  const { world, peer, invite } = await scene()
  assert.equal(invite.headers.first('Session-Expires'), '1800;refresher=uac')
  peer.answer(invite, 422, { lines: ['Min-SE: 3600'] })
  await world.run(10)
  const second = peer.requests('INVITE')[1]
  assert.equal(second?.headers.first('Min-SE'), '3600')
  assert.equal(second?.headers.first('Session-Expires'), '3600;refresher=uac')
  world.stop()
})

test('RFC 3261 §8.1.3.4: one redirect is followed where the API may call, and no other', async () => {
  const { world, stack, peer, invite } = await scene()
  const other = await world.peer('10.0.0.12')
  peer.answer(invite, 302, { contact: '<sip:bob@10.0.0.12>;q=0.5, <sip:bob@10.0.0.13>' })
  await world.run(10)
  const moved = other.requests('INVITE')[0]
  assert.ok(moved)
  assert.equal(moved.uri, 'sip:bob@10.0.0.12')
  assert.equal(moved.headers.first('To'), invite.headers.first('To'))
  other.answer(moved, 302, { contact: '<sip:bob@10.0.0.9>' })
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 302)
  const forbidden = await scene()
  forbidden.peer.answer(forbidden.invite, 302, { contact: '<sip:900123@203.0.113.5>' })
  await forbidden.world.run(10)
  assert.equal(forbidden.stack.last('leg-refused').status, 302)
  forbidden.world.stop()
  world.stop()
})

test('RFC 3261 §17.1.1.2: no answer of any kind is 408 and unheard', async () => {
  const { world, stack } = await scene()
  await world.run(33_000)
  const { status, unheard } = stack.last('leg-refused')
  assert.deepEqual([status, unheard], [408, true])
  world.stop()
})

test('RFC 3261 §12.2.1.2: 481 to a refresh ends the call without BYE, 500 lets it live', async () => {
  const { world, stack, peer, invite } = await scene()
  confirmOnAnswer(stack)
  peer.answer(invite, 200, {
    body: SDP_B,
    lines: ['Session-Expires: 90;refresher=uac', 'Allow: UPDATE'],
  })
  await world.run(45_100)
  const first = peer.requests('UPDATE')[0]
  assert.ok(first)
  peer.answer(first, 500)
  await world.run(11_300)
  assert.equal(stack.kinds.includes('leg-lost'), false)
  const second = peer.requests('UPDATE').at(-1)
  assert.ok(second)
  assert.notEqual(second.headers.first('CSeq'), first.headers.first('CSeq'))
  peer.answer(second, 481)
  await world.run(10)
  const { why, status } = stack.last('leg-lost')
  assert.deepEqual([why, status], ['dialog-gone', 481])
  assert.equal(peer.requests('BYE').length, 0)
  world.stop()
})

test('RFC 3261 §14.1: the owner of the Call-ID waits 2.1 to 4 s after 491', async () => {
  const { world, stack, peer, invite } = await scene()
  confirmOnAnswer(stack)
  peer.answer(invite, 200, {
    body: SDP_B,
    lines: ['Session-Expires: 90;refresher=uac', 'Allow: INVITE, BYE'],
  })
  await world.run(45_100)
  const first = peer.requests('INVITE').at(-1)
  assert.ok(first)
  assert.equal(new TextDecoder().decode(first.body), SDP_A, 'the same description as before')
  peer.answer(first, 491)
  await world.run(2_000)
  assert.equal(peer.requests('INVITE').at(-1), first)
  await world.run(2_100)
  assert.notEqual(peer.requests('INVITE').at(-1), first)
  world.stop()
})

test('RFC 3261 §13.2.2: a request of the callee before its 200 meets the early dialog', async () => {
  const { world, stack, peer, invite } = await scene()
  peer.answer(invite, 183, { toTag: 'early', body: SDP_B })
  await world.run(10)
  peer.callId = invite.headers.first('Call-ID') ?? ''
  peer.fromTag = 'early'
  const toTag = /;tag=(.*)$/.exec(invite.headers.first('From') ?? '')?.[1] ?? ''
  peer.send({ method: 'UPDATE', cseq: 1, toTag })
  peer.send({ method: 'UPDATE', cseq: 2, toTag, body: SDP_C })
  peer.send({ method: 'BYE', cseq: 3, toTag })
  peer.fromTag = 'unknown'
  peer.send({ method: 'INFO', cseq: 4, toTag })
  await world.run(10)
  assert.equal(peer.responses(200, 'UPDATE').length, 1)
  assert.equal(peer.responses(491, 'UPDATE').length, 1, 'our offer is out')
  assert.equal(peer.responses(481, 'BYE').length, 1)
  assert.equal(peer.responses(481, 'INFO').length, 1)
  assert.deepEqual(stack.kinds, [])
  world.stop()
})

test('RFC 6665 §4.1.3: NOTIFY without a REFER is 481, of another event 489', async () => {
  const { world, stack, peer, invite } = await scene()
  confirmOnAnswer(stack)
  peer.answer(invite, 200, { body: SDP_B })
  await world.run(10)
  peer.callId = invite.headers.first('Call-ID') ?? ''
  peer.fromTag = 'peertag'
  const toTag = /;tag=(.*)$/.exec(invite.headers.first('From') ?? '')?.[1] ?? ''
  peer.send({
    method: 'NOTIFY',
    cseq: 1,
    toTag,
    lines: ['Event: refer', 'Subscription-State: active'],
  })
  peer.send({
    method: 'NOTIFY',
    cseq: 2,
    toTag,
    lines: ['Event: dialog', 'Subscription-State: active'],
  })
  await world.run(10)
  assert.equal(peer.responses(481, 'NOTIFY').length, 1)
  assert.equal(peer.responses(489, 'NOTIFY').length, 1)
  world.stop()
})

test('RFC 3261 §13.2.2.4: a 2xx for a call that was forgotten is ended when it carries our signature', async () => {
  const { world, peer, invite } = await scene()
  world.stop()
  const fresh = new SipWorld(99)
  await fresh.stack('10.0.0.1')
  const again = await fresh.peer('10.0.0.9')
  again.answer(invite, 200, { body: SDP_B })
  await fresh.run(10)
  assert.equal(again.requests('ACK').length, 1)
  assert.equal(again.requests('BYE').length, 1)
  const from = invite.headers.first('From') ?? ''
  again.raw(
    [
      'SIP/2.0 200 OK',
      `Via: ${invite.headers.first('Via')}`,
      `From: ${from.replace(/tag=./, 'tag=!')}`,
      'To: <sip:x@y>;tag=t',
      `Call-ID: ${invite.headers.first('Call-ID')}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:${peer.address}>`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  )
  await fresh.run(10)
  assert.equal(again.requests('BYE').length, 1, 'no requests on behalf of strangers')
  fresh.stop()
})
