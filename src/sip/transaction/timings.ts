// The timers of RFC 3261 table 4 as amended by RFC 6026, and the table of running timers that a transaction owns.

import type { TimerId, Timers } from '../../ports/timers.ts'

/** Milliseconds. */
export interface Timings {
  readonly t1: number
  readonly t2: number
  readonly t4: number
}

export const defaultTimings: Timings = { t1: 500, t2: 4_000, t4: 5_000 }

/** 64*T1: timers B, F, H, J, L, M, and D as its minimum of 32 s demands with the default T1. */
export function giveUpMs(timings: Timings): number {
  return 64 * timings.t1
}

/** What a machine needs to know of its surroundings. */
export interface MachineContext {
  readonly timings: Timings
  /** TCP and its like: no retransmissions, no waiting for stragglers. */
  readonly reliable: boolean
}

export type TimerName =
  | 'A'
  | 'B'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  /** RFC 3261 §9.1: an INVITE that was CANCELed and never answered. */
  | 'cancel'
  /** A non-INVITE request that nobody answered (RFC 4320 §4.2 forbids a late answer). */
  | 'unanswered'

/** Named timers of one transaction; none survives `clearAll`. */
export class TimerTable {
  readonly #timers: Timers
  readonly #running = new Map<TimerName, TimerId>()
  readonly #fire: (name: TimerName) => void

  constructor(timers: Timers, fire: (name: TimerName) => void) {
    this.#timers = timers
    this.#fire = fire
  }

  set(name: TimerName, delayMs: number): void {
    this.clear(name)
    const id = this.#timers.set(delayMs, () => {
      this.#running.delete(name)
      this.#fire(name)
    })
    this.#running.set(name, id)
  }

  clear(name: TimerName): void {
    const id = this.#running.get(name)
    if (id === undefined) return
    this.#running.delete(name)
    this.#timers.clear(id)
  }

  clearAll(): void {
    for (const id of this.#running.values()) this.#timers.clear(id)
    this.#running.clear()
  }
}
