// What a robot hears: packets in, named stretches of sound out, with everything a person would complain about counted:
// gaps, lost packets, changes of the sender's identity. Sound is named in windows of 100 ms of received audio.

import { FRAME_SAMPLES } from '../media/audio/clip.ts'
import { createDecoder, isWide } from '../media/audio/codec.ts'
import type { CodecName } from '../media/audio/codec.ts'
import type { FrameDecoder } from '../media/audio/frame-codec.ts'
import { appendSegment, classify } from '../media/audio/goertzel.ts'
import type { Heard } from '../media/audio/goertzel.ts'
import { Halver } from '../media/audio/resample.ts'
import type { RtpHeader } from '../media/rtp/packet.ts'
import { ReceiverStatistics } from '../media/rtp/receiver-statistics.ts'
import { sequenceDelta } from '../media/rtp/sequence.ts'

const WINDOW_SAMPLES = 5 * FRAME_SAMPLES
/** No packet for this long is `nothing`: the stream stopped. */
const NOTHING_MS = 150
/** Packets further apart than this leave a gap that a small jitter buffer would not hide. */
const GAP_MS = 60
const LIST_MAX = 2000
/** 240 ms at 8 kHz: more than any packet has. */
const DECODED_MAX = 1920

export type LabSound = Heard | { readonly kind: 'nothing' }

/** Times are of the phone's monotonic clock. */
export interface LabSegment {
  readonly heard: LabSound
  readonly fromMs: number
  readonly toMs: number
}

export interface EarStatistics {
  readonly packets: number
  readonly lostPackets: number
  readonly duplicatePackets: number
  readonly reorderedPackets: number
  readonly jitterMaxMs: number
  readonly gapMaxMs: number
  /** Pauses above 60 ms between two packets. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** The senders in order of appearance; the first one included. */
  readonly ssrcs: readonly { readonly ssrc: number; readonly atMs: number }[]
  readonly firstPacketMs: number | undefined
  readonly lastPacketMs: number | undefined
}

/** Listens to one stream. `decode` false counts only, for load. */
export class Ear {
  /** Called after every window. */
  onWindow: () => void = () => undefined
  /** Called with the samples of every window; the array is used again for the next. */
  onSound: (samples: Int16Array) => void = () => undefined
  /** The window that ended last. */
  lastWindow: LabSegment | undefined
  readonly #decode: boolean
  readonly #window = new Int16Array(WINDOW_SAMPLES)
  readonly #segments: LabSegment[] = []
  readonly #received = new ReceiverStatistics()
  readonly #gaps: { fromMs: number; toMs: number }[] = []
  readonly #ssrcs: { ssrc: number; atMs: number }[] = []
  readonly #decoded = new Int16Array(DECODED_MAX)
  readonly #halver = new Halver()
  #codec: CodecName | undefined
  #decoder: FrameDecoder | undefined
  #filled = 0
  #windowFromMs = 0
  #firstMs: number | undefined
  #lastMs: number | undefined
  #sequence = 0
  #duplicates = 0
  #reordered = 0
  #gapMaxMs = 0

  constructor(decode: boolean) {
    this.#decode = decode
  }

