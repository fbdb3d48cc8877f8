// A store whose outcomes come later, or are unknown: commands wait, the network does not, and every entry ends once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, commands, leg, textOf, type CallLab } from '../../test/support/call-lab.ts'

async function queueOf(...names: readonly string[]): Promise<CallLab> {
  const lab = await callLab()
  for (const name of names) {
    await lab.caller(name)
    await lab.command(commands.enqueue(name))
  }
  await lab.agent('agent')
  lab.told()
  lab.store.holding = true
  return lab
}

test('commands on a claiming leg wait in order of arrival', async () => {
  const lab = await queueOf('ann')
  const leave = lab.submit(commands.leaveQueue('ann'))
  const again = lab.submit(commands.enqueue('ann'))
  const state = lab.submit(commands.clientState('ann'), { clientState: 'eA==' })
  await lab.run()
  assert.equal(lab.store.held.length, 1)
  assert.equal(lab.logic.call(leg('ann'))?.clientState, null)
  lab.store.release()
  await lab.run()
  lab.store.release()
  await lab.run()
  assert.deepEqual((await Promise.all([leave, again, state])).map(textOf), ['ok', 'ok', 'ok'])
  assert.deepEqual(lab.told(), ['call-dequeued ann support leave', 'call-enqueued ann support 1'])
})

test('the counterpart of a claiming leg waits as well', async () => {
  const lab = await queueOf('ann')
  lab.store.holding = false
  await lab.command(commands.bridgeQueue('agent'))
  lab.told()
  lab.store.holding = true
  const move = lab.submit(commands.enqueue('ann'))
  const other = lab.submit(commands.enqueue('agent', 'agents'))
  await lab.run()
  assert.equal(lab.store.held.length, 1)
  lab.store.release()
  await lab.run()
  assert.equal(textOf(await move), 'ok')
  assert.equal(textOf(await other), 'leg-ended')
})

test('BYE of the issuer during its claim: the caller is parked, not lost', async () => {
  const lab = await queueOf('ann')
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  await lab.hangsUp('agent')
  assert.deepEqual(lab.told(), [])
  lab.store.release()
  await lab.run()
  assert.equal(textOf(await answer), 'leg-ended')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support bridging-in-process',
    'leg-ended agent normal_clearing callee 200',
  ])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked')
})

for (const first of ['claim-head', 'end-entry'] as const) {
  test(`BYE of the claimed caller, ${first} known first: dequeued once, the next is taken`, async () => {
    const lab = await queueOf('ann', 'bob')
    const answer = lab.submit(commands.bridgeQueue('agent'))
    await lab.run()
    await lab.hangsUp('ann')
    assert.equal(lab.store.held.length, 2)
    lab.store.release(first)
    await lab.run()
    lab.store.release()
    await lab.run()
    while (lab.store.held.length > 0) {
      lab.store.release()
      await lab.run()
    }
    assert.equal(textOf(await answer), 'ok')
    assert.deepEqual(lab.told(), [
      'call-dequeued ann support hangup',
      'leg-ended ann normal_clearing caller 200',
      'call-dequeued bob support bridged',
      'leg-bridged bob',
      'leg-bridged agent',
    ])
    assert.equal(lab.logic.counts().queued, 0)
  })

  const second = first === 'claim-head' ? 'leave' : 'claim-head'
  const order = [first === 'end-entry' ? 'leave' : 'claim-head', second] as const
  test(`leave_queue crossing a claim, ${order[0]} known first: the claim was first, so bridged`, async () => {
    const lab = await queueOf('ann')
    const claim = lab.submit(commands.bridgeQueue('agent'))
    const leave = lab.submit(commands.leaveQueue('ann'))
    await lab.run()
    lab.store.release(order[0])
    await lab.run()
    lab.store.release(order[1])
    await lab.run()
    assert.deepEqual((await Promise.all([claim, leave])).map(textOf), ['ok', 'not-queued'])
    assert.deepEqual(lab.told(), [
      'call-dequeued ann support bridged',
      'leg-bridged ann',
      'leg-bridged agent',
    ])
  })

  test(`a move crossing a claim, ${first === 'claim-head' ? 'claim' : 'move'} known first: one end per stay`, async () => {
    const lab = await queueOf('ann', 'bob')
    const claim = lab.submit(commands.bridgeQueue('agent'))
    const move = lab.submit(commands.enqueue('ann', 'second'))
    await lab.run()
    lab.store.release(first === 'claim-head' ? 'claim-head' : 'enqueue')
    await lab.run()
    while (lab.store.held.length > 0) {
      lab.store.release()
      await lab.run()
    }
    assert.deepEqual((await Promise.all([claim, move])).map(textOf), ['ok', 'ok'])
    const told = lab.told()
    assert.equal(told.filter((line) => line.startsWith('call-dequeued ann support')).length, 1)
    assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
    const entry = await lab.memory.getEntry('second' as never, leg('ann'))
    assert.equal(entry?.position, 1)
  })
}

