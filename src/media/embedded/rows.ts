// What a next process needs of a media leg, as JSON data, and how its outgoing stream goes on after the time away.

import type { LegId } from '../../base/ids.ts'
import type { DatagramPeer } from '../../ports/datagrams.ts'
import type { Random } from '../../ports/random.ts'
import type { AudioCodec, SdpState } from '../../sdp/session.ts'
import { clockPerMs } from '../audio/codec.ts'
import { readU32 } from '../rtp/packet.ts'
import type { AnswerChoices } from './codec-choice.ts'
import type { RtpMark } from './protocol.ts'
import type { RtpIdentity } from './sender.ts'

export interface MediaRow {
  readonly port: number
  readonly codecs: readonly AudioCodec[]
  readonly ordered: boolean
  readonly sdp: SdpState
  readonly codec: AudioCodec
  readonly started: boolean
  readonly ssrc: number
  readonly place: StreamPlace
  readonly peer: DatagramPeer | undefined
  readonly choices?: AnswerChoices | undefined
}

/** Where a stream stood; see `RtpMark`. */
export type StreamPlace = Pick<RtpMark, 'sequence' | 'timestamp' | 'atMs' | 'packetMs'>

/** The one row with the places of all legs, written every few seconds. */
export const placesRowId = 'places'

export type PlacesRow = Readonly<
  Record<
    LegId,
    readonly [sequence: number, timestamp: number, atMs: number, packetMs: number] | undefined
  >
>

/** Packets by which the sequence runs ahead: those that left after the last mark for which time gives no account. */
const MARGIN_PACKETS = 50

export function placeOf({ sequence, timestamp, atMs, packetMs }: RtpMark): StreamPlace {
  return { sequence, timestamp, atMs, packetMs }
}

/** The later of the two places that are stored for a leg. */
export function latestPlace(row: MediaRow, marked: PlacesRow[LegId]): StreamPlace {
  if (marked === undefined || marked[2] <= row.place.atMs) return row.place
  const [sequence, timestamp, atMs, packetMs] = marked
  return { sequence, timestamp, atMs, packetMs }
}

/** The stream at `nowMs` (wall) as if it had never stopped: same SSRC, timestamp and sequence on by the time away. */
export function resumedIdentity(
  ssrc: number,
  place: StreamPlace,
  nowMs: number,
  codec: AudioCodec,
): RtpIdentity {
  // A wall clock that was set back must not make the stream go back.
  const awayMs = Math.max(0, Math.round(nowMs - place.atMs))
  const packets = Math.ceil(awayMs / Math.max(10, place.packetMs)) + MARGIN_PACKETS
  return {
    ssrc,
    sequence: (place.sequence + packets) & 0xffff,
    timestamp: (place.timestamp + awayMs * clockPerMs(codec)) >>> 0,
  }
}

/** RFC 3550 §5.1: nothing of a stream can be guessed. */
export function randomIdentity(random: Random): RtpIdentity {
  const seed = random.bytes(10)
  const sequence = (seed[8]! << 8) | seed[9]!
  return { ssrc: readU32(seed, 0), timestamp: readU32(seed, 4), sequence }
}

/** 48 random bits: far below 2^53, never 0. */
export function randomSessionId(random: Random): number {
  return random.bytes(6).reduce((sum, byte) => sum * 256 + byte, 0) + 1
}
