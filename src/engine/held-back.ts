// What is no longer taken in while the disk is dead and what waits for it has reached its bound (ADR 8): keys, silence and
// who speaks loudest. Calls that are up could make any number of those; everything else that they can still do is bounded
// by their number, since nothing new is begun. What is left out never happened for the call logic, so no number of an
// event is missing; it is counted, and said once when it begins and once when it is over.

import type { LegId } from '../base/ids.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Store } from '../ports/store.ts'

export interface HeldBackParts {
  readonly store: Pick<Store, 'health'>
  readonly log: Log
  readonly metrics: Metrics
}

export class HeldBack {
  readonly #parts: HeldBackParts
  /** Nobody was told of their silence: of its end neither. */
  readonly #silent = new Set<LegId>()
  #count = 0

  constructor(parts: HeldBackParts) {
    this.#parts = parts
  }

  /** Whether the input is to be stepped. */
  takes(input: { readonly kind: string; readonly legId?: LegId }): boolean {
    switch (input.kind) {
      case 'media-dtmf':
      case 'leg-info-dtmf':
      case 'mix-floor':
        return this.#hasRoom(input.kind)
      case 'rtp-silent':
        if (this.#hasRoom(input.kind)) return true
        if (input.legId !== undefined) this.#silent.add(input.legId)
        return false
      case 'rtp-heard':
        return input.legId === undefined || !this.#silent.delete(input.legId)
      default:
        return true
    }
  }

  #hasRoom(kind: string): boolean {
    const { store, log, metrics } = this.#parts
    if (store.health().isFull !== true) {
      if (this.#count > 0) log.warn({ code: 'STORE_ROOM', leftOut: this.#count }, over)
      this.#count = 0
      return true
    }
    metrics.count('holdfast_store_left_out_total', { kind })
    if (this.#count === 0) log.error({ code: 'STORE_FULL' }, begins)
    this.#count += 1
    return false
  }
}

const begins =
  'too much waits for the disk: keys, silence and the floor of conferences are left out'
const over = 'keys, silence and the floor are taken again'
