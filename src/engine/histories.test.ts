// Random histories: commands and network inputs in any order, outcomes late or unknown. Whatever happens, no invariant
// breaks, every stay in a queue ends exactly once, every told leg ends exactly once, and nothing is left over.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallLab, commands, leg } from '../../test/support/call-lab.ts'
import { SeededRandom } from '../../test/support/virtual.ts'
import type { Command } from '../ports/commands.ts'

const HISTORIES = 60
const STEPS = 80
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const

interface World {
  readonly lab: CallLab
  readonly random: SeededRandom
  born: number
  names: string[]
}

function pick<T>(random: SeededRandom, list: readonly T[]): T | undefined {
  return list[random.below(list.length)]
}

function anyCommand(world: World): Command | undefined {
  const { random, names } = world
  const one = pick(random, names)
  const two = pick(random, names)
  if (one === undefined || two === undefined) return undefined
  const queue = pick(random, ['support', 'second']) ?? 'support'
  const linkTo = leg(two)
  const choices: readonly (() => Command)[] = [
    () => commands.answer(one),
    () =>
      commands.enqueue(one, queue, {
        maxWaitMs: random.below(2) === 0 ? undefined : 3_000,
        keepAfterHangup: random.below(3) === 0,
      }),
    () => commands.leaveQueue(one),
    () => commands.bridgeQueue(one, queue, { parkAfterUnbridge: random.below(2) === 0 }),
    () => commands.bridge(one, two, { playRingtone: true }),
    () => commands.hangup(one),
    () => commands.keep(one, random.below(2) === 0, queue),
    () => commands.remove(one, queue),
    () => commands.play(one),
    () => commands.transfer(one, bear(world), { parkAfterUnbridge: random.below(2) === 0 }),
    () => commands.conferenceCreate(one, 'room'),
    () => commands.conferenceJoin(one, 'room'),
    () => (random.below(4) === 0 ? commands.conferenceEnd('room') : commands.hangup(two)),
    () => commands.dial(bear(world), { linkTo, bridgeOnAnswer: random.below(2) === 0 }),
  ]
  return pick(random, choices)?.()
}

function bear(world: World): string {
  world.born += 1
  const name = `${NAMES[world.born % NAMES.length] ?? 'x'}${world.born}`
  world.names = [...world.names.slice(-7), name]
  return name
}

async function anyStep(world: World): Promise<void> {
  const { lab, random } = world
  const name = pick(random, world.names)
  switch (random.below(16)) {
    case 0: {
      const caller = bear(world)
      await lab.rings(caller)
      if (random.below(8) > 0) void lab.submit(commands.answer(caller))
      return
    }
    case 6: {
      const agent = bear(world)
      void lab.submit(commands.dial(agent, {}))
      await lab.run()
      lab.deliver({ kind: 'leg-accepted', legId: leg(agent), sdp: 'x', headers: [] })
      return
    }
    case 1:
      if (name !== undefined) lab.bye(name)
      return
    case 2:
      if (name !== undefined) {
        lab.deliver({ kind: 'leg-accepted', legId: leg(name), sdp: 'x', headers: [] })
      }
      return
    case 3:
      lab.store.holding = random.below(2) === 0
      lab.store.unknowns = random.below(8) === 0 ? 1 : 0
      lab.store.lost = random.below(2) === 0
      return
    case 4:
      if (lab.store.held.length > 0) lab.store.release()
      await lab.run()
      return
    case 5:
      await lab.advance(random.below(1_500))
      return
    default: {
      const command = anyCommand(world)
      if (command !== undefined) void lab.submit(command)
      if (random.below(2) === 0) await lab.run()
    }
  }
}

async function letAllEnd(lab: CallLab, names: readonly string[]): Promise<void> {
  lab.store.holding = false
  lab.store.unknowns = 0
  for (let i = 0; i < 40 && lab.store.held.length > 0; i++) {
    lab.store.release()
    await lab.run()
  }
  await lab.advance(1_000)
  for (const name of names) lab.bye(name)
  await lab.run()
  await lab.advance(200_000)
}

function check(lab: CallLab, seed: number): void {
  const stays = new Map<string, number>()
  const lives = new Map<string, number>()
  for (const { event } of lab.stamped) {
    const id = 'leg' in event ? event.leg.legId : ''
    if (event.type === 'call-enqueued') stays.set(id, (stays.get(id) ?? 0) + 1)
    if (event.type === 'call-dequeued') stays.set(id, (stays.get(id) ?? 0) - 1)
    if (event.type === 'leg-initiated') lives.set(id, (lives.get(id) ?? 0) + 1)
    if (event.type === 'leg-ended') lives.set(id, (lives.get(id) ?? 0) - 1)
  }
  for (const [id, open] of lives) assert.equal(open, 0, `seed ${seed}: ${id} ends once`)
  const faults = lab.log.lines.filter(({ level }) => level === 'error')
  assert.deepEqual(faults, [], `seed ${seed}: no broken invariant`)
  const nothing = { legs: 0, queued: 0, bridges: 0, conferences: 0 }
  assert.deepEqual(lab.logic.counts(), nothing, `seed ${seed}: nothing is left over`)
  for (const [id, open] of stays) {
    assert.ok(open === 0 || open === 1, `seed ${seed}: ${id} has ${open} open stays`)
  }
}

test('random histories keep every promise', async () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const world: World = { lab: new CallLab(), random: new SeededRandom(seed), born: 0, names: [] }
    const { lab } = world
    await lab.logic.start()
    const everybody = new Set<string>()
    for (let step = 0; step < STEPS; step++) {
      await anyStep(world)
      for (const name of world.names) everybody.add(name)
    }
    await letAllEnd(lab, [...everybody])
    check(lab, seed)
    const open = new Map<string, number>()
    for (const { event } of lab.stamped) {
      if (event.type !== 'call-enqueued' && event.type !== 'call-dequeued') continue
      const step = event.type === 'call-enqueued' ? 1 : -1
      open.set(event.leg.legId, (open.get(event.leg.legId) ?? 0) + step)
    }
    let kept = 0
    for (const queue of ['support', 'second']) {
      kept += (await lab.memory.getQueue(queue as never))?.size ?? 0
    }
    const owed = [...open.values()].reduce((sum, one) => sum + one, 0)
    assert.equal(owed, kept, `seed ${seed}: open stays are exactly the kept entries`)
  }
})
