// The sum of a conference: everybody hears all others but not themselves ("N-1"). Per tick one 32-bit sum over those
// who speak, then for each of them the sum less their own share, clamped. All who contribute nothing hear the same
// thing, so they share one output frame that is encoded once. Nothing is allocated after a party has joined.
//
// A party may speak to some only (`audience`): its share never enters the sum, it is added to what each of those hears.
// So who is heard by whom is a matrix of edges, stored as what it mostly is: everybody, and a few lists.
//
// Use per 20 ms: `offer` for each party whose audio arrived, `tick` once, then `output` for each party.

import { assert } from '../../base/assert.ts'
import { FRAME_SAMPLES } from './clip.ts'

/** Sound that begins or stops fades over a quarter of a frame, 5 ms: an edge within a wave is heard as a click. */
const RAMP_SHARE = 4
/** A new tick's part in `level`: half a second is 25 ticks. */
const LEVEL_WEIGHT = 1 / 25

/** One member of a mix; made by `Mixer.join`. */
export interface MixParty {
  /** False: this party's audio is left out (muted). Takes effect, with a fade, at the next tick. */
  heard: boolean
  /** False: this party's output is silence. */
  hears: boolean
  /** How loud it was of late: mean amplitude of what everybody heard of it, smoothed over half a second. */
  readonly level: number
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
  /** Its share of this tick is in `common`. */
  adds: boolean
  /** The last sample of its share, from which a lost signal fades. */
  last: number
  level: number
  /** Who hears it; undefined: everybody. */
  audience: ReadonlySet<Seat> | undefined
  /** What is said to this party alone, summed; made when it is first somebody's audience. */
  whispers: Int32Array | undefined
  /** `whispers` has something in the tick that is being summed. */
  whisperedTo: boolean
  /** The same of the last tick. */
  wasWhisperedTo: boolean
}

/** An N-1 mixer of one conference. */
export class Mixer {
  /** What those hear who contribute nothing; rewritten by every tick. `output` returns this very array for them. */
  readonly common: Int16Array
  readonly silence: Int16Array
  readonly #seats = new Set<Seat>()
  readonly #sum: Int32Array
  /** The fades of parties that left since the last tick. */
  readonly #tail: Int32Array
  readonly #added: Int32Array
  readonly #frame: number
  #open: Int16Array | undefined
  #hasAdded = false

  /** `frame`: samples of 20 ms, 160 at 8 kHz or 320 at 16 kHz. */
  constructor(frame: number = FRAME_SAMPLES) {
    this.#frame = frame
    this.common = new Int16Array(frame)
    this.silence = new Int16Array(frame)
    this.#sum = new Int32Array(frame)
    this.#tail = new Int32Array(frame / RAMP_SHARE)
    this.#added = new Int32Array(frame)
  }

  get size(): number {
    return this.#seats.size
  }

