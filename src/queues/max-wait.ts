// The end of a stay by max_wait_time_secs, as an absolute wall time, so that it survives a restart (C14, C29). Pure.

/** Wall ms of the deadline; undefined: waits without limit. */
export function waitDeadlineMs(nowMs: number, maxWaitMs: number | undefined): number | undefined {
  return maxWaitMs === undefined ? undefined : nowMs + maxWaitMs
}

/** Ms that remain of a stored deadline; 0 when it passed while nobody was there. */
export function waitLeftMs(nowMs: number, deadlineMs: number): number {
  return Math.max(0, deadlineMs - nowMs)
}

/** Whole seconds waited, as every event and answer counts them (floor; a clock that jumped back counts 0). */
export function waitedSecs(nowMs: number, enqueuedAtMs: number): number {
  return Math.max(0, Math.floor((nowMs - enqueuedAtMs) / 1000))
}