test('BYE during the enqueue: enqueued, dequeued(hangup), ended, each once', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.told()
  lab.store.holding = true
  void lab.submit(commands.enqueue('ann'))
  await lab.run()
  lab.bye('ann')
  lab.bye('ann')
  await lab.run()
  lab.store.release()
  await lab.run()
  lab.store.release()
  await lab.run()
  assert.deepEqual(lab.told(), [
    'queue-created support',
    'call-enqueued ann support 1',
    'call-dequeued ann support hangup',
    'leg-ended ann normal_clearing caller 200',
  ])
})

test('the peer hangs up while its counterpart is being enqueued: nobody is dragged along', async () => {
  const lab = await queueOf('ann')
  lab.store.holding = false
  await lab.command(commands.bridgeQueue('agent'))
  lab.told()
  lab.store.holding = true
  void lab.submit(commands.enqueue('ann'))
  await lab.run()
  await lab.hangsUp('agent')
  lab.store.release()
  await lab.run()
  assert.deepEqual(lab.told(), [
    'call-enqueued ann support 1',
    'leg-ended agent normal_clearing callee 200',
  ])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
})

for (const lost of [false, true]) {
  test(`an unknown outcome (${lost ? 'not ' : ''}executed) is repeated under the same id`, async () => {
    const lab = await queueOf('ann', 'bob')
    lab.store.holding = false
    lab.store.unknowns = 3
    lab.store.lost = lost
    const answer = lab.submit(commands.bridgeQueue('agent'))
    await lab.run()
    assert.deepEqual(lab.told(), [])
    await lab.advance(600)
    assert.equal(textOf(await answer), 'ok')
    assert.deepEqual(lab.told(), [
      'call-dequeued ann support bridged',
      'leg-bridged ann',
      'leg-bridged agent',
    ])
    assert.equal((await lab.memory.getQueue('support' as never))?.size, 1)
  })
}

test('max wait crossing a claim: bridged, and no timeout is told', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { maxWaitMs: 1_000 }))
  await lab.agent('agent')
  lab.told()
  lab.store.holding = true
  void lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  await lab.advance(1_000)
  lab.store.release('leave')
  await lab.run()
  lab.store.release()
  await lab.run()
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged agent',
  ])
})

test('a dialled leg answers while its partner is claiming: bridged when the store has spoken', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.dial('bob', { linkTo: leg('ann'), bridgeOnAnswer: true }))
  await lab.caller('full')
  await lab.command(commands.enqueue('full', 'small', { maxSize: 1 }))
  lab.told()
  lab.store.holding = true
  const refused = lab.submit(commands.enqueue('ann', 'small'))
  await lab.run()
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), ['leg-answered bob'])
  lab.store.release()
  await lab.run()
  assert.equal(textOf(await refused), 'queue-full')
  assert.deepEqual(lab.told(), ['leg-bridged ann', 'leg-bridged bob'])
})

test('a claim takes the dead place of a caller whose own end is not known yet: dequeued, ended, forgotten', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann', 'support', { keepAfterHangup: true }))
  await lab.agent('agent')
  lab.told()
  lab.store.holding = true
  await lab.hangsUp('ann')
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  lab.store.release('claim-head')
  await lab.run()
  assert.equal(textOf(await answer), 'kept-caller-gone')
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support bridging-in-process',
    'leg-ended ann normal_clearing caller 200',
  ])
  lab.store.release('end-entry')
  await lab.run()
  assert.deepEqual(lab.told(), [])
  assert.equal(lab.logic.counts().queued, 0)
})

test('BYE of the claimed caller when the issuer was queued itself: the issuer has left its queue and is bridged with the next', async () => {
  const lab = await queueOf('ann', 'bob')
  lab.store.holding = false
  await lab.command(commands.enqueue('agent', 'agents'))
  lab.told()
  lab.store.holding = true
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  await lab.hangsUp('ann')
  while (lab.store.held.length > 0) {
    lab.store.release()
    await lab.run()
  }
  assert.equal(textOf(await answer), 'ok')
  const told = lab.told()
  assert.equal(told.filter((line) => line.startsWith('call-dequeued agent')).length, 1)
  assert.deepEqual(
    told.filter((line) => line.startsWith('leg-bridged')),
    ['leg-bridged bob', 'leg-bridged agent'],
  )
  assert.equal(lab.logic.counts().queued, 0)
})

