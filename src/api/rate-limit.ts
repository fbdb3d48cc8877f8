// A fixed window of one second per API key. Off by default; it protects a shared server from one runaway client and is
// no fairness scheme. At most one row per configured key, so it cannot grow.

import type { Clock } from '../ports/clock.ts'

export interface RateVerdict {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
}

/** Answers whether one more request of `keyName` fits; undefined limit rows are made on first use. */
export function rateLimiter(perSec: number, clock: Clock): (keyName: string) => RateVerdict {
  const windows = new Map<string, { second: number; used: number }>()
  return (keyName) => {
    const second = Math.floor(clock.monotonicMs() / 1000)
    const window = windows.get(keyName)
    const used = (window?.second === second ? window.used : 0) + 1
    windows.set(keyName, { second, used })
    return { allowed: used <= perSec, limit: perSec, remaining: Math.max(0, perSec - used) }
  }
}
