// Several destinations rung by one dial (C159): one winner whatever the order of things, and nobody else left.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  callLab,
  commands,
  dialOptions,
  freshLeg,
  leg,
  textOf,
  type CallLab,
} from '../../test/support/call-lab.ts'
import type { DialCommand, DialConference } from '../ports/commands.ts'
import type { SignalingInput } from '../ports/signaling.ts'
import { brandAs } from '../base/ids.ts'

const cancelled = (name: string): string => `leg-ended ${name} originator_cancel caller 487`

function ringAll(names: readonly string[], changes: Partial<DialCommand> = {}): DialCommand {
  const [first = '', ...rest] = names
  const dial = changes.dial ?? dialOptions({ to: `sip:${first}@test` })
  const others = rest.map((name) => ({
    fresh: freshLeg(name),
    to: `sip:${name}@test`,
    sendDigits: undefined,
  }))
  return commands.dial(first, { ...changes, dial, others })
}

async function ringing(changes: Partial<DialCommand> = {}): Promise<CallLab> {
  const lab = await callLab()
  await lab.caller('ann')
  assert.equal(await lab.command(ringAll(['bob', 'cid', 'dan'], changes)), 'ok')
  return lab
}

function refuses(lab: CallLab, name: string, status = 486): Promise<void> {
  return lab.input({
    ...{ kind: 'leg-refused', legId: leg(name), status, reason: '', unheard: false },
  })
}

const accepted = (name: string): SignalingInput => ({
  ...{ kind: 'leg-accepted', legId: leg(name), sdp: `answer ${name}`, headers: [] },
})

const invited = (lab: CallLab): readonly string[] =>
  lab.signals.flatMap((effect) => (effect.kind === 'invite' ? [effect.to] : []))

test('each destination is a leg with its own events, all in one session', async () => {
  const lab = await ringing()
  assert.deepEqual(invited(lab), ['sip:bob@test', 'sip:cid@test', 'sip:dan@test'])
  const own = ['leg-initiated bob', 'leg-initiated cid', 'leg-initiated dan']
  assert.deepEqual(lab.told().slice(-3), own)
  for (const name of ['bob', 'cid', 'dan']) {
    assert.equal(lab.logic.call(leg(name))?.sessionId, 'session-bob')
    assert.equal(lab.logic.call(leg(name))?.legUuid, `uuid-${name}`)
  }
})

test('the first answer wins, the others are cancelled in the same step', async () => {
  const lab = await ringing({ linkTo: leg('ann'), bridgeOnAnswer: true })
  lab.told()
  await lab.accepts('cid')
  assert.deepEqual(lab.told(), [
    'leg-answered cid',
    'leg-bridged ann',
    'leg-bridged cid',
    cancelled('bob'),
    cancelled('dan'),
  ])
  for (const name of ['bob', 'dan']) assert.equal(lab.signalled('cancel', name).length, 1)
  assert.equal(lab.signalled('cancel', 'cid').length, 0)
  assert.equal(lab.logic.counts().legs, 2)
})

test('two answers in one turn: one winner, the other is acknowledged and ended and was never a call', async () => {
  const lab = await ringing({ linkTo: leg('ann'), bridgeOnAnswer: true })
  lab.told()
  lab.deliver(accepted('dan'))
  lab.deliver(accepted('bob'))
  await lab.run()
  const told = lab.told()
  assert.deepEqual(
    told.filter((line) => line.startsWith('leg-answered')),
    ['leg-answered dan'],
  )
  assert.ok(told.includes(cancelled('bob')))
  for (const kind of ['confirm', 'bye'] as const) assert.equal(lab.signalled(kind, 'bob').length, 1)
  assert.equal(lab.signalled('bye', 'dan').length, 0)
  assert.equal(lab.logic.call(leg('ann'))?.state, 'bridged')
})

