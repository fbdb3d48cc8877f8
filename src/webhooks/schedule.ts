// When a webhook is tried, and where (C20): at once, +1 s and +5 s on the primary URL, the same on the failover URL,
// then with growing pauses on both in turn. Pure, and computed from the number of attempts alone, so that a restart
// goes on where it was.

import type { DeliveryRow } from '../ports/store.ts'

/** Attempts at 0, +1 s and +5 s. */
const quickPausesMs = [1000, 4000]
const slowPauseMsMin = 10_000
/** The longest pause between two attempts. */
export const slowPauseMsMax = 15 * 60_000

export interface PlannedAttempt {
  readonly url: string
  /** From the end of the attempt before; 0 for the first. */
  readonly pauseMs: number
}

/** The attempt that follows after `attempts` failed ones. */
export function planAttempt(
  row: Pick<DeliveryRow, 'url' | 'failoverUrl' | 'retriesMs'>,
  attempts: number,
): PlannedAttempt {
  const urls = row.failoverUrl === '' ? [row.url] : [row.url, row.failoverUrl]
  const pauses = [0, ...(row.retriesMs ?? quickPausesMs)]
  const round = Math.floor(attempts / pauses.length)
  const quickUrl = urls[round]
  if (quickUrl !== undefined) {
    return { url: quickUrl, pauseMs: pauses[attempts % pauses.length] ?? 0 }
  }
  const slow = attempts - urls.length * pauses.length
  const pauseMs = Math.min(slowPauseMsMin * 2 ** Math.min(slow, 20), slowPauseMsMax)
  return { url: urls[slow % urls.length] ?? row.url, pauseMs }
}

/** Attempts of the quick rounds, on all URLs together. */
export function quickAttempts(row: Pick<DeliveryRow, 'failoverUrl' | 'retriesMs'>): number {
  const urls = row.failoverUrl === '' ? 1 : 2
  return urls * (1 + (row.retriesMs ?? quickPausesMs).length)
}

/**
 * Slow pauses are up to a fifth shorter, by a hash of delivery and attempt: what failed together does not come back
 * together, and no receiver that comes and goes in a rhythm is missed by all attempts.
 */
export function spreadPause(pauseMs: number, sequence: number, attempts: number): number {
  if (pauseMs < slowPauseMsMin) return pauseMs
  const mixed = Math.imul(sequence ^ Math.imul(attempts, 0x9e3779b1), 0x85ebca6b)
  const share = ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  return Math.round(pauseMs * (1 - share / 5))
}
