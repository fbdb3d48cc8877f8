// Listening along to a call while it lasts, for people who supervise. A listener hears what the call's peer says and what
// it is sent, mixed; nothing in the call knows of it.

import type { LegId } from '../base/ids.ts'

export interface CallListening {
  /** Whether one more may listen. */
  hasRoom(): boolean
  /** Undefined: as many listen as may at one time. */
  listen(legId: LegId, listener: Listener): Listened | undefined
}

export interface Listener {
  /** 20 ms of PCMU at 8 kHz: 160 bytes, which nobody changes afterwards. */
  frame(ulaw: Uint8Array): void
  /** Once, and nothing after it. `no-sound`: nothing came from the call for some seconds. */
  ended(why: 'call-over' | 'no-sound'): void
}

export interface Listened {
  /** Nothing comes any more, `ended` neither. */
  stop(): void
}