test('an answer long after the cancel is acknowledged and ended', async () => {
  const lab = await ringing()
  await lab.accepts('bob')
  await lab.advance(5_000)
  lab.told()
  await lab.accepts('dan')
  assert.deepEqual(lab.told(), [])
  for (const kind of ['confirm', 'bye'] as const) assert.equal(lab.signalled(kind, 'dan').length, 1)
})

test('all refuse: each has its own end, and nothing is left', async () => {
  const lab = await ringing({ linkTo: leg('ann'), bridgeOnAnswer: true })
  lab.told()
  await refuses(lab, 'cid', 486)
  await refuses(lab, 'bob', 404)
  await refuses(lab, 'dan', 603)
  assert.deepEqual(lab.told(), [
    'leg-ended cid user_busy callee 486',
    'leg-ended bob not_found callee 404',
    'leg-ended dan call_rejected callee 603',
  ])
  assert.equal(lab.logic.counts().legs, 1)
  assert.equal(lab.signals.filter(({ kind }) => kind === 'cancel').length, 0)
  assert.equal(lab.logic.call(leg('ann'))?.alive, true)
})

test('timeout_secs ends all of them', async () => {
  const lab = await ringing({ retryOnTimeout: false })
  lab.told()
  await lab.advance(31_000)
  assert.deepEqual(lab.told(), [
    'leg-ended bob no_answer caller 487',
    'leg-ended cid no_answer caller 487',
    'leg-ended dan no_answer caller 487',
  ])
})

test('a hang-up ends that one alone; the rest ring on, and one may still win', async () => {
  const lab = await ringing()
  lab.told()
  await lab.command(commands.hangup('bob'))
  assert.deepEqual(lab.told(), [cancelled('bob')])
  await lab.accepts('dan')
  assert.deepEqual(lab.told(), ['leg-answered dan', cancelled('cid')])
  assert.equal(lab.logic.call(leg('dan'))?.state, 'parked')
})

test('the linked caller hangs up: they ring on, and the first answer is parked, as with one destination', async () => {
  const lab = await ringing({ linkTo: leg('ann'), bridgeOnAnswer: true })
  await lab.hangsUp('ann')
  lab.told()
  await lab.accepts('cid')
  assert.deepEqual(lab.told(), ['leg-answered cid', cancelled('bob'), cancelled('dan')])
  assert.equal(lab.logic.call(leg('cid'))?.state, 'parked')
})

test('an answer without SDP is no winner', async () => {
  const lab = await ringing()
  lab.told()
  await lab.input({ kind: 'leg-accepted', legId: leg('bob'), sdp: undefined, headers: [] })
  assert.deepEqual(lab.told(), ['leg-ended bob unspecified unknown unspecified'])
  assert.equal(lab.logic.call(leg('cid'))?.state, 'dialing')
  await lab.accepts('cid')
  assert.deepEqual(lab.told(), ['leg-answered cid', cancelled('dan')])
})

test('one of them cannot be dialled: refused before anybody rings', async () => {
  const lab = await callLab({ settings: { callsMax: 2 } })
  assert.equal(await lab.command(ringAll(['bob', 'cid', 'dan'])), 'unavailable')
  assert.deepEqual([lab.told(), lab.signals], [[], []])
  assert.equal(await lab.command(ringAll(['bob', 'cid'])), 'ok')
})

test('the same command_id gives the same calls; nobody is rung twice', async () => {
  const lab = await callLab()
  const once = lab.submit(ringAll(['bob', 'cid']), { commandId: 'once' })
  const again = lab.submit(ringAll(['eve', 'fay']), { commandId: 'once' })
  await lab.run()
  const value = (await once).ok && (await once)
  assert.deepEqual(await again, value)
  assert.equal(textOf(await once), 'ok')
  assert.equal(invited(lab).length, 2)
})

