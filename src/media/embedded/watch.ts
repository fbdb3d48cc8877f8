// The signalling thread's eye on the media thread: a thread that dies is told of, one that hangs says nothing, and its calls
// would be silent for ever beside a server that looks well. Its ticks are counted in shared memory, so looking costs it
// nothing. A thread that stands still is as good as dead.

import type { Metrics } from '../../ports/metrics.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import { EngineColumn } from './quality-table.ts'
import type { QualityTable } from './quality-table.ts'

const PERIOD_MS = 1000
/**
 * Looks without a single tick between them: ten seconds, far beyond what a busy machine or a collection of garbage takes.
 * Looks are counted, not time: a machine that slept stood still as a whole.
 */
const STILL_LOOKS = 10

export interface WatchParts {
  readonly table: QualityTable
  readonly timers: Timers
  readonly metrics: Metrics
  /** Called once; no look follows. */
  readonly onHung: (why: string) => void
}

export interface MediaWatch {
  stop(): void
}

/** Looks once a second, from now on. */
export function watchMedia({ table, timers, metrics, onHung }: WatchParts): MediaWatch {
  let ticks = 0
  let skipped = 0
  let still = 0
  let timer: TimerId = timers.set(PERIOD_MS, look)
  function look(): void {
    const before = ticks
    ticks = table.get(0, EngineColumn.ticks)
    const skippedNow = table.get(0, EngineColumn.skippedTicks)
    if (skippedNow > skipped) {
      metrics.count('holdfast_media_skipped_ticks_total', {}, skippedNow - skipped)
    }
    skipped = skippedNow
    // Without legs it rests.
    still = table.get(0, EngineColumn.legs) > 0 && ticks === before ? still + 1 : 0
    if (still < STILL_LOOKS) timer = timers.set(PERIOD_MS, look)
    else onHung(`no audio was sent for ${(STILL_LOOKS * PERIOD_MS) / 1000} s`)
  }
  return { stop: () => timers.clear(timer) }
}
