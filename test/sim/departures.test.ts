// Who is left by a peer must be hung up, unless it was promised to stay or has left before, which no event says. The events are those of the real call
// logic; a caller who is lost is one whose end is kept from the model.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { LegId } from '../../src/base/ids.ts'
import { laneOf } from '../../src/engine/lane-counters.ts'
import type { Command } from '../../src/ports/commands.ts'
import { Bench, id } from '../support/engine-bench.ts'
import { stamp } from '../support/events.ts'
import { EventModel } from './checkers.ts'

const leftAlone = /was left by its peer and nobody hung it up/

class Watched {
  readonly bench = new Bench({
    checkDestination: (to) => (to === 'sip:nowhere' ? 'forbidden-host' : undefined),
  })
  readonly model = new EventModel({ ordered: true, isKept: () => false })
  readonly #numbers = new Map<LegId, number>()
  readonly #asked = new Map<number, Command>()
  #seen = 0
  #sequence = 0

  ask(command: Command): void {
    this.model.asked(command)
    this.#asked.set(this.bench.submit(command), command)
  }

  /** Tells the events since the last turn, without the ends of whom nobody hangs up, and then the answers. */
  turn(...lost: readonly string[]): void {
    for (const event of this.bench.told.slice(this.#seen)) {
      this.#seen += 1
      if (event.type === 'leg-ended' && lost.some((name) => id(name) === event.leg.legId)) continue
      const lane = laneOf(event)
      const legSequence = lane === undefined ? undefined : (this.#numbers.get(lane) ?? 0) + 1
      if (lane !== undefined) this.#numbers.set(lane, legSequence ?? 0)
      this.#sequence += 1
      this.model.take(stamp(event, this.#sequence, { legSequence }))
    }
    this.model.endTurn()
    for (const [token, command] of this.#asked) {
      if (!this.bench.answers.has(token)) continue
      this.#asked.delete(token)
      this.model.answered(command, this.bench.answers.get(token))
    }
  }

  /** `a` waits; an agent's bridge with it is being decided by the store. */
  claimed(parkAfterUnbridge: boolean): void {
    const { bench } = this
    bench.parked('a', 'agent')
    bench.enqueue('a')
    this.turn()
    bench.holdStore = true
    this.ask(bench.bridgeCommand('agent', 'a', parkAfterUnbridge))
  }

  /** The store decides, and what waited for it is carried out with it. */
  decided(): void {
    this.bench.holdStore = false
    this.bench.release()
    this.turn()
  }
}

test('a transfer that waited for a bridge excuses the leg: it was carried out after it', () => {
  const watched = new Watched()
  const { bench } = watched
  watched.claimed(false)
  watched.ask(bench.transferCommand('a', 'b'))
  watched.decided()
  assert.equal(bench.state('agent'), 'ended')
  assert.equal(bench.state('a'), 'parked')
})

test('so does a bridge with somebody who rings; the old peer was promised to stay and ends later', () => {
  const watched = new Watched()
  const { bench } = watched
  bench.parked('x')
  bench.ok(bench.transferCommand('x', 'b'))
  watched.claimed(true)
  watched.ask(bench.bridgeCommand('a', 'b'))
  watched.decided()
  assert.equal(bench.state('agent'), 'parked')
  bench.bye('agent')
  watched.turn()
  assert.equal(bench.state('a'), 'parked')
})

test('a transfer that was refused excuses nobody', () => {
  const watched = new Watched()
  const { bench } = watched
  watched.claimed(false)
  watched.decided()
  const transfer = bench.transferCommand('a', 'b')
  assert.ok(transfer.kind === 'transfer')
  watched.ask({ ...transfer, dial: { ...transfer.dial, to: 'sip:nowhere' } })
  watched.turn()
  bench.bye('agent')
  assert.throws(() => watched.turn('a'), leftAlone)
})

test('nor does a bridge that was refused', () => {
  const watched = new Watched()
  const { bench } = watched
  watched.claimed(false)
  watched.decided()
  watched.ask(bench.bridgeCommand('a', 'a'))
  watched.turn()
  bench.bye('agent')
  assert.throws(() => watched.turn('a'), leftAlone)
})

test('a bridge that was carried out excuses until the next one', () => {
  const watched = new Watched()
  const { bench } = watched
  bench.parked('x')
  bench.ok(bench.transferCommand('x', 'b'))
  watched.claimed(false)
  watched.ask(bench.bridgeCommand('a', 'b'))
  watched.decided()
  bench.parked('other')
  watched.ask(bench.bridgeCommand('other', 'a'))
  watched.turn()
  bench.bye('other')
  assert.throws(() => watched.turn('a'), leftAlone)
})

test('a transfer excuses until the new leg is bridged', () => {
  const watched = new Watched()
  const { bench } = watched
  watched.claimed(false)
  watched.ask(bench.transferCommand('a', 'b'))
  watched.decided()
  bench.invited('b')
  bench.accepted('b')
  watched.turn()
  assert.equal(bench.state('a'), 'bridged')
  bench.parked('second')
  watched.ask(bench.bridgeCommand('second', 'a'))
  watched.turn()
  bench.bye('second')
  assert.throws(() => watched.turn('a'), leftAlone)
})

for (const promised of [true, false]) {
  const what = promised ? 'stays when that was asked for' : 'is hung up as anybody else'
  test(`who issued the bridge ${what}`, () => {
    const watched = new Watched()
    const { bench } = watched
    watched.claimed(promised)
    watched.decided()
    bench.bye('a')
    if (promised) watched.turn()
    else assert.throws(() => watched.turn('agent'), leftAlone)
    assert.equal(bench.state('agent'), promised ? 'parked' : 'ended')
  })

  test(`a caller who was transferred ${what}`, () => {
    const watched = new Watched()
    const { bench } = watched
    bench.parked('a')
    watched.ask(bench.transferCommand('a', 'b', { parkAfterUnbridge: promised }))
    bench.invited('b')
    bench.accepted('b')
    watched.turn()
    bench.bye('b')
    if (promised) watched.turn()
    else assert.throws(() => watched.turn('a'), leftAlone)
    assert.equal(bench.state('a'), promised ? 'parked' : 'ended')
  })
}
