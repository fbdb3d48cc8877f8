// Time that a lab can move ahead of the machine's. The distance is written down before anything happens by it, so that a
// restarted server goes on from there: on disk are deadlines by that time, and it must not go back.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../ports/clock.ts'
import type { MovableTime } from '../ports/lab.ts'
import { createTimers, type PlatformTimers } from './timers.ts'

export interface MovedTime extends MovableTime {
  readonly clock: Clock
  readonly timers: PlatformTimers
}

/** Where the distance is kept. */
export interface AheadFile {
  read(): number
  write(aheadMs: number): void
}

/** A file of whole milliseconds. It survives the end of the process; a power cut may cost the last steps. */
export function aheadFile(path: string): AheadFile {
  return {
    read() {
      try {
        const ms = Number(readFileSync(path, 'utf8'))
        return Number.isSafeInteger(ms) && ms > 0 ? ms : 0
      } catch {
        return 0 // Never moved.
      }
    },
    write(aheadMs) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(`${path}.new`, `${aheadMs}\n`)
      renameSync(`${path}.new`, path)
    },
  }
}

export function createMovedTime(base: Clock, file: AheadFile): MovedTime {
  let aheadMs = file.read()
  const clock: Clock = {
    wallMs: () => base.wallMs() + aheadMs,
    wallUs: () => base.wallUs() + aheadMs * 1000,
    monotonicMs: () => base.monotonicMs() + aheadMs,
  }
  const timers = createTimers(clock)
  return {
    clock,
    timers,
    nextAt: () => timers.nextAt(),
    nowMs: () => clock.monotonicMs(),
    aheadMs: () => aheadMs,
    moveTo(atMs) {
      const byMs = Math.ceil(atMs - clock.monotonicMs())
      if (byMs > 0) {
        file.write(aheadMs + byMs)
        aheadMs += byMs
      }
      timers.fireDue()
    },
  }
}
