// The last inputs, in short, for the report on a broken invariant. Kinds and leg ids only: bodies and numbers of callers
// do not belong in a log.

import type { LegId } from '../base/ids.ts'
import { subjectOf } from './command-subject.ts'
import { readTimer } from './inputs/timers.ts'
import type { EngineInput } from './step.ts'

const KEPT = 256

interface Trace {
  readonly what: string
  readonly legId: LegId | undefined
}

export class InputTrail {
  readonly #traces: Trace[] = []
  #next = 0

  add(input: EngineInput): void {
    this.#traces[this.#next % KEPT] = traceOf(input)
    this.#next += 1
  }

  /** Oldest first: inputs about that leg, and outcomes, which name no leg. */
  about(legId: LegId | undefined): readonly string[] {
    const start = this.#next % KEPT
    const ordered = [...this.#traces.slice(start), ...this.#traces.slice(0, start)]
    return ordered
      .filter((trace) => trace.legId === undefined || trace.legId === legId)
      .map((trace) => trace.what)
  }
}

function traceOf(input: EngineInput): Trace {
  switch (input.kind) {
    case 'command':
      return { what: input.envelope.command.kind, legId: subjectOf(input.envelope.command) }
    case 'signaling':
    case 'stream':
      return { what: input.input.kind, legId: input.input.legId }
    case 'media': {
      const { kind } = input.input
      return { what: kind, legId: 'legId' in input.input ? input.input.legId : undefined }
    }
    case 'timer': {
      const { name, legId } = readTimer(input.timer)
      return { what: `timer ${name}`, legId }
    }
    case 'recorder':
      return { what: input.input.kind, legId: undefined }
    case 'outcome':
      return { what: `outcome ${input.outcome.kind}`, legId: undefined }
    case 'expired':
      return { what: 'expired', legId: undefined }
    case 'restore':
      return { what: 'restore', legId: undefined }
  }
}
