// The sending half of a leg: one RTP identity (SSRC, sequence, timestamp) for the whole call, whatever is heard. Audio
// comes in two ways: `feed`, 20 ms at a time at the pace of our tick (silence, clips, mixes), cut into packets of the
// peer's ptime; and `relay`, another leg's packets as they arrive, only renumbered, so that their loss and reordering
// stay visible to the far jitter buffer. Every change from one to the other continues the sequence at +1 and the
// timestamp by the time that really passed, and sets the marker bit.

import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts'
import type { RtpHeader } from '../rtp/packet.ts'
import { sequenceDelta, timestampDelta } from '../rtp/sequence.ts'
import { EVENT_BYTES, writeEvent } from '../rtp/telephone-event.ts'
import { clockPerMs, createEncoder, ENCODED_MAX, isWide } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import type { FrameEncoder } from '../audio/frame-codec.ts'
import { alawToUlaw, ulawToAlaw } from '../audio/g711.ts'
import { Doubler, Halver } from '../audio/resample.ts'
import { silenceOf } from './silence.ts'
import type { LegTaps } from './tap.ts'

/** Bytes of 20 ms of a codec that sends one per tick of its 8 kHz clock: all but Opus. */
const TICK_BYTES = 160
const TICK_MS = 20
const PTIME_MAX_BYTES = 480
/** The largest foreign payload that is passed on: 200 ms, more than any ptime. */
const RELAY_PAYLOAD_MAX = 1600
/** Jumps within a relayed stream beyond these are another stream: 2 s of media, 3000 packets. */
const JUMP_MS = 2000
const JUMP_PACKETS = 3000
/** A relayed stream that pauses so long is filled up with silence of our own. */
export const RELAY_PAUSE_MS = 100

/** Whose encoder made what is sent; `before`: that of a former source, `nobody`: it was silence. */
type Speaker = 'own' | 'another' | 'peer' | 'before' | 'nobody'

/** Sends bytes to the leg's peer; false when they were dropped (back-pressure, no address). */
export type Transmit = (packet: Uint8Array) => boolean

/** What a stream starts with; random (RFC 3550 §5.1), or where a former process stopped. */
export interface RtpIdentity {
  readonly ssrc: number
  readonly sequence: number
  readonly timestamp: number
}

export class RtpSender {
  readonly ssrc: number
  packets = 0
  octets = 0
  skipped = 0
  codec: CodecName = 'PCMU'
  /** Ticks of the RTP clock. */
  perMs = 8
  /** Whether packets leave at all: started, address known, not held. The clock runs on regardless. */
  sending = false
  eventPayloadType: number | undefined
  /** Told of each packet of audio that leaves. */
  taps: LegTaps | undefined
  readonly #transmit: Transmit
  #payloadType = 0
  #nextSequence: number
  #lastTimestamp: number
  #lastTimestampMs: number
  /** Ticks of the packet sent last. */
  #lastFrame = TICK_BYTES
  /** How far the timestamp runs ahead of time because switches never go back; used up by later pauses. */
  #lead = 0
  /** undefined: the next tick packet is placed by the time that passed. */
  #nextTimestamp: number | undefined
  #marker = true
  /**
   * Whose G.722 was sent last. A decoder that is adapted to loud sound would blow up the first codes of an encoder that
   * begins softly, so 20 ms of silence take the place of the first that another one says; after them, and after any
   * silence, an encoder that is loud already merely fades in (C178).
   */
  #spoke: Speaker = 'nobody'

  readonly #packet = new Uint8Array(RTP_HEADER_BYTES + ENCODED_MAX)
  #framePacket: Uint8Array
  /** Bytes of a packet of the peer's ptime. */
  #frame = TICK_BYTES
  #filled = 0
  /** For what is computed for this leg alone; made when it is first needed. */
  #encoder: FrameEncoder | undefined
  #doubler: Doubler | undefined
  #halver: Halver | undefined
  #encoded = new Uint8Array(0)
  #resampled = new Int16Array(0)
  readonly #eventPacket = new Uint8Array(RTP_HEADER_BYTES + EVENT_BYTES)
  #eventTimestamp = 0
  #eventMs = 0

