// One conference in the media thread: each party's packets go through a jitter buffer into the mixer, and each tick
// gives every party its frame. All who say nothing hear the same frame, encoded once per law.

import type { LegId } from '../../base/ids.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import {
  alawToLinear,
  encodeAlaw,
  encodeUlaw,
  PCMA_SILENCE,
  PCMU_SILENCE,
  ulawToLinear,
} from '../audio/g711.ts'
import type { G711Law } from '../audio/g711.ts'
import { Mixer } from '../audio/mixer.ts'
import type { MixParty } from '../audio/mixer.ts'
import { JitterBuffer } from '../rtp/jitter-buffer.ts'
import type { RtpHeader } from '../rtp/packet.ts'

interface Seat {
  readonly party: MixParty
  readonly buffer: JitterBuffer
  /** The party's own frame, when it is not the shared one. */
  readonly own: Uint8Array
}

export class ConferenceMix {
  readonly #mixer = new Mixer()
  readonly #seats = new Map<LegId, Seat>()
  readonly #scratch = new Int16Array(FRAME_SAMPLES)
  readonly #common = { PCMU: frame(PCMU_SILENCE), PCMA: frame(PCMA_SILENCE) }
  readonly #commonFresh = { PCMU: false, PCMA: false }
  readonly #silence = { PCMU: frame(PCMU_SILENCE), PCMA: frame(PCMA_SILENCE) }

  get size(): number {
    return this.#seats.size
  }

  join(legId: LegId, hears: boolean, heard: boolean): void {
    if (this.#seats.has(legId)) {
      this.set(legId, hears, heard)
      return
    }
    const party = this.#mixer.join(heard, hears)
    this.#seats.set(legId, { party, buffer: new JitterBuffer(), own: frame(0) })
  }

  set(legId: LegId, hears: boolean, heard: boolean): void {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return
    seat.party.hears = hears
    seat.party.heard = heard
  }

  leave(legId: LegId): void {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return
    this.#mixer.leave(seat.party)
    this.#seats.delete(legId)
  }

  /** Audio of a party, as it arrived. */
  put(legId: LegId, header: Readonly<RtpHeader>, bytes: Uint8Array, law: G711Law): void {
    const table = law === 'PCMU' ? ulawToLinear : alawToLinear
    const { ssrc, timestamp, payloadOffset, payloadLength } = header
    this.#seats.get(legId)?.buffer.put(ssrc, timestamp, bytes, payloadOffset, payloadLength, table)
  }

  /** Mixes the next 20 ms. */
  tick(): void {
    for (const seat of this.#seats.values()) {
      if (seat.buffer.take(this.#scratch)) this.#mixer.offer(seat.party, this.#scratch)
    }
    this.#mixer.tick()
    this.#commonFresh.PCMU = false
    this.#commonFresh.PCMA = false
  }

  /** What the party hears in this tick, 160 bytes in its law. */
  frameFor(legId: LegId, law: G711Law): Uint8Array {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return this.#silence[law]
    const samples = this.#mixer.output(seat.party)
    if (samples === this.#mixer.silence) return this.#silence[law]
    if (samples !== this.#mixer.common) return encode(samples, seat.own, law)
    if (!this.#commonFresh[law]) encode(samples, this.#common[law], law)
    this.#commonFresh[law] = true
    return this.#common[law]
  }
}

function encode(samples: Int16Array, into: Uint8Array, law: G711Law): Uint8Array {
  if (law === 'PCMU') encodeUlaw(samples, into)
  else encodeAlaw(samples, into)
  return into
}

function frame(byte: number): Uint8Array {
  return new Uint8Array(FRAME_SAMPLES).fill(byte)
}
