// How far the event loop is behind, by two signs. A timer that fires late again and again: something blocks the loop. And
// time without a moment of rest: a loop that never waits for anything has work queued up (in sockets, where nobody sees it)
// for at most as long as that lasts, half of it on average, even when each single turn is short. That is what too many
// calls look like. One standstill is not: whoever came during it is served late, which is better than not at all, and when
// there were too many of them no rest follows, or the next standstill.

import { performance } from 'node:perf_hooks'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'

const periodMs = 50
/** A period with this share of rest had nothing left to do at some moment. */
const restShareMin = 0.02
/** What one period without rest counts at most, ms: the rest of it was a standstill (of a disk, of the whole machine). */
const restlessMaxMs = 250
/** A timer that was late by more than this within so long of the last one that was: no single standstill any more. */
const lateMs = 100
const againWithinMs = 2000

export interface LoopLag {
  /** The lateness of the last two periods unless it is the only one of its time, or half the time since the loop last rested, ms. */
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
  let [latest, before] = [0, 0]
  let lastLate = { at: -Infinity, ms: 0 }
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
    latest = again(now)
    if (now - due > lateMs) lastLate = { at: now, ms: now - due }
    due = now + periodMs
    id = timers.set(periodMs, measure)
  }
  /** How late the timer is now, as far as it was so a moment ago. */
  function again(now: number): number {
    const late = now - due
    return due - lastLate.at > againWithinMs ? 0 : Math.max(0, Math.min(late, lastLate.ms))
  }
  return {
    readMs: () => {
      const now = clock.monotonicMs()
      const running = Math.min(now - measuredAt, restlessMaxMs)
      return Math.max(before, latest, again(now), (restlessMs + running - periodMs) / 2)
    },
    stop: () => timers.clear(id),
  }
}
