// How late the event loop runs: a timer that is set again and again and compares when it should have fired.

import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'

const periodMs = 50

export interface LoopLag {
  /** The worst lateness of the last two periods, ms. */
  readMs(): number
  stop(): void
}

export function startLoopLag(timers: Timers, clock: Clock): LoopLag {
  let due = clock.monotonicMs() + periodMs
  let latest = 0
  let before = 0
  let id = timers.set(periodMs, measure)
  function measure(): void {
    const now = clock.monotonicMs()
    before = latest
    latest = Math.max(0, now - due)
    due = now + periodMs
    id = timers.set(periodMs, measure)
  }
  return {
    readMs: () => Math.max(latest, before, clock.monotonicMs() - due),
    stop: () => timers.clear(id),
  }
}