test('a leg dialled for a queued caller answers after an agent has claimed that caller: it bridges nobody', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  await lab.agent('agent')
  await lab.command(commands.dial('bob', { linkTo: leg('ann'), bridgeOnAnswer: true }))
  lab.told()
  lab.store.holding = true
  const answer = lab.submit(commands.bridgeQueue('agent'))
  await lab.run()
  await lab.accepts('bob')
  lab.store.release('claim-head')
  await lab.run()
  lab.store.release('leave')
  await lab.run()
  assert.equal(textOf(await answer), 'ok')
  assert.deepEqual(lab.told(), [
    'leg-answered bob',
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged agent',
  ])
  assert.equal(lab.logic.call(leg('bob'))?.state, 'parked')
})

test('a queued leg claims while a claim that has taken it is on its way: dequeued once, bridged, then moved on', async () => {
  const lab = await callLab()
  for (const [name, queue] of [
    ['ann', 'support'],
    ['bob', 'overflow'],
  ] as const) {
    await lab.caller(name)
    await lab.command(commands.enqueue(name, queue))
  }
  await lab.agent('agent')
  lab.told()
  lab.store.holding = true
  const first = lab.submit(commands.bridgeQueue('agent', 'support'))
  const second = lab.submit(commands.bridgeQueue('ann', 'overflow'))
  await lab.run()
  lab.store.held.reverse()
  lab.store.release()
  await lab.run()
  assert.deepEqual(lab.told(), [], 'first things first')
  lab.store.release()
  await lab.run()
  assert.deepEqual([textOf(await first), textOf(await second)], ['ok', 'ok'])
  assert.deepEqual(lab.told().slice(0, 6), [
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged agent',
    'call-dequeued bob overflow bridged',
    'leg-bridged bob',
    'leg-bridged ann',
  ])
  assert.equal(lab.logic.counts().queued, 0)
})

test('a call whose removal has no known outcome enters the line when that is known, and no sooner', async () => {
  const lab = await callLab()
  await lab.caller('bob')
  await lab.command(commands.enqueue('bob'))
  await lab.caller('ann')
  lab.told()
  // The first attempt is lost on its way; an enqueue that passed it would be taken back by the second one.
  lab.store.unknowns = 1
  lab.store.lost = true
  const remove = lab.submit(commands.remove('ann'))
  await lab.run()
  lab.store.holding = true
  const enqueue = lab.submit(commands.enqueue('ann'))
  await lab.advance(600)
  assert.equal(lab.store.held.length, 1, 'nothing passes the removal')
  lab.store.release('remove-entry')
  await lab.run()
  assert.deepEqual(lab.told(), [])
  lab.store.release('enqueue')
  await lab.run()
  assert.deepEqual((await Promise.all([enqueue, remove])).map(textOf), [
    'ok',
    'queued-call-unknown',
  ])
  assert.deepEqual(lab.told(), ['call-enqueued ann support 2'])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
})

test('commands that wait for a verb of the counterpart are answered when their own leg ends', async () => {
  const lab = await queueOf('ann', 'bob')
  void lab.submit(commands.bridgeQueue('agent'))
  void lab.submit(commands.bridgeQueue('ann'))
  await lab.run()
  // Bridged with ann, who is a claim's issuer herself.
  lab.store.release()
  await lab.run()
  const waits = lab.submit(commands.leaveQueue('agent'))
  await lab.run()
  await lab.hangsUp('agent')
  lab.store.release()
  await lab.run()
  assert.equal(textOf(await waits), 'leg-ended')
})

test('a caller who is claimed, moves and hangs up: each stay ends once, and so does the leg', async () => {
  const lab = await queueOf('ann')
  const claim = lab.submit(commands.bridgeQueue('agent'))
  const move = lab.submit(commands.enqueue('ann', 'second'))
  await lab.run()
  await lab.hangsUp('ann')
  lab.store.release('claim-head')
  await lab.run()
  while (lab.store.held.length > 0) {
    lab.store.release()
    await lab.run()
  }
  assert.deepEqual((await Promise.all([claim, move])).map(textOf), ['queue-empty', 'ok'])
  assert.deepEqual(lab.told(), [
    'call-dequeued ann support hangup',
    'queue-created second',
    'call-enqueued ann second 1',
    'call-dequeued ann second hangup',
    'leg-ended ann normal_clearing caller 200',
  ])
})
