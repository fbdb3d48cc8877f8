// Taps on whole conferences: what a recorder of a conference listens with. A mix comes and goes with its parties, so taps
// are kept by conference here; while nobody is in, they hear silence, and the clock goes on.

import type { ConferenceId, LegId } from '../../base/ids.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { ConferenceMix } from './conference-mix.ts'
import type { WorkerCommand } from './protocol.ts'
import { makeRingTap, type Tap } from './tap.ts'

interface MixTap {
  readonly conferenceId: ConferenceId
  /** Whose voice is the inbound direction; everybody else is the outbound one. */
  readonly first: LegId
  readonly tap: Tap
}

export type MixTapFailed = (conferenceId: ConferenceId, tapId: string, error: unknown) => void

export class MixTaps {
  readonly #taps = new Map<string, MixTap>()
  readonly #rest = new Int16Array(FRAME_SAMPLES)

  attach(command: Extract<WorkerCommand, { op: 'mix-tap-attach' }>): void {
    const { conferenceId, first, tapId, tap } = command
    this.#taps.set(tapId, { conferenceId, first, tap: makeRingTap(tap.memory) })
  }

  detach(tapId: string): void {
    this.#taps.get(tapId)?.tap.end()
    this.#taps.delete(tapId)
  }

  /** After the mixes of this tick; `failed` hears of taps that threw, which are gone then. */
  tick(mixes: ReadonlyMap<ConferenceId, ConferenceMix>, failed: MixTapFailed): void {
    for (const [tapId, one] of this.#taps) {
      try {
        this.#frame(mixes.get(one.conferenceId), one)
      } catch (error) {
        this.#taps.delete(tapId)
        failed(one.conferenceId, tapId, error)
      }
    }
  }

  #frame(mix: ConferenceMix | undefined, { first, tap }: MixTap): void {
    const own = mix?.shareOf(first)
    this.#rest.fill(0)
    if (mix !== undefined) this.#rest.set(mix.mixed)
    if (own !== undefined) subtract(this.#rest, own)
    tap.frame(own, this.#rest)
  }
}

function subtract(from: Int16Array, own: Int16Array): void {
  for (let i = 0; i < from.length; i++) {
    from[i] = Math.max(-32_768, Math.min(32_767, from[i]! - own[i]!))
  }
}
