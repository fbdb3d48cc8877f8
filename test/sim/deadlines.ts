// Nobody waits, rings or talks longer than was asked for: every limit that a client gives is watched from outside, over
// crashes too, since the time a server was away counts.

import type { LegId } from '../../src/base/ids.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Command } from '../../src/ports/commands.ts'
import { queueNames } from './application.ts'
import { BrokenPromise, type EventModel } from './checkers.ts'
import type { Witness } from './witness.ts'

/** The turn that follows, and a look twice a second at a leg that another verb holds. */
const GRACE_MS = 3_000
/** Ways of a verb to a distributed store and back that a limit may take, with outcomes lost and asked for again. */
const WAYS_MAX = 24

interface DialLimits {
  readonly timeoutMs: number
  readonly timeLimitMs: number
}

export class Deadlines {
  readonly #clock: Clock
  readonly #dialled = new Map<LegId, DialLimits>()
  /** A server that has just come back catches up first. */
  #servesSinceMs = 0
  readonly #graceMs: number

  /** `storeLatencyMs`: of one way. */
  constructor(clock: Clock, storeLatencyMs: number) {
    this.#clock = clock
    this.#graceMs = GRACE_MS + WAYS_MAX * storeLatencyMs
  }

  /** A command that the server took. */
  accepted(command: Command): void {
    if (command.kind === 'dial' || command.kind === 'transfer') {
      const others = command.kind === 'dial' ? (command.others ?? []) : []
      for (const { fresh } of [command, ...others]) this.#dialled.set(fresh.legId, command.dial)
    }
  }

  serves(): void {
    this.#servesSinceMs = this.#clock.wallMs()
  }

  /** How late a limit may be; undefined while a server that has just come back catches up. */
  get graceMs(): number | undefined {
    const servesForMs = this.#clock.wallMs() - this.#servesSinceMs
    return servesForMs < this.#graceMs ? undefined : this.#graceMs
  }

  /** Throws BrokenPromise. */
  check(model: EventModel, witness: Witness): void {
    const now = this.#clock.wallMs()
    if (this.graceMs === undefined) return
    for (const queueName of queueNames) {
      for (const { entry } of witness.model.calls(queueName)) {
        if (entry.deadlineMs === undefined || now - entry.deadlineMs < this.#graceMs) continue
        broken(`${entry.legId} still waits in ${queueName}, too long by`, now - entry.deadlineMs)
      }
    }
    for (const [legId, limits] of this.#dialled) this.#checkDialled(model, legId, limits, now)
  }

  #checkDialled(model: EventModel, legId: LegId, limits: DialLimits, now: number): void {
    const leg = model.legs.get(legId)
    if (leg === undefined || leg.ended) {
      // One that was accepted is told of at once; what a crash took back is told by nobody.
      this.#dialled.delete(legId)
      return
    }
    const { toldAtMs, answeredAtMs } = leg
    if (answeredAtMs === undefined) {
      const over = now - toldAtMs - limits.timeoutMs
      if (over > this.#graceMs) broken(`${legId} rings too long by`, over)
      return
    }
    const over = now - answeredAtMs - limits.timeLimitMs
    if (over > this.#graceMs) broken(`${legId} talks too long by`, over)
  }
}

function broken(what: string, ms: number): never {
  throw new BrokenPromise(`${what} ${Math.round(ms)} ms`)
}
