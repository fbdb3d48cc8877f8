// How far the event loop is behind, by two signs. A timer that fires late again and again: something blocks the loop. And
// time without a moment of rest: a loop that never waits for anything has work queued up (in sockets, where nobody sees it)
// for at most as long as that lasts, half of it on average, even when each single turn is short. That is what too many
// calls look like. One standstill is not: whoever came during it is served late, which is better than not at all, and when
// there were too many of them no rest follows.

import { performance } from 'node:perf_hooks'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'

const periodMs = 50
/** A period with this share of rest had nothing left to do at some moment. */
const restShareMin = 0.02
/** What one period without rest counts at most, ms: the rest of it was a standstill (of a disk, of the whole machine). */
const restlessMaxMs = 250

export interface LoopLag {
  /** The middle one of the last three periods' lateness, or half the time since the loop last rested, ms. */
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
  let restlessMs = 0
  let id = timers.set(periodMs, measure)
  function measure(): void {
    const now = clock.monotonicMs()
    const restedNow = restedMs()
    const isRested = restedNow - rested >= restShareMin * (now - measuredAt)
    restlessMs = isRested ? 0 : restlessMs + Math.min(now - measuredAt, restlessMaxMs)
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
      const running = Math.min(now - measuredAt, restlessMaxMs)
      return Math.max(middle(before, latest, now - due), (restlessMs + running - periodMs) / 2)
    },
    stop: () => timers.clear(id),
  }
}

/** The middle one of three. */
function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
