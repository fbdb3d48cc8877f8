// Bridges that were asked for in advance (bridge_on_answer, transfer) and then overtaken: once the leg that was to be
// bridged has moved on, the answer of the other must bridge nobody. Seen from outside only: what was accepted, and what
// happened after it.

import type { LegId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { DomainEvent } from '../../src/ports/events.ts'
import { BrokenPromise } from './checkers.ts'

export class IntentModel {
  /** Dialled leg to the leg it is to be bridged with, from the moment the client knows of it. */
  readonly #intents = new Map<LegId, LegId>()
  /** Dialled legs whose intent was overtaken. */
  readonly #cancelled = new Map<LegId, LegId>()

  accepted(command: Command): void {
    if (command.kind === 'dial' && command.bridgeOnAnswer && command.linkTo !== undefined) {
      for (const { fresh } of [command, ...(command.others ?? [])]) {
        this.#intents.set(fresh.legId, command.linkTo)
      }
    }
    if (command.kind === 'transfer') this.#intents.set(command.fresh.legId, command.legId)
  }

  /** Whoever is named by a bridge or transfer may be bridged for that reason: nothing is known of these any more. */
  asked(command: Command): void {
    if (command.kind !== 'bridge' && command.kind !== 'transfer') return
    this.#forget(command.legId)
    if (command.kind === 'bridge' && command.target.kind === 'leg') {
      this.#forget(command.target.legId)
    }
  }

  take(event: DomainEvent): void {
    if (event.type === 'leg-bridged') this.#bridged(event.leg.legId, event.peerLegId)
    else if (event.type === 'call-enqueued' || event.type === 'participant-joined') {
      this.#moved(event.leg.legId)
    }
  }

  #bridged(legId: LegId, peer: LegId): void {
    for (const [dialled, other] of [
      [legId, peer],
      [peer, legId],
    ] as const) {
      if (this.#cancelled.get(dialled) === other) {
        throw new BrokenPromise(`${dialled} was bridged with ${other}, which had moved on`)
      }
      // Fulfilled.
      if (this.#intents.get(dialled) === other) this.#intents.delete(dialled)
    }
    this.#moved(legId)
  }

  #moved(legId: LegId): void {
    for (const [dialled, other] of this.#intents) {
      if (other !== legId && dialled !== legId) continue
      this.#intents.delete(dialled)
      this.#cancelled.set(dialled, other)
    }
  }

  #forget(legId: LegId): void {
    for (const known of [this.#intents, this.#cancelled]) {
      for (const [dialled, other] of known) {
        if (dialled === legId || other === legId) known.delete(dialled)
      }
    }
  }
}
