// One conference in the media thread: each party's packets go through a jitter buffer into the mixer, what is played to all
// is added, and each tick gives every party its frame. All who say nothing hear the same frame, encoded once per codec.
// It is mixed at 8 kHz; at 16 kHz as soon as two parties have a codec of that width, for one alone has nobody to hear (C175).

import type { LegId, PlaybackId } from '../../base/ids.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { createEncoder, ENCODED_MAX, isWide } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import type { FrameEncoder } from '../audio/frame-codec.ts'
import { Mixer } from '../audio/mixer.ts'
import type { MixParty } from '../audio/mixer.ts'
import { Doubler, Halver } from '../audio/resample.ts'
import type { ClipPlayer } from './clip-player.ts'
import { Floor } from './floor.ts'
import { Hearing } from './hearing.ts'
import type { PacketPlace } from './hearing.ts'
import type { RtpSender } from './sender.ts'

interface Seat {
  party: MixParty
  readonly hearing: Hearing
  /** What the party hears is encoded with; known once it is fed. */
  codec: CodecName
  /** Ticks since its sound was its own, as far as that matters. */
  quietTicks: number
  /** For what must be 8 kHz of a mix of 16 kHz. */
  readonly narrowOut: Narrow
  readonly narrowShare: Narrow
  readonly narrowOpen: Narrow
  /** By whom it is heard; undefined: by everybody. */
  only: readonly LegId[] | undefined
  /** Its buffer gave a frame in the last tick. */
  flows: boolean
}

/** 5 s. */
const OWN_TICKS = 250

/** What a mix tells. */
export interface MixListener {
  playbackStarted(playbackId: PlaybackId): void
  playbackEnded(playbackId: PlaybackId): void
  floorChanged(legId: LegId): void
}

interface Playing {
  readonly player: ClipPlayer
  told: boolean
}

