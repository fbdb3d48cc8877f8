// Inputs and effects that both server machines share.

import type { TimerName } from './timings.ts'

export type ServerInput =
  /** The same request again. */
  | { readonly type: 'retransmission' }
  | { readonly type: 'ack' }
  /** The transaction user answers. */
  | { readonly type: 'respond'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: TimerName }

export type ServerEffect =
  /** Sends the response at hand and remembers it. */
  | { readonly do: 'send' }
  /** Sends the remembered response again. */
  | { readonly do: 'resend' }
  | { readonly do: 'deliver-ack' }
  | { readonly do: 'report-no-ack' }
  | { readonly do: 'terminate' }
  | { readonly do: 'set'; readonly timer: TimerName; readonly ms: number }
  | { readonly do: 'clear'; readonly timer: TimerName }

export interface ServerStep<State> {
  readonly state: State
  readonly effects: readonly ServerEffect[]
}
