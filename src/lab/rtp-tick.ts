// One 20 ms beat for all robots of a process: hundreds of phones cost one timer.

import type { Clock } from '../ports/clock.ts'
import type { TimerId, Timers } from '../ports/timers.ts'

export const TICK_MS = 20
/** A process that was away longer than this skips the missed beats instead of sending them in one burst. */
const CATCH_UP_TICKS = 10

export interface RtpTick {
  /**
   * Calls `beat` every 20 ms until the returned function is called, with how many beats before it were skipped. The timer
   * runs only while somebody listens.
   */
  join(beat: (nowMs: number, skipped: number) => void): () => void
}

/** Makes a beat that does not drift: each next one is set from the plan, not from when the last one came. */
export function createRtpTick(clock: Clock, timers: Timers): RtpTick {
  const beats = new Set<(nowMs: number, skipped: number) => void>()
  let timer: TimerId | undefined
  let dueMs = 0

  const arm = (): void => {
    timer = timers.set(Math.max(0, dueMs - clock.monotonicMs()), run)
  }
  const run = (): void => {
    timer = undefined
    const nowMs = clock.monotonicMs()
    let skipped = 0
    if (nowMs - dueMs > CATCH_UP_TICKS * TICK_MS) {
      skipped = Math.floor((nowMs - dueMs) / TICK_MS)
      dueMs = nowMs
    }
    for (; dueMs <= nowMs && beats.size > 0; dueMs += TICK_MS) {
      for (const beat of beats) beat(nowMs, skipped)
      skipped = 0
    }
    if (beats.size > 0 && timer === undefined) arm()
  }

  return {
    join(beat) {
      // A function of its own, so that the same callback may join twice.
      const mine = (nowMs: number, skipped: number): void => beat(nowMs, skipped)
      beats.add(mine)
      if (timer === undefined && beats.size === 1) {
        dueMs = clock.monotonicMs() + TICK_MS
        arm()
      }
      return () => {
        beats.delete(mine)
        if (beats.size > 0 || timer === undefined) return
        timers.clear(timer)
        timer = undefined
      }
    },
  }
}
