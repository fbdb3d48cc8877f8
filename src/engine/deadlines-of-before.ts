// Deadlines of an earlier process, at a start. They are stored as times of day, and the clock may have been set since, by
// years on a machine without a battery: what cannot be is not believed, and the caller has the whole time once more (C268).

/** A live call is hardly ever there after the server was away for longer; a deadline that seems so late is one of another clock. */
const AWAY_MAX_MS = 3_600_000

/**
 * Ms that are left of a time of `wholeMs` that ends at `untilMs`: all of it when less than none of it seems to have passed, or
 * when it seems to be over for more than an hour.
 */
export function leftMs(nowMs: number, untilMs: number, wholeMs: number): number {
  const leftMs = untilMs - nowMs
  if (leftMs > wholeMs || leftMs < -AWAY_MAX_MS) return Math.max(0, wholeMs)
  return Math.max(0, leftMs)
}
