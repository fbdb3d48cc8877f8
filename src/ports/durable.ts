// What signaling and media keep over the end of the process. Each room decides what its rows hold; the call logic takes
// what changed into every commit of its own, so that a leg, its dialog and its audio are on disk together, and hands the
// rows back at a start, before anything else happens (docs/internals/recovery.md).

import type { LegId } from '../base/ids.ts'
import type { SignalingEffect } from './signaling.ts'
import type { LiveRows, StateChange } from './store.ts'

export type StoredRow = LiveRows['rows'][number]

export interface DurableSignaling {
  /**
   * Rows of `dialog` and `registration` that changed since the last call. `promised`: the effects that are performed when
   * the commit is on disk; what a peer would miss of them is in the rows already.
   */
  takeChanges(promised: readonly SignalingEffect[]): readonly StateChange[]
  /** `listener` is called when there is something to take; never from within `takeChanges`. */
  onChange(listener: () => void): void
  /** Before any effect. What must be sent again, and effects, leave when the sockets are bound. */
  restore(rows: readonly StoredRow[]): readonly RestoredDialog[]
}

export interface RestoredDialog {
  readonly legId: LegId
  /** `ringing-in`: can still be refused; `dialing`: is being cancelled already; `up`: answered, perhaps not yet ACKed. */
  readonly at: 'ringing-in' | 'dialing' | 'up'
  /** The peer's last offer or answer. */
  readonly remoteSdp: string | undefined
}

export interface DurableMedia {
  /** Rows of `media` that changed since the last call. */
  takeChanges(): readonly StateChange[]
  onChange(listener: () => void): void
  /** Resolves when the ports are bound again and audio flows; legs whose ports could not be had are left out. */
  restore(rows: readonly StoredRow[]): Promise<readonly RestoredMedia[]>
}

export interface RestoredMedia {
  readonly legId: LegId
  /** Offer and answer were complete. */
  readonly agreed: boolean
}
