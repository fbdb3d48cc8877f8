// Who hears whom in a conference and in a supervised bridge, measured: every phone has a tone of its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, LegId, PlaybackId } from '../../base/ids.ts'
import type { Supervisor } from '../../ports/media-engine.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'

const room = brandAs<ConferenceId>('room')

interface Pair {
  readonly world: MediaWorld
  readonly agent: Phone
  readonly caller: Phone
  readonly boss: Phone
}

/** An agent (500 Hz), a caller (900 Hz) and a supervisor (1700 Hz), all talking; the first two bridged for a second. */
async function bridgedPair(): Promise<Pair> {
  const world = new MediaWorld()
  const agent = await world.call('agent', { hz: 500 })
  const caller = await world.call('caller', { hz: 900, law: 'PCMA' })
  const boss = await world.call('boss', { hz: 1700 })
  for (const phone of [agent, caller, boss]) phone.talk()
  world.perform({ kind: 'link', a: agent.legId, b: caller.legId, dtmfToA: true, dtmfToB: true })
  await world.run(1000)
  return { world, agent, caller, boss }
}

function supervise({ world, agent, caller, boss }: Pair, role?: Supervisor['role']): void {
  const list = role === undefined ? [] : [{ legId: boss.legId, target: agent.legId, role }]
  world.perform({ kind: 'supervise', a: agent.legId, b: caller.legId, supervisors: list })
}

function join(world: MediaWorld, phone: Phone, hears = true, heard = true, only?: LegId[]): void {
  const { legId } = phone
  world.perform({ kind: 'mix-join', conferenceId: room, legId, hears, heard, only })
}

test('a monitor hears both sides of a bridge and is heard by nobody; the two are not touched', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  supervise(pair, 'monitor')
  await world.run(2000)
  assert.deepEqual(boss.heard(1200, 3000), ['mix 500+900'])
  assert.deepEqual(agent.heard(100, 3000), ['tone 900'])
  assert.deepEqual(caller.heard(100, 3000), ['tone 500'])
  // Not one packet of theirs was made by us: relayed as they came, markers at the first only.
  for (const phone of [agent, caller]) {
    phone.assertUnbroken(40)
    const marks = phone.received.filter(({ marker, atMs }) => marker && atMs > 100)
    assert.equal(marks.length, 0)
  }
  await world.close(agent, caller, boss)
})

test('whisper is heard by its target alone, barge by both, and the way back is clean: no gap anywhere', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  supervise(pair, 'whisper')
  await world.run(2000)
  supervise(pair, 'barge')
  await world.run(2000)
  supervise(pair, 'monitor')
  await world.run(2000)
  supervise(pair)
  await world.run(1000)
  assert.deepEqual(agent.heard(1400, 3000), ['mix 900+1700'])
  assert.deepEqual(caller.heard(200, 3000), ['tone 500'])
  assert.deepEqual(boss.heard(1400, 3000), ['mix 500+900'])
  assert.deepEqual(agent.heard(3400, 5000), ['mix 900+1700'])
  assert.deepEqual(caller.heard(3400, 5000), ['mix 500+1700'])
  assert.deepEqual(agent.heard(5200, 8000), ['tone 900'])
  assert.deepEqual(caller.heard(5200, 8000), ['tone 500'])
  assert.deepEqual(boss.heard(7200, 8000), ['silence'])
  for (const phone of [agent, caller]) {
    phone.assertUnbroken(40, 80)
    const sounds = phone.heard(200, 8000)
    assert.ok(!sounds.includes('silence'), `a gap in ${sounds.join()}`)
  }
  await world.close(agent, caller, boss)
})

test('who is spoken to hears it at once though the other side sends nothing', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  caller.mute()
  await world.run(500)
  supervise(pair, 'whisper')
  await world.run(1000)
  assert.deepEqual(agent.heard(1900, 2500), ['tone 1700'])
  await world.close(agent, caller, boss)
})

test('keys pass a bridge that is spoken into, once, and not where they are muted', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  supervise(pair, 'whisper')
  await world.run(500)
  const before = agent.received.length
  await caller.press(5)
  await world.run(500)
  const keys = agent.received.slice(before).filter(({ payloadType }) => payloadType === 101)
  assert.equal(new Set(keys.map(({ timestamp }) => timestamp)).size, 1)
  assert.equal(keys[0]?.payload[0], 5)
  assert.equal(world.inputsOf('media-dtmf').length, 1)
  await world.close(agent, caller, boss)
})

test('the bridge ends: its supervisor hears silence, and a new list for it changes nothing', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  supervise(pair, 'barge')
  await world.run(1000)
  world.perform({ kind: 'unlink', a: agent.legId, b: caller.legId })
  supervise(pair, 'barge')
  await world.run(1000)
  for (const phone of [agent, caller, boss]) assert.deepEqual(phone.heard(2100, 3000), ['silence'])
  await world.close(agent, caller, boss)
})

