// A process that stood still (a stopped machine, a starved one) finds its deadlines overdue before it has heard what came
// in the meantime: the key that was pressed in time, the packets that end a silence, the caller who hung up. So deadlines
// that are long overdue wait a moment, in which sockets and the media thread are heard, and what was heard goes first.

/** A turn may be so late without anything being out of the ordinary. */
const LATE_MS = 250
/** Some ticks of the media thread, which stood still, too. */
const HEAR_MS = 100

export class Standstill {
  #hearUntilMs: number | undefined

  /** When deadlines of which the first was due at `dueMs` may be judged, monotonic ms; `dueMs` in ordinary times. */
  judgeAtMs(dueMs: number, nowMs: number): number {
    if (nowMs - dueMs <= LATE_MS) return dueMs
    this.#hearUntilMs ??= nowMs + HEAR_MS
    return this.#hearUntilMs
  }

  /** The deadlines were judged. */
  over(): void {
    this.#hearUntilMs = undefined
  }
}