  /** Takes one packet in; `codec` undefined is a telephone-event, which carries no sound. */
  receive(bytes: Uint8Array, header: RtpHeader, codec: CodecName | undefined, nowMs: number): void {
    this.#count(header, nowMs, codec !== undefined)
    if (!this.#decode || codec === undefined) return
    const samples = this.#samplesOf(bytes, header, codec)
    let at = 0
    while (at < samples.length) {
      const count = Math.min(samples.length - at, WINDOW_SAMPLES - this.#filled)
      if (this.#filled === 0) this.#windowFromMs = nowMs
      this.#window.set(samples.subarray(at, at + count), this.#filled)
      this.#filled += count
      at += count
      if (this.#filled === WINDOW_SAMPLES) this.#endWindow(nowMs)
    }
  }

  /** The packet at 8 kHz: what is above 4 kHz is not listened for. */
  #samplesOf(bytes: Uint8Array, header: RtpHeader, codec: CodecName): Int16Array {
    if (codec !== this.#codec) {
      this.#codec = codec
      this.#decoder = createDecoder(codec)
    }
    const { payloadOffset, payloadLength } = header
    const room = this.#decoded
    const fits = Math.min(payloadLength, isWide(codec) ? room.length / 2 : room.length)
    const count = this.#decoder?.decode(bytes, payloadOffset, fits, room) ?? 0
    if (!isWide(codec)) return room.subarray(0, count)
    const narrow = new Int16Array(count >> 1)
    this.#halver.halve(room.subarray(0, count), narrow)
    return narrow
  }

  /** Everything heard so far; the time since the last packet is `nothing` when it is long. */
  segments(nowMs: number): LabSegment[] {
    const segments = [...this.#segments]
    const last = this.#lastMs
    if (last !== undefined && nowMs - last > NOTHING_MS) {
      segments.push({ heard: { kind: 'nothing' }, fromMs: last, toMs: nowMs })
    }
    return segments
  }

  statistics(): EarStatistics {
    return {
      packets: this.#received.packets,
      lostPackets: this.#received.lost,
      duplicatePackets: this.#duplicates,
      reorderedPackets: this.#reordered,
      jitterMaxMs: this.#received.jitterMaxMs,
      gapMaxMs: this.#gapMaxMs,
      gaps: [...this.#gaps],
      ssrcs: [...this.#ssrcs],
      firstPacketMs: this.#firstMs,
      lastPacketMs: this.#lastMs,
    }
  }

  /** Milliseconds since the last packet; Infinity before the first. */
  silentForMs(nowMs: number): number {
    return this.#lastMs === undefined ? Infinity : nowMs - this.#lastMs
  }

  #count(header: RtpHeader, nowMs: number, timed: boolean): void {
    const newSender = this.#ssrcs.at(-1)?.ssrc !== header.ssrc
    if (newSender && this.#ssrcs.length < LIST_MAX) {
      this.#ssrcs.push({ ssrc: header.ssrc, atMs: nowMs })
    }
    if (!newSender) {
      const step = sequenceDelta(this.#sequence, header.sequence)
      if (step === 0) this.#duplicates++
      if (step < 0) this.#reordered++
      if (step > 0) this.#sequence = header.sequence
    } else {
      this.#sequence = header.sequence
    }
    this.#received.receive(header.ssrc, header.sequence, header.timestamp, nowMs, timed)
    this.#firstMs ??= nowMs
    this.#noteGap(nowMs)
    this.#lastMs = nowMs
  }

  #noteGap(nowMs: number): void {
    const last = this.#lastMs
    if (last === undefined) return
    const gapMs = nowMs - last
    this.#gapMaxMs = Math.max(this.#gapMaxMs, gapMs)
    if (gapMs > GAP_MS && this.#gaps.length < LIST_MAX) {
      this.#gaps.push({ fromMs: last, toMs: nowMs })
    }
    if (gapMs <= NOTHING_MS) return
    this.#filled = 0
    this.#push({ heard: { kind: 'nothing' }, fromMs: last, toMs: nowMs })
  }

  #endWindow(nowMs: number): void {
    this.#filled = 0
    const segment = { heard: classify(this.#window), fromMs: this.#windowFromMs, toMs: nowMs }
    this.lastWindow = segment
    this.onSound(this.#window)
    this.#push(segment)
    this.onWindow()
  }

  #push(segment: LabSegment): void {
    if (this.#segments.length >= LIST_MAX) this.#segments.shift()
    const last = this.#segments.at(-1)
    if (segment.heard.kind === 'nothing' || last === undefined || last.heard.kind === 'nothing') {
      this.#segments.push(segment)
      return
    }
    // Windows follow each other by one packet's distance; what is between is the same sound going on.
    const tail = [{ ...last, heard: last.heard }]
    appendSegment(tail, { ...segment, heard: segment.heard }, NOTHING_MS)
    this.#segments.splice(-1, 1, ...tail)
  }
}

/** True when the sound is the tone, or a mixture in which it is one of the parts. */
export function includesTone(heard: LabSound, hz: number): boolean {
  const near = (one: number): boolean => Math.abs(one - hz) <= 12
  if (heard.kind === 'tone') return near(heard.hz)
  return heard.kind === 'mix' && heard.hz.some(near)
}

/** `440 Hz 1200-1700 ms, silence …`: for messages of failed tests. */
export function describeSegments(segments: readonly LabSegment[]): string {
  const name = (heard: LabSound): string => {
    switch (heard.kind) {
      case 'tone':
        return `${heard.hz} Hz`
      case 'mix':
        return `${heard.hz.join('+')} Hz`
      case 'silence':
      case 'other':
      case 'nothing':
        return heard.kind
    }
  }
  if (segments.length === 0) return 'no sound yet'
  return segments
    .slice(-8)
    .map((one) => `${name(one.heard)} ${Math.round(one.fromMs)}-${Math.round(one.toMs)} ms`)
    .join(', ')
}
