// When empty queues are looked for and which are old enough (C5). Pure; the store verb does the collecting.

/** Looked at most this often, whatever the configured age. */
const PERIOD_MAX_MS = 60_000
const PERIOD_MIN_MS = 1_000

/** Pause between two looks for a configured age; undefined: collection is off (0). */
export function collectPeriodMs(collectEmptyAfterMs: number): number | undefined {
  if (collectEmptyAfterMs <= 0) return undefined
  return Math.min(PERIOD_MAX_MS, Math.max(PERIOD_MIN_MS, collectEmptyAfterMs))
}

/** Queues idle since then, or longer, go. */
export function collectCutoffMs(nowMs: number, collectEmptyAfterMs: number): number {
  return nowMs - collectEmptyAfterMs
}
