// What one application is owed: in memory up to a bound, behind that only on disk, strictly by sequence. So a receiver
// that is down for days costs no memory, and a leg's events stay in order: a leg belongs to one application.

import type { ApplicationId } from '../base/ids.ts'

export class Backlog {
  readonly applicationId: ApplicationId
  /** Failing webhooks that are tried apart and lie on disk only, until they are due. */
  parked = 0
  /** Sequences of those that are in memory. */
  readonly apartHeld = new Set<number>()
  /** Sequences whose last word may not be on disk yet, so that a page read now may tell something older. */
  recent = new Set<number>()
  /** They are being read from the store. */
  pickingUp = false
  /** More are due than fit into memory. */
  moreDue = false
  /** Deliveries in memory. */
  held = 0
  /** A page is being read from the store. */
  reading = false
  /** Monotonic ms of the last attempt that was made only to see whether the receiver is back. */
  probedAtMs = -Infinity
  /** Everything owed up to here is, or was, in memory. */
  #takenTo = 0
  /** The last that was left on disk; all between `#takenTo` and this are there only. */
  #leftTo: number

  /** `leftTo`: the highest sequence that an earlier process has left in lanes; `parked`: how many apart. */
  constructor(applicationId: ApplicationId, leftTo: number, parked: number) {
    this.applicationId = applicationId
    this.#leftTo = leftTo
    this.parked = parked
  }

  get onDisk(): boolean {
    return this.#leftTo > this.#takenTo
  }

  get takenTo(): number {
    return this.#takenTo
  }

  get leftTo(): number {
    return this.#leftTo
  }

  /** A row that was committed: does it go into memory; `known` when it has been seen on disk before. */
  admit(sequence: number, heldMax: number): 'take' | 'leave' | 'known' {
    if (sequence <= Math.max(this.#takenTo, this.#leftTo)) return 'known'
    if (this.onDisk || this.held >= heldMax) {
      this.#leftTo = sequence
      return 'leave'
    }
    this.#takenTo = sequence
    return 'take'
  }

  /** A row was read from disk; false when nobody has spoken of it yet: it is committed and not announced. */
  readFromDisk(sequence: number): boolean {
    this.#takenTo = sequence
    return sequence <= this.#leftTo
  }

  /** Nothing more is on disk up to there. */
  readTo(sequence: number): void {
    this.#takenTo = Math.max(this.#takenTo, sequence)
  }
}
