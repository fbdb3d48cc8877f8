export type TimerId = number

/** One-shot timers over one heap and one Node timer per process. */
export interface Timers {
  /** Calls `fire` once after `delayMs` (>= 0); ties fire in the order they were set. */
  set(delayMs: number, fire: () => void): TimerId
  /** Unknown or fired ids are ignored. */
  clear(id: TimerId): void
  /** Runs `fire` after the inputs of the present event-loop turn have been read (group commit). */
  soon(fire: () => void): void
}
