/** The three-function clock; the simulator has a virtual one. */
export interface Clock {
  /** Wall time in milliseconds since the epoch; may jump. Kept for what is stored or told to people. */
  wallMs(): number
  /** Wall time in microseconds since the epoch, never repeating a value: event times. */
  wallUs(): number
  /** Milliseconds that only grow; for every deadline inside the process. */
  monotonicMs(): number
}
