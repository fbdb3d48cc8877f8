// How far the event loop is behind, by two signs. A timer that fires late: something blocked the loop. And time without
// a moment of rest: a loop that never waits for anything has work queued up (in sockets, where nobody sees it) for at
// most as long as that lasts, half of it on average, even when each single turn is short. That is what too many calls
// look like.

import { performance } from 'node:perf_hooks'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'

const periodMs = 50
/** A period with this share of rest had nothing left to do at some moment. */
const restShareMin = 0.02

export interface LoopLag {
  /** The worst lateness of the last two periods, or half the time since the loop last rested, ms. */
  readMs(): number
  stop(): void
}

/** `restedMs`: how long the loop has waited for something to do since it began. */
export function startLoopLag(
  timers: Timers,
  clock: Clock,
  restedMs: () => number = () => performance.eventLoopUtilization().idle,
): LoopLag {
  let measuredAt = clock.monotonicMs()
  let due = measuredAt + periodMs
  let latest = 0
  let before = 0
  let rested = restedMs()
  let lastRest = measuredAt
  let id = timers.set(periodMs, measure)
  function measure(): void {
    const now = clock.monotonicMs()
    const restedNow = restedMs()
    if (restedNow - rested >= restShareMin * (now - measuredAt)) lastRest = now
    rested = restedNow
    measuredAt = now
    before = latest
    latest = Math.max(0, now - due)
    due = now + periodMs
    id = timers.set(periodMs, measure)
  }
  return {
    readMs: () => {
      const now = clock.monotonicMs()
      return Math.max(latest, before, now - due, (now - lastRest - periodMs) / 2)
    },
    stop: () => timers.clear(id),
  }
}
