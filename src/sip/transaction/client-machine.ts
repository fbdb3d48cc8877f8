// Inputs and effects that both client machines share.

import type { TimerName } from './timings.ts'

export type ClientInput =
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'transport-failed' }
  | { readonly type: 'cancel-sent' }

export type ClientEffect =
  | { readonly do: 'send' }
  /** ACK to the non-2xx response at hand (RFC 3261 §17.1.1.3). */
  | { readonly do: 'send-ack' }
  /** Hands the response at hand to the transaction user. */
  | { readonly do: 'deliver' }
  | { readonly do: 'report-timeout' }
  | { readonly do: 'report-failure' }
  | { readonly do: 'terminate' }
  | { readonly do: 'set'; readonly timer: TimerName; readonly ms: number }
  | { readonly do: 'clear'; readonly timer: TimerName }

export interface ClientStep<State> {
  readonly state: State
  readonly effects: readonly ClientEffect[]
}