export class ConferenceMix {
  #mixer = new Mixer()
  #wide = false
  readonly #seats = new Map<LegId, Seat>()
  readonly #playing = new Map<PlaybackId, Playing>()
  readonly #listener: MixListener | undefined
  readonly #floor = new Floor()
  #scratch = new Int16Array(FRAME_SAMPLES)
  /** `common` encoded, by codec. */
  readonly #encoded: Partial<Record<CodecName, SharedFrame>> = {}
  readonly #narrowMixed = new Narrow()
  #ticks = 0

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
    this.#seats.set(legId, {
      party,
      hearing: new Hearing(),
      codec: 'PCMU',
      quietTicks: OWN_TICKS + 1,
      narrowOut: new Narrow(),
      narrowShare: new Narrow(),
      narrowOpen: new Narrow(),
      only,
      flows: false,
    })
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

  /** Audio of a party, as it arrived. */
  put(legId: LegId, header: PacketPlace, bytes: Uint8Array, kind: CodecName | 'noise'): void {
    const hearing = this.#seats.get(legId)?.hearing
    if (kind === 'noise') hearing?.putNoise(header, bytes)
    else hearing?.put(header, bytes, kind)
  }

  /** Whether the party's audio comes out of its buffer, so that who hears it here misses nothing. */
  flows(legId: LegId): boolean {
    return this.#seats.get(legId)?.flows === true
  }

  /** Mixes the next 20 ms. */
  tick(): void {
    this.#ticks++
    this.#setWidth()
    for (const seat of this.#seats.values()) {
      const { hearing, party } = seat
      seat.flows = hearing.take()
      if (seat.flows) this.#mixer.offer(party, this.#wide ? hearing.wide() : hearing.narrow())
    }
    if (this.#playing.size > 0) this.#addPlaying()
    this.#mixer.tick()
    if (this.#listener === undefined || !this.#floor.due()) return
    const holder = this.#floor.look(this.#seats)
    if (holder !== undefined) this.#listener.floorChanged(holder)
  }

  /** Everybody's audio of this tick at 8 kHz, whispers left out; used again. */
  get mixed(): Int16Array {
    return this.#narrowMixed.of(this.#mixer.common, this.#ticks)
  }

  /** What the party added to it; undefined for one who is not in. */
  shareOf(legId: LegId): Int16Array | undefined {
    const seat = this.#seats.get(legId)
    return seat?.narrowShare.of(this.#mixer.shareOf(seat.party), this.#ticks)
  }

  /** What the party hears in this tick, at 8 kHz unless `wide`; undefined for one who is not in. Used again. */
  soundFor(legId: LegId, wide: boolean): Int16Array | undefined {
    const seat = this.#seats.get(legId)
    if (seat === undefined) return undefined
    const samples = this.#mixer.output(seat.party)
    return wide ? samples : seat.narrowOut.of(samples, this.#ticks)
  }

  /** The same without what is said to this party alone. */
  openFor(legId: LegId): Int16Array | undefined {
    const seat = this.#seats.get(legId)
    return seat?.narrowOpen.of(this.#mixer.openOutput(seat.party), this.#ticks)
  }

  isWhisperedTo(legId: LegId): boolean {
    const party = this.#seats.get(legId)?.party
    return party !== undefined && this.#mixer.isWhisperedTo(party)
  }

  /** Gives the party's sender what it hears in this tick. */
  feed(legId: LegId, sender: RtpSender, nowMs: number): void {
    const seat = this.#seats.get(legId)
    const { codec } = sender
    if (seat === undefined) {
      sender.feedSilence(nowMs)
      return
    }
    seat.codec = codec
    const samples = this.#mixer.output(seat.party)
    if (this.#encodesAlone(seat, samples)) {
      sender.feedLinear(samples, nowMs)
    } else if (samples === this.#mixer.silence) {
      sender.feedSilence(nowMs)
    } else {
      const shared = (this.#encoded[codec] ??= new SharedFrame(codec))
      const length = shared.encode(samples, this.#ticks)
      sender.feed(shared.bytes, 0, nowMs, length)
    }
  }

  /** G.722 does not bear a change of encoders at every word: who spoke of late keeps its own for a while. */
  #encodesAlone(seat: Seat, samples: Int16Array): boolean {
    const isOwn = samples !== this.#mixer.common && samples !== this.#mixer.silence
    if (seat.codec !== 'G722') return isOwn
    seat.quietTicks = isOwn ? 0 : Math.min(seat.quietTicks + 1, OWN_TICKS + 1)
    return seat.quietTicks <= OWN_TICKS
  }

  /** Another rate begins: parties sit down at another mixer, and what they said at that moment is not faded. */
  #setWidth(): void {
    let count = 0
    for (const { codec, hearing } of this.#seats.values()) {
      // Of a supervised bridge the two who talk are not fed by the mix.
      if (isWide(codec) || hearing.isWide) count++
    }
    const wide = count > 1
    if (wide === this.#wide) return
    this.#wide = wide
    this.#scratch = new Int16Array(wide ? 2 * FRAME_SAMPLES : FRAME_SAMPLES)
    this.#mixer = new Mixer(this.#scratch.length)
    for (const seat of this.#seats.values()) {
      seat.party = this.#mixer.join(seat.party.heard, seat.party.hears)
    }
    this.#seat()
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

/** What many hear, encoded once per tick for those of one codec. */
class SharedFrame {
  readonly bytes = new Uint8Array(ENCODED_MAX)
  readonly #encoder: FrameEncoder
  readonly #fitting: Int16Array
  #doubler: Doubler | undefined
  #halver: Halver | undefined
  #tick = -1
  #length = 0

  constructor(codec: CodecName) {
    this.#encoder = createEncoder(codec)
    this.#fitting = new Int16Array(isWide(codec) ? 2 * FRAME_SAMPLES : FRAME_SAMPLES)
  }

  /** Into `bytes`; gives their number. */
  encode(samples: Int16Array, tick: number): number {
    if (tick === this.#tick) return this.#length
    this.#tick = tick
    const fitting = this.#fitting
    if (samples.length < fitting.length) (this.#doubler ??= new Doubler()).double(samples, fitting)
    if (samples.length > fitting.length) (this.#halver ??= new Halver()).halve(samples, fitting)
    const source = samples.length === fitting.length ? samples : fitting
    this.#length = this.#encoder.encode(source, this.bytes, 0)
    return this.#length
  }
}

/** One stream of a mix at 8 kHz, whatever it is mixed at. */
class Narrow {
  #halver: Halver | undefined
  #samples = new Int16Array(0)
  #tick = -1

  of(samples: Int16Array, tick: number): Int16Array {
    if (samples.length === FRAME_SAMPLES) return samples
    if (tick === this.#tick) return this.#samples
    this.#tick = tick
    if (this.#samples.length === 0) this.#samples = new Int16Array(FRAME_SAMPLES)
    ;(this.#halver ??= new Halver()).halve(samples, this.#samples)
    return this.#samples
  }
}
