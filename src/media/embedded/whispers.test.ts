// What is whispered is in no recording (C136, C146), by ear: what a recorder hears of a conference and of each call while a
// supervisor whispers, barges in, and whispers again.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, LegId } from '../../base/ids.ts'
import type { Supervisor } from '../../ports/media-engine.ts'
import { MediaWorld } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'
import { FrameRingReader, newFrameRing } from '../audio/frame-ring.ts'
import { classify } from '../audio/goertzel.ts'
import type { CodecName } from '../audio/codec.ts'

const room = brandAs<ConferenceId>('room')
const WINDOW = 800

/** Reads a ring as a recorder does; names what is on each channel in windows of 100 ms. */
class Recorded {
  readonly memory = newFrameRing(1024)
  readonly #reader = new FrameRingReader(this.memory)

  take(): { readonly inbound: readonly string[]; readonly outbound: readonly string[] } {
    const inbound: number[] = []
    const outbound: number[] = []
    while (this.#reader.read()) {
      inbound.push(...this.#reader.inbound)
      outbound.push(...this.#reader.outbound)
    }
    assert.equal(this.#reader.lost, 0)
    return { inbound: namesOf(inbound), outbound: namesOf(outbound) }
  }
}

/** Each different sound once, in order of appearance. */
function namesOf(samples: readonly number[]): readonly string[] {
  const names = new Set<string>()
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    const sound = classify(Int16Array.from(samples.slice(at, at + WINDOW)))
    if (sound.kind === 'tone') names.add(`tone ${sound.hz}`)
    else if (sound.kind === 'mix') {
      names.add(`mix ${sound.hz.map((hz) => Math.round(hz / 20) * 20).join('+')}`)
    } else names.add(sound.kind)
  }
  return [...names]
}

function recordLeg(world: MediaWorld, { legId }: Phone): Recorded {
  const recorded = new Recorded()
  const tap = { kind: 'ring', memory: recorded.memory } as const
  world.post({ op: 'tap-attach', legId, tapId: 'recording', tap })
  return recorded
}

function recordRoom(world: MediaWorld, first: Phone): Recorded {
  const recorded = new Recorded()
  const tap = { kind: 'ring', memory: recorded.memory } as const
  world.post({
    ...{ op: 'mix-tap-attach', conferenceId: room, first: first.legId, tapId: 'room', tap },
  } as const)
  return recorded
}

async function three(law: CodecName = 'PCMU') {
  const world = new MediaWorld()
  const agent = await world.call('agent', { hz: 500, law })
  const caller = await world.call('caller', { hz: 900 })
  const coach = await world.call('coach', { hz: 1700 })
  for (const phone of [agent, caller, coach]) phone.talk()
  return { world, agent, caller, coach }
}

function seat(world: MediaWorld, { legId }: Phone, only?: readonly LegId[]): void {
  world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true, only })
}

test('a conference: the whisper is in no recording of it or of its participants, barging in is', async () => {
  const { world, agent, caller, coach } = await three()
  seat(world, agent)
  seat(world, caller)
  seat(world, coach, [agent.legId])
  await world.run(500)
  const ofAll = recordRoom(world, caller)
  const ofAgent = recordLeg(world, agent)
  await world.run(2000)
  assert.deepEqual(agent.heard(1000, 2500), ['mix 900+1700'], 'the agent is whispered to')
  assert.deepEqual(ofAll.take(), { inbound: ['tone 900'], outbound: ['tone 500'] })
  const own = ofAgent.take()
  assert.ok(!own.outbound.join().includes('1700'), own.outbound.join())
  assert.ok(own.outbound.includes('tone 900'), own.outbound.join())
  // Said to everybody, and to the agent alone again.
  const legId = coach.legId
  const all = { kind: 'mix-set', conferenceId: room, legId, hears: true, heard: true } as const
  world.perform({ ...all, only: undefined })
  await world.run(1000)
  assert.ok(ofAll.take().outbound.includes('mix 500+1700'))
  assert.ok(ofAgent.take().outbound.includes('mix 900+1700'))
  world.perform({ ...all, only: [agent.legId] })
  await world.run(200)
  ofAll.take()
  ofAgent.take()
  await world.run(2000)
  assert.deepEqual(ofAll.take(), { inbound: ['tone 900'], outbound: ['tone 500'] })
  assert.deepEqual(ofAgent.take().outbound, ['tone 900'])
  await world.close(agent, caller, coach)
})

for (const law of ['PCMU', 'G722'] as const) {
  test(`a supervised bridge, ${law}: the recording of the agent has the caller without the whisper`, async () => {
    const { world, agent, caller, coach } = await three(law)
    const [a, b] = [agent.legId, caller.legId]
    const supervise = (role: Supervisor['role']): void => {
      const supervisors = [{ legId: coach.legId, target: a, role }]
      world.perform({ kind: 'supervise', a, b, supervisors })
    }
    world.perform({ kind: 'link', a, b, dtmfToA: true, dtmfToB: true })
    await world.run(500)
    const ofAgent = recordLeg(world, agent)
    const ofCaller = recordLeg(world, caller)
    await world.run(500)
    supervise('whisper')
    await world.run(2000)
    assert.deepEqual(agent.heard(1500, 3000), ['mix 900+1700'])
    const { inbound, outbound } = ofAgent.take()
    assert.ok(inbound.includes('tone 500'))
    assert.ok(!outbound.join().includes('1700'), outbound.join())
    assert.ok(outbound.includes('tone 900'), outbound.join())
    supervise('barge')
    await world.run(1000)
    assert.ok(ofAgent.take().outbound.includes('mix 900+1700'), 'what both hear is recorded')
    assert.ok(ofCaller.take().outbound.includes('mix 500+1700'))
    await world.close(agent, caller, coach)
  })
}
