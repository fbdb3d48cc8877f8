// Two stacks facing each other over a simulated network, in virtual time: whole calls, and the same calls under loss,
// duplication and reordering.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SDP_A, SDP_B, SDP_C, SipWorld } from '../../../test/support/sip-world.ts'
import type { TestStack } from '../../../test/support/sip-world.ts'

/** The engine of a side that answers every call and every offer. */
function answering(stack: TestStack, sdp = SDP_B): void {
  stack.on = (input) => {
    if (input.kind === 'incoming-call') {
      stack.perform({ kind: 'ring', legId: input.legId })
      stack.perform({
        kind: 'accept',
        legId: input.legId,
        sdp,
        headers: [{ name: 'X-Seat', value: '4' }],
      })
    }
    if (input.kind === 'leg-reoffered')
      stack.perform({ kind: 'accept-offer', legId: input.legId, sdp })
  }
}

function confirming(stack: TestStack): void {
  stack.on = (input) => {
    if (input.kind === 'leg-accepted') stack.perform({ kind: 'confirm', legId: input.legId })
  }
}

test('RFC 3261 §13: a call is offered, accepted, confirmed and ended by the caller', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  const leg = near.dial('sip:+15550199@10.0.0.2', {
    headers: [{ name: 'X-Ticket', value: '77' }],
    fromDisplayName: 'Ann "A" Smith',
  })
  await world.run(100)
  const call = far.last('incoming-call')
  assert.equal(call.from, '+15550100')
  assert.equal(call.to, '+15550199')
  assert.equal(call.fromDisplayName, 'Ann "A" Smith')
  assert.match(call.legId, /^v3:[A-Za-z0-9_-]{54}$/)
  assert.deepEqual(call.customHeaders, [{ name: 'X-Ticket', value: '77' }])
  assert.equal(call.sdp, SDP_A)
  assert.equal(near.last('leg-accepted').sdp, SDP_B)
  assert.deepEqual(near.last('leg-accepted').headers, [{ name: 'X-Seat', value: '4' }])
  near.perform({ kind: 'bye', legId: leg, headers: [], reason: 'SIP;cause=200;text="done"' })
  await world.run(100)
  assert.deepEqual(far.kinds, ['incoming-call', 'leg-confirmed', 'leg-bye'])
  assert.deepEqual(far.last('leg-bye').headers, [
    { name: 'Reason', value: 'SIP;cause=200;text="done"' },
  ])
  await world.run(40_000)
  assert.equal(near.sip.size + far.sip.size, 0, 'nothing is left')
  world.stop()
  assert.equal(world.time.pending, 0)
})

test('RFC 3261 §9: CANCEL before the answer ends both sides', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  const leg = near.dial('sip:bob@10.0.0.2')
  await world.run(10)
  far.perform({ kind: 'ring', legId: far.last('incoming-call').legId })
  await world.run(10)
  near.perform({ kind: 'cancel', legId: leg })
  await world.run(100)
  assert.deepEqual(far.kinds, ['incoming-call', 'leg-cancelled'])
  assert.equal(near.last('leg-refused').status, 487)
  await world.run(40_000)
  assert.equal(near.sip.size + far.sip.size, 0)
  world.stop()
})

test('RFC 3261 §13.3.1.3: a refusal carries status, Retry-After and safe headers only', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  near.dial('sip:bob@10.0.0.2')
  await world.run(10)
  far.perform({
    kind: 'refuse',
    legId: far.last('incoming-call').legId,
    status: 486,
    retryAfterSecs: 9,
    headers: [
      { name: 'X-Why', value: 'lunch' },
      { name: 'X-Bad', value: 'a\r\nVia: evil' },
      { name: 'Contact', value: '<sip:evil@10.6.6.6>' },
    ],
  })
  await world.run(10)
  assert.equal(near.last('leg-refused').status, 486)
  const sent = world.net.sent.find((one) => one.text.startsWith('SIP/2.0 486'))?.text ?? ''
  assert.match(sent, /Retry-After: 9\r\n/)
  assert.match(sent, /X-Why: lunch\r\n/)
  assert.doesNotMatch(sent, /evil/)
  assert.equal(far.metrics.values.get('holdfast_sip_headers_dropped_total'), 2)
  world.stop()
})

test('RFC 3261 §15: BYE glare: both sides end once, neither is told of a loss', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  const leg = near.dial('sip:bob@10.0.0.2')
  await world.run(100)
  near.perform({ kind: 'bye', legId: leg, headers: [] })
  far.perform({ kind: 'bye', legId: far.last('incoming-call').legId, headers: [] })
  await world.run(40_000)
  assert.deepEqual(near.kinds, ['leg-accepted'])
  assert.deepEqual(far.kinds, ['incoming-call', 'leg-confirmed'])
  assert.equal(near.sip.size + far.sip.size, 0)
  world.stop()
})

