// What the steps of one turn have decided so far: one commit, then one release.

import type { DomainEvent } from '../ports/events.ts'
import type { StateChange } from '../ports/store.ts'
import type { StepEffect, StepOutput } from './context.ts'

export class TurnOutput {
  readonly events: DomainEvent[] = []
  readonly changes = new Map<string, StateChange>()
  readonly effects: StepEffect[] = []
  /** Store verbs executed: what they changed belongs to this turn's commit. */
  verbs = 0

  add(step: StepOutput): void {
    this.events.push(...step.events)
    this.effects.push(...step.effects)
    // The last word about a row wins; all words of a turn are committed together.
    for (const change of step.changes) this.changes.set(`${change.table} ${change.id}`, change)
  }
}
