// One conference in the media thread: each party's packets go through a jitter buffer into the mixer, what is played to all
// is added, and each tick gives every party its frame. All who say nothing hear the same frame, encoded once per law.

import type { LegId, PlaybackId } from '../../base/ids.ts'
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
import type { ClipPlayer } from './clip-player.ts'
import { Floor } from './floor.ts'

interface Seat {
  readonly party: MixParty
  readonly buffer: JitterBuffer
  /** The party's own frame, when it is not the shared one. */
  readonly own: Uint8Array
  /** By whom it is heard; undefined: by everybody. */
  only: readonly LegId[] | undefined
  /** Its buffer gave a frame in the last tick. */
  flows: boolean
}

/** What a mix tells. */
export interface MixListener {
  playbackStarted(playbackId: PlaybackId): void
  playbackEnded(playbackId: PlaybackId): void
  floorChanged(legId: LegId): void
}

/** Everybody's audio of each tick, 160 samples, whispers left out; the array is used again. */
export type MixTap = (mixed: Int16Array) => void

interface Playing {
  readonly player: ClipPlayer
  told: boolean
}

export class ConferenceMix {
  readonly #mixer = new Mixer()
  readonly #seats = new Map<LegId, Seat>()
  readonly #playing = new Map<PlaybackId, Playing>()
  readonly #taps = new Set<MixTap>()
  readonly #listener: MixListener | undefined
  readonly #floor = new Floor()
  readonly #scratch = new Int16Array(FRAME_SAMPLES)
  readonly #common = { PCMU: frame(PCMU_SILENCE), PCMA: frame(PCMA_SILENCE) }
  readonly #commonFresh = { PCMU: false, PCMA: false }
  readonly #silence = { PCMU: frame(PCMU_SILENCE), PCMA: frame(PCMA_SILENCE) }

  /** Without a listener nobody is told who speaks loudest. */
  constructor(listener?: MixListener) {
    this.#listener = listener
  }

  get size(): number {
    return this.#seats.size
  }

  join(legId: LegId, hears: boolean, heard: boolean, only?: readonly LegId[]): void {
    if (this.#seats.has(legId)) {
      this.set(legId, hears, heard, only)
      return
    }
    const party = this.#mixer.join(heard, hears)
    this.#seats.set(legId, { party, buffer: new JitterBuffer(), own: frame(0), only, flows: false })
    this.#seat()
  }

  set(legId: LegId, hears: boolean, heard: boolean, only?: readonly LegId[]): void {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return
    // Before it is heard again: not one frame must reach those it is no longer for.
    if (seat.only !== undefined || only !== undefined) {
      seat.only = only
      this.#address(seat)
    }
    seat.party.hears = hears
    seat.party.heard = heard
  }

  leave(legId: LegId): void {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return
    this.#mixer.leave(seat.party)
    this.#seats.delete(legId)
  }

  /** Plays to everybody, over what is said. */
  play(playbackId: PlaybackId, player: ClipPlayer): void {
    this.#playing.set(playbackId, { player, told: false })
  }

  /** The listener is not told. */
  stop(playbackId: PlaybackId): void {
    this.#playing.delete(playbackId)
  }

  tap(tap: MixTap): void {
    this.#taps.add(tap)
  }

  untap(tap: MixTap): void {
    this.#taps.delete(tap)
  }

  /** Audio of a party, as it arrived. */
  put(legId: LegId, header: Readonly<RtpHeader>, bytes: Uint8Array, law: G711Law): void {
    const table = law === 'PCMU' ? ulawToLinear : alawToLinear
    const { ssrc, timestamp, payloadOffset, payloadLength } = header
    this.#seats.get(legId)?.buffer.put(ssrc, timestamp, bytes, payloadOffset, payloadLength, table)
  }

  /** Whether the party's audio comes out of its buffer, so that who hears it here misses nothing. */
  flows(legId: LegId): boolean {
    return this.#seats.get(legId)?.flows === true
  }

  /** Mixes the next 20 ms. */
  tick(): void {
    for (const seat of this.#seats.values()) {
      seat.flows = seat.buffer.take(this.#scratch)
      if (seat.flows) this.#mixer.offer(seat.party, this.#scratch)
    }
    if (this.#playing.size > 0) this.#addPlaying()
    this.#mixer.tick()
    this.#commonFresh.PCMU = false
    this.#commonFresh.PCMA = false
    for (const tap of this.#taps) tap(this.#mixer.common)
    if (this.#listener === undefined || !this.#floor.due()) return
    const holder = this.#floor.look(this.#seats)
    if (holder !== undefined) this.#listener.floorChanged(holder)
  }

  /** Everybody's audio of this tick, whispers left out; used again. */
  get mixed(): Int16Array {
    return this.#mixer.common
  }

  /** What the party added to it; undefined for one who is not in. */
  shareOf(legId: LegId): Int16Array | undefined {
    const seat = this.#seats.get(legId)
    return seat === undefined ? undefined : this.#mixer.shareOf(seat.party)
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

  #addPlaying(): void {
    for (const [playbackId, playing] of this.#playing) {
      if (playing.player.ended) {
        // Told one tick after the last frame: only now has it been heard.
        this.#playing.delete(playbackId)
        this.#listener?.playbackEnded(playbackId)
        continue
      }
      if (!playing.told) this.#listener?.playbackStarted(playbackId)
      playing.told = true
      playing.player.read(this.#scratch)
      this.#mixer.add(this.#scratch)
    }
  }

  /** Somebody came: whispers may be for them. */
  #seat(): void {
    for (const seat of this.#seats.values()) if (seat.only !== undefined) this.#address(seat)
  }

  #address(seat: Seat): void {
    const present = seat.only?.flatMap((legId) => this.#seats.get(legId)?.party ?? [])
    this.#mixer.address(seat.party, present)
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
