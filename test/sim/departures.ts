// Whom nobody has to hang up when the peer of a bridge goes. Who issued the bridge may have asked to stay. And who has left
// the bridge before, without an event that says so: a leg that is transferred, or bridged with one that still rings. Such
// a leg waits for the new one. What counts is when the command was
// carried out, not when it was asked for: while the store decides over the leg, commands wait, and the leg may meanwhile
// have been bridged.

import type { LegId } from '../../src/base/ids.ts'
import type { Command, CommandAnswer } from '../../src/ports/commands.ts'

interface AskedBridge {
  readonly legId: LegId
  readonly target: LegId
  /** How often the leg had moved when it was asked for, and when it was answered: in between it was carried out. */
  readonly from: number
  to: number
}

export class Departures {
  /** Legs of which somebody once asked that they stay after a bridge that they issue. */
  readonly #mayStay = new Set<LegId>()
  /** The new leg of each transfer, and who is transferred. Ids are never used twice. */
  readonly #transfers = new Map<LegId, LegId>()
  /** How often legs had moved when their latest transfer was carried out. */
  readonly #transferred = new Map<LegId, number>()
  readonly #bridges = new Map<Command, AskedBridge>()

  /** `moves`: of the leg that the command is for, here and below. */
  asked(command: Command, moves: (legId: LegId) => number): void {
    for (const legId of staying(command)) this.#mayStay.add(legId)
    if (command.kind === 'transfer') this.#transfers.set(command.fresh.legId, command.legId)
    // The head of a queue is bridged at once, with its events, or not at all.
    if (command.kind !== 'bridge' || command.target.kind !== 'leg') return
    const { legId, target } = command
    this.#bridges.set(command, { legId, target: target.legId, from: moves(legId), to: Infinity })
  }

  /** `answer` undefined: the server died before it answered, and may have done it or not. */
  answered(
    command: Command,
    answer: CommandAnswer | undefined,
    moves: (legId: LegId) => number,
  ): void {
    const bridge = this.#bridges.get(command)
    if (bridge === undefined) return
    if (answer?.ok === false) this.#bridges.delete(command)
    else bridge.to = moves(bridge.legId)
  }

  /** Told of, so nobody left without an event. */
  bridged(one: LegId, other: LegId): void {
    for (const [command, { legId, target }] of this.#bridges) {
      if (legId === one ? target === other : legId === other && target === one) {
        this.#bridges.delete(command)
      }
    }
  }

  /** A leg was dialled: if for a transfer, that is being carried out in this step. */
  initiated(fresh: LegId, moves: (legId: LegId) => number): void {
    const legId = this.#transfers.get(fresh)
    if (legId !== undefined) this.#transferred.set(legId, moves(legId))
  }

  /** The leg may have been promised to stay when the peer of a bridge goes that it issued. */
  mayStay(legId: LegId): boolean {
    return this.#mayStay.has(legId)
  }

  /** The leg may have left where its latest event says that it is. */
  mayHaveLeft(legId: LegId, moves: number): boolean {
    if (this.#transferred.get(legId) === moves) return true
    for (const bridge of this.#bridges.values()) {
      if (bridge.legId === legId && bridge.from <= moves && moves <= bridge.to) return true
    }
    return false
  }

  /** The events on disk are told again: what had not been written down was not carried out. */
  restart(): void {
    this.#transferred.clear()
  }
}

/** The issuers of the bridge that the command asks for, if it is to keep them. */
function staying(command: Command): readonly LegId[] {
  switch (command.kind) {
    case 'bridge':
      return command.parkAfterUnbridge || command.holdAfterUnbridge ? [command.legId] : []
    case 'transfer':
      return command.parkAfterUnbridge ? [command.legId] : []
    case 'dial': {
      const { fresh, others = [] } = command
      return command.parkAfterUnbridge
        ? [fresh, ...others.map((one) => one.fresh)].map(({ legId }) => legId)
        : []
    }
    default:
      return []
  }
}