test('RFC 4028 §10: the caller refreshes at half time and the call outlives its interval', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  near.dial('sip:bob@10.0.0.2')
  await world.run(4 * 1800_000)
  const updates = world.net.sent.filter((one) => one.text.startsWith('UPDATE ')).length
  assert.equal(updates, 8)
  assert.deepEqual(far.kinds, ['incoming-call', 'leg-confirmed'])
  assert.deepEqual(near.kinds, ['leg-accepted'])
  world.stop()
})

test('RFC 4028 §10: the peer dies: the refresher loses the dialog, the other side its session', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  near.dial('sip:bob@10.0.0.2')
  await world.run(100)
  world.net.faults = { drop: 1, duplicate: 0, delayMinMs: 0, delayMaxMs: 0 }
  await world.run(1800_000)
  assert.equal(near.last('leg-lost').why, 'dialog-gone')
  assert.equal(far.last('leg-lost').why, 'session-expired')
  await world.run(40_000)
  assert.equal(near.sip.size + far.sip.size, 0)
  world.stop()
})

test('RFC 2976: a key goes over as INFO and is reported once', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  const leg = near.dial('sip:bob@10.0.0.2')
  await world.run(100)
  near.perform({ kind: 'send-dtmf-info', legId: leg, digit: '#', durationMs: 160 })
  await world.run(100)
  const { digit, durationMs } = far.last('leg-info-dtmf')
  assert.deepEqual([digit, durationMs], ['#', 160])
  world.stop()
})

test('RFC 3515: REFER is accepted, its progress and end are told', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  const leg = near.dial('sip:bob@10.0.0.2')
  await world.run(100)
  near.perform({
    kind: 'refer',
    legId: leg,
    target: 'sip:carol@10.0.0.3',
    headers: [],
    credentials: undefined,
  })
  await world.run(100)
  const farLeg = far.last('refer-received').legId
  assert.equal(far.last('refer-received').target, 'sip:carol@10.0.0.3')
  far.perform({ kind: 'refer-accept', legId: farLeg })
  await world.run(100)
  far.perform({ kind: 'refer-notify', legId: farLeg, status: 180 })
  far.perform({ kind: 'refer-notify', legId: farLeg, status: 200 })
  await world.run(100)
  const statuses = near.inputs.flatMap((one) => (one.kind === 'refer-progress' ? [one.status] : []))
  assert.deepEqual(statuses, [100, 180, 200])
  await world.run(70_000)
  assert.equal(
    near.inputs.filter((one) => one.kind === 'refer-progress').length,
    3,
    'the guard is quiet',
  )
  world.stop()
})

test('RFC 3515 §2.4.4: no final NOTIFY within 60 s is 408; a refused REFER its own status', async () => {
  const world = new SipWorld()
  const near = await world.stack('10.0.0.1')
  const far = await world.stack('10.0.0.2')
  answering(far)
  confirming(near)
  const leg = near.dial('sip:bob@10.0.0.2')
  await world.run(100)
  const refer = {
    kind: 'refer',
    legId: leg,
    target: 'sip:carol@10.0.0.3',
    headers: [],
    credentials: undefined,
  } as const
  near.perform(refer)
  await world.run(100)
  far.perform({ kind: 'refer-refuse', legId: far.last('refer-received').legId, status: 603 })
  await world.run(100)
  assert.equal(near.last('refer-progress').status, 603)
  near.perform(refer)
  await world.run(100)
  far.perform({ kind: 'refer-accept', legId: far.last('refer-received').legId })
  await world.run(61_000)
  assert.equal(near.last('refer-progress').status, 408)
  world.stop()
})

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
  test(`RFC 3261 §13, §15: a call over a bad network ends the same on both sides (seed ${seed})`, async () => {
    const world = new SipWorld(seed)
    const near = await world.stack('10.0.0.1')
    const far = await world.stack('10.0.0.2')
    answering(far, SDP_C)
    confirming(near)
    world.net.faults = { drop: 0.25, duplicate: 0.2, delayMinMs: 0, delayMaxMs: 900 }
    const leg = near.dial('sip:bob@10.0.0.2')
    await world.run(20_000)
    near.perform({ kind: 'bye', legId: leg, headers: [] })
    await world.run(150_000)
    const ends = new Set(['leg-bye', 'leg-lost', 'leg-cancelled'])
    const farEnds = far.kinds.filter((kind) => ends.has(kind)).length
    const calls = far.kinds.filter((kind) => kind === 'incoming-call').length
    assert.equal(calls, 1, 'retransmissions make no second call')
    assert.equal(farEnds, 1, `one end: ${far.kinds.join(' ')}`)
    assert.equal(near.sip.size + far.sip.size, 0, 'nothing is left')
    world.stop()
  })
}