  join(heard: boolean, hears: boolean): MixParty {
    const seat: Seat = {
      heard,
      hears,
      offered: new Int16Array(this.#frame),
      share: new Int16Array(this.#frame),
      out: new Int16Array(this.#frame),
      fresh: false,
      speaking: false,
      shared: true,
      adds: false,
      last: 0,
      level: 0,
      audience: undefined,
      whispers: undefined,
      whisperedTo: false,
      wasWhisperedTo: false,
    }
    this.#seats.add(seat)
    return seat
  }

  /**
   * From the next tick on the party is heard by these alone; undefined: by everybody. Those who are not in this mix are
   * left out, the party itself too.
   */
  address(party: MixParty, audience: Iterable<MixParty> | undefined): void {
    const seat = this.#seatOf(party)
    if (audience === undefined && seat.audience === undefined) return
    // What it was saying ends for those who heard it, and fades in for those who will.
    if (seat.speaking) this.#fadeAway(seat)
    seat.speaking = false
    seat.audience = audience === undefined ? undefined : this.#present(audience, seat)
    for (const one of seat.audience ?? []) one.whispers ??= new Int32Array(this.#frame)
  }

  /** Takes the party out; what it was saying fades within the next tick. */
  leave(party: MixParty): void {
    const seat = this.#seatOf(party)
    if (seat.speaking) this.#fadeAway(seat)
    this.#seats.delete(seat)
    for (const other of this.#seats) {
      if (other.audience?.has(seat)) this.address(other, [...other.audience])
    }
  }

  /** The party's audio for the coming tick, one frame, copied; the later of two wins. */
  offer(party: MixParty, samples: Int16Array): void {
    const seat = this.#seatOf(party)
    assert(samples.length === this.#frame, 'a mixer frame is 20 ms')
    seat.offered.set(samples)
    seat.fresh = true
  }

  /** Adds to what everybody hears in the coming tick: a prompt or a beep, one frame. */
  add(samples: Int16Array): void {
    assert(samples.length === this.#frame, 'a mixer frame is 20 ms')
    const added = this.#added
    if (!this.#hasAdded) added.fill(0)
    this.#hasAdded = true
    for (let i = 0; i < this.#frame; i++) added[i] = added[i]! + samples[i]!
  }

  /** Sums what was offered since the last tick. */
  tick(): void {
    const sum = this.#sum
    if (this.#hasAdded) sum.set(this.#added)
    else sum.fill(0)
    this.#hasAdded = false
    for (let i = 0; i < this.#tail.length; i++) sum[i] = sum[i]! + this.#tail[i]!
    this.#tail.fill(0)
    for (const seat of this.#seats) {
      takeShare(seat)
      seat.adds = !seat.shared && seat.audience === undefined
      if (!seat.shared && seat.audience !== undefined) whisper(seat.share, seat.audience)
      else if (!seat.shared) addTo(sum, seat.share)
    }
    for (let i = 0; i < this.#frame; i++) this.common[i] = clamp(sum[i]!)
    for (const seat of this.#seats) {
      const { out, share } = seat
      if (seat.audience !== undefined) seat.shared = true
      seat.wasWhisperedTo = seat.whisperedTo
      if (seat.shared && !seat.whisperedTo) continue
      for (let i = 0; i < out.length; i++) {
        const own = seat.shared ? 0 : share[i]!
        const alone = seat.whisperedTo ? seat.whispers![i]! : 0
        out[i] = clamp(sum[i]! - own + alone)
      }
      if (seat.whisperedTo) seat.shared = false
      seat.whisperedTo = false
    }
  }

  /** What the party added to `common` in this tick; valid until the next. */
  shareOf(party: MixParty): Int16Array {
    const seat = this.#seatOf(party)
    return seat.adds ? seat.share : this.silence
  }

  /** What the party hears in this tick: `common`, `silence`, or an array of its own; valid until the next tick. */
  output(party: MixParty): Int16Array {
    const seat = this.#seatOf(party)
    if (!seat.hears) return this.silence
    return seat.shared ? this.common : seat.out
  }

  /** As `output`, but for what was said to this party alone; used again by the next call. */
  openOutput(party: MixParty): Int16Array {
    const seat = this.#seatOf(party)
    if (!seat.wasWhisperedTo) return this.output(party)
    if (!seat.hears) return this.silence
    if (!seat.adds) return this.common
    const open = (this.#open ??= new Int16Array(this.#frame))
    for (let i = 0; i < open.length; i++) open[i] = clamp(this.#sum[i]! - seat.share[i]!)
    return open
  }

  /** In this tick somebody spoke to this party alone. */
  isWhisperedTo(party: MixParty): boolean {
    return this.#seatOf(party).wasWhisperedTo
  }

  /** The party's last sample fades within the next tick; what it whispered merely ends. */
  #fadeAway(seat: Seat): void {
    if (seat.audience !== undefined) return
    for (let i = 0; i < this.#tail.length; i++) {
      this.#tail[i] = this.#tail[i]! + fadeOut(seat.last, i, this.#tail.length)
    }
  }

  #present(audience: Iterable<MixParty>, speaker: Seat): ReadonlySet<Seat> {
    const present = new Set<Seat>()
    for (const party of audience) {
      // As in `#seatOf`: membership proves it.
      const seat = party as Seat
      if (seat !== speaker && this.#seats.has(seat)) present.add(seat)
    }
    return present
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
  const ramp = share.length / RAMP_SHARE
  const speaks = seat.heard && seat.fresh
  seat.shared = !speaks && !seat.speaking
  if (speaks) {
    share.set(offered)
    if (!seat.speaking) {
      for (let i = 0; i < ramp; i++) share[i] = Math.trunc((share[i]! * i) / ramp)
    }
  } else if (seat.speaking) {
    // Muted: its own wave fades. Lost: the last sample does.
    for (let i = 0; i < ramp; i++) share[i] = fadeOut(seat.fresh ? offered[i]! : seat.last, i, ramp)
    share.fill(0, ramp)
  }
  seat.speaking = speaks
  seat.fresh = false
  seat.last = speaks ? share[share.length - 1]! : 0
  // A quarter of the samples tells loudness as well as all of them.
  let loudness = 0
  if (speaks && seat.audience === undefined) {
    for (let i = 0; i < share.length; i += 4) loudness += Math.abs(share[i]!)
  }
  seat.level += (loudness / (share.length / 4) - seat.level) * LEVEL_WEIGHT
}

/** Adds the share to what each of the audience hears. */
function whisper(share: Int16Array, audience: ReadonlySet<Seat>): void {
  for (const seat of audience) {
    const into = seat.whispers!
    if (!seat.whisperedTo) into.fill(0)
    seat.whisperedTo = true
    addTo(into, share)
  }
}

function addTo(sum: Int32Array, samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) sum[i] = sum[i]! + samples[i]!
}

function fadeOut(sample: number, place: number, ramp: number): number {
  return Math.trunc((sample * (ramp - place)) / ramp)
}

function clamp(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value
}