  #relaying = false
  #relaySsrc = 0
  #relayFirst = 0
  #relayHighest = 0
  #relayTimestamp = 0
  #sequenceOffset = 0
  #timestampOffset = 0
  #relayedMs = -Infinity
  readonly #relayBuffer = new Uint8Array(RTP_HEADER_BYTES + RELAY_PAYLOAD_MAX)
  #relayPacket: Uint8Array

  constructor(identity: RtpIdentity, nowMs: number, transmit: Transmit) {
    this.ssrc = identity.ssrc
    this.#nextSequence = identity.sequence
    this.#lastTimestamp = identity.timestamp
    this.#lastTimestampMs = nowMs
    this.#transmit = transmit
    this.#framePacket = this.#packet.subarray(0, RTP_HEADER_BYTES + TICK_BYTES)
    this.#relayPacket = this.#relayBuffer.subarray(0, RTP_HEADER_BYTES + TICK_BYTES)
  }

  /** What was negotiated; takes effect with the next packet. `ptimeMs`: 10 to 60 in steps of 10; Opus has always 20. */
  configure(
    codec: CodecName,
    payloadType: number,
    eventPayloadType: number | undefined,
    ptimeMs: number,
  ) {
    const frame = Math.min(PTIME_MAX_BYTES, ptimeMs * 8)
    if (codec !== this.codec || frame !== this.#frame) this.#discardPart()
    if (codec !== this.codec) this.#become(codec)
    this.#payloadType = payloadType
    this.eventPayloadType = eventPayloadType
    if (frame !== this.#frame) {
      this.#frame = frame
      this.#framePacket = this.#packet.subarray(0, RTP_HEADER_BYTES + frame)
    }
  }

  /** Another source begins: the next packet starts a talkspurt. */
  mark(): void {
    this.#marker = true
    this.#relaying = false
    if (this.#spoke !== 'nobody') this.#spoke = 'before'
  }

  /** Where the stream stands: the next sequence number, and the timestamp that belongs to `nowMs`. */
  position(nowMs: number): { sequence: number; timestamp: number; packetMs: number } {
    return {
      sequence: this.#nextSequence,
      timestamp: this.timestampAt(nowMs),
      packetMs: this.#lastFrame / this.perMs,
    }
  }

  /** Whether a relayed stream is flowing, so that the tick has nothing to add. */
  relayFlows(nowMs: number): boolean {
    return this.#relaying && nowMs - this.#relayedMs < RELAY_PAUSE_MS
  }

  /** The RTP timestamp that belongs to `nowMs`, for sender reports. */
  timestampAt(nowMs: number): number {
    return (this.#lastTimestamp + Math.round((nowMs - this.#lastTimestampMs) * this.perMs)) >>> 0
  }

  /**
   * Adds 20 ms in the leg's codec, `length` bytes of `source` from `at`; packets leave when full. `nowMs`: the tick's
   * nominal time.
   */
  feed(source: Uint8Array, at: number, nowMs: number, length = TICK_BYTES): void {
    this.#feed(source, at, nowMs, length, 'another')
  }

  #feed(source: Uint8Array, at: number, nowMs: number, length: number, speaker: Speaker): void {
    if (this.#relaying) this.mark()
    if (this.codec === 'OPUS') {
      this.#sendWhole(source, at, length, nowMs)
      return
    }
    if (this.codec === 'G722' && this.#startles(speaker)) {
      this.#cut(silenceOf('G722'), 0, nowMs)
    } else this.#cut(source, at, nowMs)
  }

  /** Takes note of who speaks; true when silence must come first. */
  #startles(speaker: Speaker): boolean {
    const before = this.#spoke
    const startles = before !== 'nobody' && speaker !== 'nobody' && before !== speaker
    this.#spoke = startles ? 'nobody' : speaker
    return startles
  }

  #cut(source: Uint8Array, at: number, nowMs: number): void {
    let taken = 0
    while (taken < TICK_BYTES) {
      const count = Math.min(TICK_BYTES - taken, this.#frame - this.#filled)
      const into = RTP_HEADER_BYTES + this.#filled
      for (let i = 0; i < count; i++) this.#packet[into + i] = source[at + taken + i]!
      taken += count
      this.#filled += count
      if (this.#filled === this.#frame) this.#sendFrame(nowMs)
    }
  }

  /** As `feed`, of 160 samples of 8 kHz or 320 of 16 kHz: for what is computed for this leg alone. */
  feedLinear(samples: Int16Array, nowMs: number): void {
    if (this.#encoder === undefined) {
      this.#encoder = createEncoder(this.codec)
      this.#encoded = new Uint8Array(ENCODED_MAX)
      this.#resampled = new Int16Array(isWide(this.codec) ? 320 : 160)
    }
    let fitting = samples
    if (samples.length < this.#resampled.length) {
      fitting = this.#resampled
      ;(this.#doubler ??= new Doubler()).double(samples, fitting)
    } else if (samples.length > this.#resampled.length) {
      fitting = this.#resampled
      ;(this.#halver ??= new Halver()).halve(samples, fitting)
    }
    const length = this.#encoder.encode(fitting, this.#encoded, 0)
    this.#feed(this.#encoded, 0, nowMs, length, 'own')
  }

  /** 20 ms of silence. */
  feedSilence(nowMs: number): void {
    const silence = silenceOf(this.codec)
    this.#feed(silence, 0, nowMs, silence.length, 'nobody')
  }

  /** Ticks that were left out: time passed, nothing was sent. */
  skipTicks(count: number): void {
    if (this.#nextTimestamp !== undefined) {
      this.#nextTimestamp = (this.#nextTimestamp + count * TICK_MS * this.perMs) >>> 0
    }
    if (this.sending) this.skipped += count
  }

  /**
   * Passes on another leg's packet, of our codec or of the other law. `kind` 'other' (keys that shall not pass, noise) is
   * left out without leaving a hole in the sequence.
   */
  relay(
    header: Readonly<RtpHeader>,
    bytes: Uint8Array,
    kind: CodecName | 'event' | 'other',
    nowMs: number,
  ): void {
    if (!this.sending) {
      this.mark()
      return
    }
    const payloadType = kind === 'event' ? this.eventPayloadType : this.#payloadType
    if (kind === 'other' || payloadType === undefined) {
      this.#leaveOut(header)
      return
    }
    if (!this.#continues(header)) this.#rebase(header, nowMs)
    else if (sequenceDelta(this.#relayFirst, header.sequence) < 0) return
    const sequence = (header.sequence + this.#sequenceOffset) & 0xffff
    const timestamp = (header.timestamp + this.#timestampOffset) >>> 0
    if (sequenceDelta(this.#relayHighest, header.sequence) >= 0) {
      this.#advanceTo(header.sequence)
      this.#relayTimestamp = header.timestamp
      this.#nextSequence = (sequence + 1) & 0xffff
      if (timestamp !== this.#lastTimestamp) this.#moveTo(timestamp, nowMs)
      if (this.perMs === 48) this.#lastFrame = TICK_MS * this.perMs
      else if (kind !== 'event') this.#lastFrame = header.payloadLength
    }
    this.#relayedMs = nowMs
    const marker = this.#marker || header.marker
    this.#marker = false
    const packet = this.#copy(header, bytes, kind)
    if (packet === undefined) return
    writeRtpHeader(packet, 0, marker, payloadType, sequence, timestamp, this.ssrc)
    const left = this.#deliver(packet, header.payloadLength)
    if (left && this.taps !== undefined && kind !== 'event') {
      this.taps.sent(this, sequence, timestamp, packet, header.payloadLength)
    }
  }

  /** Begins a key of our own: its timestamp stays while it is held down. */
  beginEvent(nowMs: number): void {
    this.#discardPart()
    this.#relaying = false
    this.#eventTimestamp = this.#nextTimestamp ?? this.#placeByTime(nowMs)
    this.#eventMs = nowMs
    this.#moveTo(this.#eventTimestamp, nowMs)
    this.#lastFrame = TICK_MS * this.perMs
  }

  /** One packet of the key; `duration` in ticks, `first` sets the marker (RFC 4733 §2.5.1.1). */
  sendEvent(event: number, end: boolean, duration: number, first: boolean): void {
    const payloadType = this.eventPayloadType
    if (payloadType === undefined) return
    const packet = this.#eventPacket
    writeEvent(packet, RTP_HEADER_BYTES, event, end, duration)
    this.#write(packet, first, payloadType, this.#eventTimestamp, EVENT_BYTES)
  }

  /** The key is over: audio goes on where time is now. */
  endEvent(): void {
    this.#lastTimestamp = this.#eventTimestamp
    this.#lastTimestampMs = this.#eventMs
    this.#nextTimestamp = undefined
    this.#marker = true
  }

  #sendFrame(nowMs: number): void {
    this.#filled = 0
    const timestamp = this.#nextTimestamp ?? this.#placeByTime(nowMs)
    this.#moveTo(timestamp, nowMs)
    this.#lastFrame = this.#frame
    this.#nextTimestamp = (timestamp + this.#frame) >>> 0
    this.#writeAudio(this.#framePacket, timestamp, this.#frame)
  }

  /** One packet of 20 ms that cannot be cut. */
  #sendWhole(source: Uint8Array, at: number, length: number, nowMs: number): void {
    const into = this.#packet
    for (let i = 0; i < length; i++) into[RTP_HEADER_BYTES + i] = source[at + i]!
    const size = RTP_HEADER_BYTES + length
    if (this.#framePacket.length !== size) this.#framePacket = into.subarray(0, size)
    const timestamp = this.#nextTimestamp ?? this.#placeByTime(nowMs)
    this.#moveTo(timestamp, nowMs)
    this.#lastFrame = TICK_MS * this.perMs
    this.#nextTimestamp = (timestamp + this.#lastFrame) >>> 0
    this.#writeAudio(this.#framePacket, timestamp, length)
  }

  #writeAudio(packet: Uint8Array, timestamp: number, length: number): void {
    const sequence = this.#nextSequence
    if (!this.#write(packet, this.#marker, this.#payloadType, timestamp, length)) return
    this.taps?.sent(this, sequence, timestamp, packet, length)
  }

  #write(
    packet: Uint8Array,
    marker: boolean,
    payloadType: number,
    timestamp: number,
    payload: number,
  ): boolean {
    if (!this.sending) {
      this.#marker = true
      return false
    }
    writeRtpHeader(packet, 0, marker, payloadType, this.#nextSequence, timestamp, this.ssrc)
    if (!this.#deliver(packet, payload)) return false
    this.#nextSequence = (this.#nextSequence + 1) & 0xffff
    this.#marker = false
    return true
  }

  #deliver(packet: Uint8Array, payload: number): boolean {
    if (!this.sending) return false
    if (!this.#transmit(packet)) {
      this.skipped++
      return false
    }
    this.packets++
    this.octets += payload
    return true
  }

  #moveTo(timestamp: number, nowMs: number): void {
    this.#lastTimestamp = timestamp
    this.#lastTimestampMs = nowMs
  }

  /** The timestamp of a packet that follows a change of pace: by the time that passed, at least one frame on. */
  #placeByTime(nowMs: number): number {
    const elapsed = Math.round((nowMs - this.#lastTimestampMs) * this.perMs)
    const advance = Math.max(this.#lastFrame, elapsed - this.#lead)
    this.#lead = Math.max(0, this.#lead + advance - elapsed)
    return (this.#lastTimestamp + advance) >>> 0
  }

  /** Another clock may begin, in the same stream (RFC 7160): the next packet is placed by the time that passed. */
  #become(codec: CodecName): void {
    this.codec = codec
    this.perMs = clockPerMs(codec)
    this.#encoder = undefined
    this.#nextTimestamp = undefined
    this.#relaying = false
    this.#lastFrame = TICK_MS * this.perMs
    this.#lead = 0
  }

  #discardPart(): void {
    if (this.#filled > 0) this.#nextTimestamp = undefined
    this.#filled = 0
  }

  #continues(header: Readonly<RtpHeader>): boolean {
    return (
      this.#relaying &&
      header.ssrc === this.#relaySsrc &&
      Math.abs(timestampDelta(this.#relayTimestamp, header.timestamp)) <= JUMP_MS * this.perMs &&
      Math.abs(sequenceDelta(this.#relayHighest, header.sequence)) <= JUMP_PACKETS
    )
  }

  #rebase(header: Readonly<RtpHeader>, nowMs: number): void {
    this.#discardPart()
    const timestamp = this.#placeByTime(nowMs)
    this.#nextTimestamp = undefined
    this.#relaying = true
    this.#relaySsrc = header.ssrc
    this.#relayFirst = header.sequence
    this.#relayHighest = header.sequence
    this.#relayTimestamp = header.timestamp
    this.#sequenceOffset = this.#nextSequence - header.sequence
    this.#timestampOffset = timestamp - header.timestamp
    this.#marker = true
    if (this.#spoke !== 'nobody') this.#spoke = 'before'
  }

  #leaveOut(header: Readonly<RtpHeader>): void {
    if (!this.#continues(header) || sequenceDelta(this.#relayHighest, header.sequence) <= 0) return
    this.#advanceTo(header.sequence)
    this.#sequenceOffset--
  }

  /** The first number follows at a distance: left behind by 32768 packets, eleven minutes, it would lie ahead. */
  #advanceTo(sequence: number): void {
    this.#relayHighest = sequence
    if (sequenceDelta(this.#relayFirst, sequence) > JUMP_PACKETS) {
      this.#relayFirst = (sequence - JUMP_PACKETS) & 0xffff
    }
  }

  /** The payload in our own buffer, in our law; several legs may hear the same packet, so it is never rewritten. */
  #copy(
    header: Readonly<RtpHeader>,
    bytes: Uint8Array,
    kind: CodecName | 'event',
  ): Uint8Array | undefined {
    const { payloadLength, payloadOffset } = header
    if (payloadLength > RELAY_PAYLOAD_MAX) return undefined
    const length = RTP_HEADER_BYTES + payloadLength
    const into = this.#relayBuffer
    if (this.#relayPacket.length !== length) this.#relayPacket = into.subarray(0, length)
    if (kind === 'G722' && this.#startles('peer')) {
      const silence = silenceOf('G722')
      for (let i = 0; i < payloadLength; i++)
        into[RTP_HEADER_BYTES + i] = silence[i % silence.length]!
    } else if (kind === this.codec || (kind !== 'PCMU' && kind !== 'PCMA')) {
      for (let i = 0; i < payloadLength; i++) into[RTP_HEADER_BYTES + i] = bytes[payloadOffset + i]!
    } else {
      const table = kind === 'PCMU' ? ulawToAlaw : alawToUlaw
      for (let i = 0; i < payloadLength; i++) {
        into[RTP_HEADER_BYTES + i] = table[bytes[payloadOffset + i]!]!
      }
    }
    return this.#relayPacket
  }
}