test('what is played and pressed at the answer, and the time limit, are of the winner alone', async () => {
  const audio = { kind: 'url', url: 'http://127.0.0.1/hello.wav', cache: true } as const
  const dial = dialOptions({ to: 'sip:bob@test', audio, timeLimitMs: 60_000 })
  const lab = await ringing({ dial })
  await lab.accepts('cid')
  const played = lab.media.flatMap((one) => (one.kind === 'play' ? [one.legId] : []))
  assert.deepEqual(played, ['cid'])
  lab.told()
  await lab.advance(61_000)
  assert.ok(lab.told().includes('leg-ended cid time_limit unknown unspecified'))
})

test('conference_config: early media of one at a time, and the winner alone joins', async () => {
  const { options, participantId } = commands.conferenceJoin('bob', 'room')
  const joins: DialConference = {
    ...{ by: 'name', conference: 'room', conferenceId: brandAs('c'), participantId },
    ...{ earlyMedia: true, startOnCreate: true, participantsMax: 10, beep: 'never', options },
  }
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.conferenceCreate('ann', 'room'))
  await lab.command(ringAll(['bob', 'cid', 'dan'], { joins }))
  for (const name of ['bob', 'cid']) {
    await lab.input({ kind: 'leg-progress', legId: leg(name), status: 183, sdp: `early ${name}` })
  }
  const mixed = (): readonly string[] =>
    lab.media.flatMap((one) => (one.kind === 'mix-join' ? [one.legId] : []))
  assert.deepEqual(mixed(), ['ann', 'bob'])
  await refuses(lab, 'bob')
  await lab.input({ kind: 'leg-progress', legId: leg('cid'), status: 183, sdp: 'early cid' })
  assert.deepEqual(mixed(), ['ann', 'bob', 'cid'])
  lab.told()
  await lab.accepts('dan')
  const told = ['leg-answered dan', 'participant-joined dan', cancelled('cid')]
  assert.deepEqual(lab.told(), told)
})

test('a loser whose end waits for the store does not become a call when it answers', async () => {
  const lab = await ringing()
  await lab.command(commands.enqueue('ann'))
  lab.store.holding = true
  // The bridge holds both: ann leaves her queue for bob, who rings.
  void lab.submit(commands.bridge('ann', 'bob'))
  await lab.run()
  await lab.accepts('cid')
  lab.told()
  await lab.accepts('bob')
  assert.deepEqual(lab.told(), [])
  for (const kind of ['confirm', 'bye'] as const) assert.equal(lab.signalled(kind, 'bob').length, 1)
  lab.store.holding = false
  lab.store.release()
  await lab.run()
  assert.deepEqual(lab.told(), ['call-dequeued ann support bridging-in-process', cancelled('bob')])
})

for (const isWinnerOnDisk of [false, true]) {
  const what = isWinnerOnDisk ? 'after the first answer' : 'while all ring'
  test(`a crash ${what}: ${isWinnerOnDisk ? 'the winner goes on' : 'all end'}, once`, async () => {
    const before = await ringing()
    if (isWinnerOnDisk) await before.accepts('cid')
    const up = { legId: leg('cid'), at: 'up', remoteSdp: undefined } as const
    const dialing = ['bob', 'dan'].map((name) => ({
      ...up,
      legId: leg(name),
      at: 'dialing' as const,
    }))
    const lab = await callLab({
      from: before,
      dialogs: isWinnerOnDisk ? [up, ...dialing] : dialing,
    })
    const lost = (name: string): string => `leg-ended ${name} unspecified unknown unspecified`
    const ends = lab.told().filter((line) => !line.includes('ann'))
    assert.deepEqual(ends, isWinnerOnDisk ? [] : ['bob', 'cid', 'dan'].map(lost))
    assert.equal(lab.logic.counts().legs, isWinnerOnDisk ? 1 : 0)
    // An answer that the former process never heard.
    await lab.accepts('dan')
    assert.deepEqual(lab.told(), [])
    for (const kind of ['confirm', 'bye'] as const)
      assert.equal(lab.signalled(kind, 'dan').length, 1)
  })
}
