// Destinations that one dial rings at the same time, seen from outside: at most one of them is ever answered, and the commit
// that tells of the answer tells of the end of all others.

import type { LegId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import { BrokenPromise } from './checkers.ts'

interface RingGroup {
  readonly ringing: Set<LegId>
  winner: LegId | undefined
}

export class RingGroups {
  readonly #groups = new Map<LegId, RingGroup>()
  /** Won in this turn. */
  #won: RingGroup[] = []

  /** Ids are never used twice, so they are in no event unless this very command is done. */
  asked(command: Command): void {
    if (command.kind !== 'dial' || command.others === undefined) return
    const group: RingGroup = { ringing: new Set(), winner: undefined }
    for (const { fresh } of [command, ...command.others]) this.#groups.set(fresh.legId, group)
  }

  take(event: DomainEvent): void {
    if (!('leg' in event)) return
    const { legId } = event.leg
    const group = this.#groups.get(legId)
    if (group === undefined) return
    if (event.type === 'leg-initiated') group.ringing.add(legId)
    if (event.type === 'leg-ended') group.ringing.delete(legId)
    if (event.type !== 'leg-answered') return
    if (group.winner !== undefined) {
      throw new BrokenPromise(`${legId} was answered after ${group.winner}, which rang with it`)
    }
    group.winner = legId
    group.ringing.delete(legId)
    this.#won.push(group)
  }

  /** `ordered` false: the store may decide over one that loses, and its end waits for that. */
  endTurn(ordered: boolean): void {
    const won = this.#won
    this.#won = []
    if (!ordered) return
    for (const { ringing, winner } of won) {
      if (ringing.size === 0) continue
      throw new BrokenPromise(`${winner} was answered and ${[...ringing].join()} rings on`)
    }
  }

  /** What the process that is gone had not committed never was. */
  restart(events: readonly StampedEvent[]): void {
    for (const group of this.#groups.values()) {
      group.ringing.clear()
      group.winner = undefined
    }
    for (const { event } of events) this.take(event)
    this.#won = []
  }
}