test('one side hangs up, or goes to a conference: nothing of the bridge is heard any more', async () => {
  const pair = await bridgedPair()
  const { world, agent, caller, boss } = pair
  supervise(pair, 'barge')
  await world.run(1000)
  join(world, agent)
  await world.run(1000)
  for (const phone of [agent, caller, boss]) assert.deepEqual(phone.heard(2100, 3000), ['silence'])
  world.perform({ kind: 'link', a: agent.legId, b: caller.legId, dtmfToA: true, dtmfToB: true })
  supervise(pair, 'whisper')
  await world.run(1000)
  world.perform({ kind: 'release', legId: caller.legId })
  await world.run(1000)
  assert.deepEqual(agent.heard(4200, 5000), ['silence'])
  assert.deepEqual(boss.heard(4200, 5000), ['silence'])
  await world.close(agent, caller, boss)
})

test('roles in a conference: the monitor is never heard, the whisperer by those it names', async () => {
  const world = new MediaWorld()
  const agent = await world.call('agent', { hz: 500 })
  const caller = await world.call('caller', { hz: 900 })
  const coach = await world.call('coach', { hz: 1700 })
  const spy = await world.call('spy', { hz: 2600 })
  join(world, agent)
  join(world, caller)
  // Named before it is there: it counts when it comes.
  join(world, coach, true, true, [agent.legId])
  join(world, spy, true, false)
  for (const phone of [agent, caller, coach, spy]) phone.talk()
  await world.run(2000)
  assert.deepEqual(agent.heard(200, 2000), ['mix 900+1700'])
  assert.deepEqual(caller.heard(200, 2000), ['tone 500'])
  assert.deepEqual(coach.heard(200, 2000), ['mix 500+900'])
  assert.deepEqual(spy.heard(200, 2000), ['mix 500+900'])
  await world.close(agent, caller, coach, spy)
})

test('a file for everybody is heard over the voices, is told once, and can be stopped; a beep is short', async () => {
  const world = new MediaWorld()
  world.audio.set('notice', toneClip(1300, 1000))
  const a = await world.call('a', { hz: 500 })
  const b = await world.call('b', { hz: 900 })
  join(world, a)
  join(world, b)
  a.talk()
  const playbackId = brandAs<PlaybackId>('p1')
  const audio = { kind: 'url', url: 'notice', cache: false } as const
  world.perform({ kind: 'mix-play', conferenceId: room, playbackId, audio, loops: 2 })
  await world.run(3000)
  assert.deepEqual(a.heard(200, 1900), ['tone 1300'])
  assert.deepEqual(b.heard(200, 1900), ['mix 500+1300'])
  assert.deepEqual(b.heard(2200, 3000), ['tone 500'])
  assert.equal(world.inputsOf('mix-playback-started').length, 1)
  assert.equal(world.inputsOf('mix-playback-ended').length, 1)
  world.perform({ kind: 'mix-play', conferenceId: room, playbackId, audio, loops: Infinity })
  await world.run(1000)
  world.perform({ kind: 'mix-stop', conferenceId: room, playbackId })
  await world.run(1000)
  assert.deepEqual(b.heard(4200, 5000), ['tone 500'])
  assert.equal(world.inputsOf('mix-playback-ended').length, 1, 'nobody is told of what was stopped')
  const missing = { kind: 'url', url: 'nothing', cache: false } as const
  world.perform({ kind: 'mix-play', conferenceId: room, playbackId, audio: missing, loops: 1 })
  await world.run(100)
  assert.equal(world.inputsOf('mix-playback-ended').at(-1)?.status, 'file_not_found')
  await world.close(a, b)
})

test('the floor goes to the loudest, at most once a second, and never to who is not heard by all', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 500 })
  const b = await world.call('b', { hz: 900 })
  const spy = await world.call('spy', { hz: 1700 })
  join(world, a)
  join(world, b)
  join(world, spy, true, false)
  spy.talk()
  await world.run(2000)
  assert.deepEqual(world.inputsOf('mix-floor'), [])
  a.talk()
  await world.run(3000)
  const holders = (): string[] => world.inputsOf('mix-floor').map(({ legId }) => legId)
  assert.deepEqual(holders(), ['a'])
  // As loud as the first: it keeps the floor.
  b.talk()
  await world.run(3000)
  assert.deepEqual(holders(), ['a'])
  a.mute()
  await world.run(3000)
  assert.deepEqual(holders(), ['a', 'b'])
  world.perform({ kind: 'mix-leave', conferenceId: room, legId: b.legId })
  await world.run(2000)
  join(world, b)
  await world.run(2000)
  assert.deepEqual(holders(), ['a', 'b', 'b'])
  await world.close(a, b, spy)
})
