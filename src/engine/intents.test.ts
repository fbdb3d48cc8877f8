// Pending bridges: made on answer, cancelled by whatever moves a leg.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, commands, leg, type CallLab } from '../../test/support/call-lab.ts'

async function callerAndDialled(): Promise<CallLab> {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.dial('bob'))
  lab.told()
  return lab
}

test('bridge with a dialling leg: ringback, then the bridge when it answers', async () => {
  const lab = await callerAndDialled()
  const bridge = commands.bridge('ann', 'bob', { playRingtone: true, ringtone: 'de' })
  assert.equal(await lab.command(bridge), 'ok')
  assert.deepEqual(lab.media.at(-1), {
    kind: 'hear',
    legId: 'ann',
    source: { kind: 'ringback', country: 'de' },
  })
  assert.deepEqual(lab.told(), [])
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), ['leg-answered bob', 'leg-bridged bob', 'leg-bridged ann'])
  await lab.hangsUp('bob')
  assert.equal(lab.logic.call(leg('ann'))?.alive, false)
})

test('C7: a queued issuer leaves at once, bridging-in-process; a failed attempt leaves it parked', async () => {
  const lab = await callerAndDialled()
  await lab.command(commands.enqueue('ann'))
  lab.told()
  assert.equal(await lab.command(commands.bridge('ann', 'bob')), 'ok')
  assert.deepEqual(lab.told(), ['call-dequeued ann support bridging-in-process'])
  const refused = { kind: 'leg-refused', legId: leg('bob'), status: 486, reason: '' } as const
  await lab.input({ ...refused, unheard: false })
  assert.deepEqual(lab.told(), ['leg-ended bob user_busy callee 486'])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked')
  assert.deepEqual(lab.media.at(-1), { kind: 'hear', legId: 'ann', source: { kind: 'silence' } })
})

test('bridge_on_answer: the caller keeps its place until the answer', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  const dial = commands.dial('bob', { linkTo: leg('ann'), bridgeOnAnswer: true })
  await lab.command(dial)
  assert.equal(lab.logic.call(leg('bob'))?.sessionId, 'session-ann')
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
  lab.told()
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), [
    'leg-answered bob',
    'call-dequeued ann support bridged',
    'leg-bridged ann',
    'leg-bridged bob',
  ])
})

test('bridge_on_answer for several: the first answer wins, the others answer unbridged', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  for (const name of ['bob', 'cid']) {
    await lab.command(commands.dial(name, { linkTo: leg('ann'), bridgeOnAnswer: true }))
  }
  await lab.accepts('cid')
  lab.told()
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), ['leg-answered bob'])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'bridged')
})

test('bridge_on_answer with prevent_double_bridge hangs the new call up', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.agent('busy')
  const dial = { linkTo: leg('ann'), bridgeOnAnswer: true, preventDoubleBridge: true }
  await lab.command(commands.dial('bob', dial))
  await lab.command(commands.bridge('busy', 'ann'))
  lab.told()
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), ['leg-answered bob'], 'the bridge of ann cancelled the intent')
  const again = await callLab()
  await again.caller('ann')
  await again.agent('busy')
  await again.command(commands.bridge('busy', 'ann'))
  await again.command(commands.dial('bob', dial))
  again.told()
  await again.accepts('bob')
  assert.deepEqual(again.told(), [
    'leg-answered bob',
    'leg-ended bob normal_clearing caller unspecified',
  ])
})

test('bridge_intent: the new leg shows the linked caller', async () => {
  const lab = await callLab()
  await lab.caller('ann', { from: '+15557777' })
  await lab.command(commands.dial('bob', { linkTo: leg('ann'), bridgeIntent: true }))
  const invite = lab.signals.find(({ kind }) => kind === 'invite')
  assert.equal(invite?.kind === 'invite' && invite.from, '+15557777')
})

test('a command that moves the waiting leg cancels; the answer bridges nobody', async () => {
  const lab = await callerAndDialled()
  await lab.command(commands.bridge('ann', 'bob'))
  await lab.command(commands.enqueue('ann'))
  await lab.accepts('bob')
  assert.ok(!lab.told().some((line) => line.startsWith('leg-bridged')))
  assert.equal(lab.logic.call(leg('ann'))?.state, 'queued')
  assert.equal(lab.logic.call(leg('bob'))?.state, 'parked')
})

test('leave_queue and max wait do not cancel', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  await lab.command(commands.dial('bob', { linkTo: leg('ann'), bridgeOnAnswer: true }))
  await lab.command(commands.leaveQueue('ann'))
  await lab.accepts('bob')
  assert.equal(lab.logic.call(leg('ann'))?.state, 'bridged')
})

test('the end of the waiting leg cancels; the dialled one goes on', async () => {
  const lab = await callerAndDialled()
  await lab.command(commands.bridge('ann', 'bob'))
  await lab.hangsUp('ann')
  assert.equal(lab.logic.call(leg('bob'))?.state, 'dialing')
  await lab.accepts('bob')
  assert.equal(lab.logic.call(leg('bob'))?.state, 'parked')
})

test('a bridge that leaves a bridge for a dialling leg releases the old peer at once', async () => {
  const lab = await callerAndDialled()
  await lab.agent('old')
  await lab.command(commands.bridge('ann', 'old'))
  lab.told()
  await lab.command(commands.bridge('ann', 'bob'))
  assert.deepEqual(lab.told(), ['leg-ended old normal_clearing caller unspecified'])
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked')
})
