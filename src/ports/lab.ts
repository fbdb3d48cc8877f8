// What a lab may do to a running server: move the time of its call logic, lose what it sends and receives, end all calls.
// There is none unless `lab.enabled` is set, which needs a server that only this machine can reach.

export type FaultOrder =
  | {
      readonly kind: 'drop-webhook' | 'duplicate-webhook' | 'reorder-webhook' | 'delay-webhook'
      /** Undefined: any. */
      readonly eventType: string | undefined
      /** So many attempts; then it is over. */
      readonly count: number
      /** Of `delay-webhook`, in the time of the call logic. */
      readonly delayMs: number
    }
  | {
      readonly kind: 'lose-sip'
      readonly method: 'ACK' | 'BYE'
      /** As the server sees it. */
      readonly direction: Direction
      readonly count: number
    }
  /** Of all calls, until it is taken away. */
  | { readonly kind: 'one-way-audio'; readonly direction: Direction }

export type Direction = 'in' | 'out'

export interface Fault {
  readonly faultId: string
  readonly order: FaultOrder
  /** How often it struck. */
  readonly struck: number
}

export interface LabState {
  /** How far the time of the call logic is ahead of the machine's. */
  readonly aheadMs: number
  readonly faults: readonly Fault[]
}

export interface Lab {
  state(): LabState
  /**
   * Lets `ms` pass for calls, queues, webhooks and what is kept for a time: from deadline to deadline, each with all that
   * follows from it before the next. Resolves when the time has come, with the number of deadlines met on the way.
   */
  skip(ms: number): Promise<{ readonly deadlines: number }>
  addFault(order: FaultOrder): Fault
  clearFaults(): void
  /** No faults; every call is hung up and every kept place given up. Resolves when they are gone. */
  reset(): Promise<{ readonly calls: number }>
}

/** Time that can be moved ahead: what is set on `timers` comes due by it. */
export interface MovableTime {
  /** Of the next timer, in its monotonic milliseconds. */
  nextAt(): number | undefined
  nowMs(): number
  /** Ahead of the machine's time. */
  aheadMs(): number
  /** It is `atMs` now, never earlier than it was; fires what is due by then. */
  moveTo(atMs: number): void
}
