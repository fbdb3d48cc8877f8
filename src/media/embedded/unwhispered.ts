// What a leg was sent, without what was whispered to it: whatever taps a call (a recorder, a stream) hears what the others
// of the call could hear (C136, C146). Taps listen to the packets that left, some 60 ms later; here the same sound before
// the whisper was added waits as long. Made for a leg with the first whisper to it.

import type { LegId } from '../../base/ids.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'

/** A mix in which somebody may whisper. */
export interface WhisperedMix {
  /** What the party hears in this tick but for whispers, 8 kHz; used again. */
  openFor(legId: LegId): Int16Array | undefined
  isWhisperedTo(legId: LegId): boolean
}

/** How far the buffer of what was sent is behind, in ticks: 60 ms, and 120 ms at the most and the tick that is read. */
const BEHIND = 3
const BEHIND_MAX = 7
/** A power of two. */
const SLOTS = 8

export class Unwhispered {
  readonly #frames = Array.from({ length: SLOTS }, () => new Int16Array(FRAME_SAMPLES))
  /** The tick that each slot is of; -1: none. */
  readonly #ticks = new Array<number>(SLOTS).fill(-1)
  readonly #silence = new Int16Array(FRAME_SAMPLES)
  #tick = 0
  /** The first tick of the latest whisper, and the last one. */
  #began = -SLOTS
  #ended = -SLOTS

  /** Once per tick. `mix` undefined: the leg hears something else, in which nobody whispers. */
  put(mix: WhisperedMix | undefined, legId: LegId): void {
    this.#tick += 1
    const open = mix?.openFor(legId)
    if (mix === undefined || open === undefined) return
    const slot = this.#tick & (SLOTS - 1)
    this.#frames[slot]!.set(open)
    this.#ticks[slot] = this.#tick
    if (!mix.isWhisperedTo(legId)) return
    if (this.#tick - this.#ended > BEHIND_MAX) this.#began = this.#tick
    this.#ended = this.#tick
  }

  /** What a tap hears in this tick in place of what was sent; undefined: what was sent has no whisper in it. */
  instead(): Int16Array | undefined {
    if (this.#tick - this.#ended > BEHIND_MAX) return undefined
    const due = this.#tick - BEHIND
    const slot = due & (SLOTS - 1)
    if (this.#ticks[slot] === due) return this.#frames[slot]
    // The leg came to the mix after that, or has left it since: then a late packet may still hold the whisper.
    return due >= this.#began ? this.#silence : undefined
  }
}
