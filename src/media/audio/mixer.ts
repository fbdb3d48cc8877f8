// The sum of a conference: everybody hears all others but not themselves ("N-1"). Per tick one 32-bit sum over those
// who speak, then for each of them the sum less their own share, clamped. All who contribute nothing hear the same
// thing, so they share one output frame that is encoded once. Nothing is allocated after a party has joined.
//
// Use per 20 ms: `offer` for each party whose audio arrived, `tick` once, then `output` for each party.

import { assert } from '../../base/assert.ts'
import { FRAME_SAMPLES } from './clip.ts'

/** Sound that begins or stops fades over 5 ms: an edge in the middle of a wave is heard as a click. */
const RAMP_SAMPLES = 40

/** One member of a mix; made by `Mixer.join`. */
export interface MixParty {
  /** False: this party's audio is left out (muted). Takes effect, with a fade, at the next tick. */
  heard: boolean
  /** False: this party's output is silence. */
  hears: boolean
}

interface Seat extends MixParty {
  readonly offered: Int16Array
  /** What went into the sum in the last tick. */
  readonly share: Int16Array
  readonly out: Int16Array
  fresh: boolean
  /** Its share of the last tick was not all fade-out. */
  speaking: boolean
  shared: boolean
  /** The last sample of its share, from which a lost signal fades. */
  last: number
}

/** An N-1 mixer of one conference. */
export class Mixer {
  /** What those hear who contribute nothing; rewritten by every tick. `output` returns this very array for them. */
  readonly common: Int16Array = new Int16Array(FRAME_SAMPLES)
  readonly silence: Int16Array = new Int16Array(FRAME_SAMPLES)
  readonly #seats = new Set<Seat>()
  readonly #sum = new Int32Array(FRAME_SAMPLES)
  /** The fades of parties that left since the last tick. */
  readonly #tail = new Int32Array(RAMP_SAMPLES)

  get size(): number {
    return this.#seats.size
  }

  join(heard: boolean, hears: boolean): MixParty {
    const seat: Seat = {
      heard,
      hears,
      offered: new Int16Array(FRAME_SAMPLES),
      share: new Int16Array(FRAME_SAMPLES),
      out: new Int16Array(FRAME_SAMPLES),
      fresh: false,
      speaking: false,
      shared: true,
      last: 0,
    }
    this.#seats.add(seat)
    return seat
  }

  /** Takes the party out; what it was saying fades within the next tick. */
  leave(party: MixParty): void {
    const seat = this.#seatOf(party)
    if (seat.speaking) {
      for (let i = 0; i < RAMP_SAMPLES; i++) {
        this.#tail[i] = this.#tail[i]! + fadeOut(seat.last, i)
      }
    }
    this.#seats.delete(seat)
  }

  /** The party's audio for the coming tick, 160 samples, copied; the later of two wins. */
  offer(party: MixParty, samples: Int16Array): void {
    const seat = this.#seatOf(party)
    assert(samples.length === FRAME_SAMPLES, 'a mixer frame is 20 ms')
    seat.offered.set(samples)
    seat.fresh = true
  }

  /** Sums what was offered since the last tick. */
  tick(): void {
    const sum = this.#sum
    sum.fill(0)
    for (let i = 0; i < RAMP_SAMPLES; i++) sum[i] = this.#tail[i]!
    this.#tail.fill(0)
    for (const seat of this.#seats) {
      takeShare(seat)
      if (!seat.shared) for (let i = 0; i < FRAME_SAMPLES; i++) sum[i] = sum[i]! + seat.share[i]!
    }
    for (let i = 0; i < FRAME_SAMPLES; i++) this.common[i] = clamp(sum[i]!)
    for (const seat of this.#seats) {
      if (seat.shared) continue
      const { out, share } = seat
      for (let i = 0; i < FRAME_SAMPLES; i++) out[i] = clamp(sum[i]! - share[i]!)
    }
  }

  /** What the party hears in this tick: `common`, `silence`, or an array of its own; valid until the next tick. */
  output(party: MixParty): Int16Array {
    const seat = this.#seatOf(party)
    if (!seat.hears) return this.silence
    return seat.shared ? this.common : seat.out
  }

  #seatOf(party: MixParty): Seat {
    // A party object is a seat made by `join`; membership proves it.
    const seat = party as Seat
    assert(this.#seats.has(seat), 'party is not in this mix')
    return seat
  }
}

/** Decides what the seat adds in this tick and fades where its sound begins or stops. */
function takeShare(seat: Seat): void {
  const { share, offered } = seat
  const speaks = seat.heard && seat.fresh
  seat.shared = !speaks && !seat.speaking
  if (speaks) {
    share.set(offered)
    if (!seat.speaking) {
      for (let i = 0; i < RAMP_SAMPLES; i++) share[i] = Math.trunc((share[i]! * i) / RAMP_SAMPLES)
    }
  } else if (seat.speaking) {
    // Muted: its own wave fades. Lost: the last sample does.
    for (let i = 0; i < RAMP_SAMPLES; i++)
      share[i] = fadeOut(seat.fresh ? offered[i]! : seat.last, i)
    share.fill(0, RAMP_SAMPLES)
  }
  seat.speaking = speaks
  seat.fresh = false
  seat.last = speaks ? share[FRAME_SAMPLES - 1]! : 0
}

function fadeOut(sample: number, place: number): number {
  return Math.trunc((sample * (RAMP_SAMPLES - place)) / RAMP_SAMPLES)
}

function clamp(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value
}
