// The border between call logic and the streams that leave a call while it goes on: its sound over a WebSocket, both ways,
// or copied as RTP to a UDP target. What is asked for and what has become of it are plain data; the sound goes from the
// media thread to the streaming thread and back without touching anything above this line (docs/internals/streaming.md).

import type { LegId, SessionId, StreamId } from '../base/ids.ts'
import type { NamedValue } from './signaling.ts'

export type StreamTrack = 'inbound_track' | 'outbound_track' | 'both_tracks'

/** Codecs that a stream can carry. */
export type StreamCodecName = 'PCMU' | 'PCMA' | 'G722' | 'OPUS' | 'L16'

/** What a client asked for. */
export interface StreamOrder {
  readonly streamId: StreamId
  /** ws or wss. */
  readonly url: string
  readonly track: StreamTrack
  /** `default`: the call's own. */
  readonly codec: StreamCodecName | 'default'
  /** How the far end speaks: whole MP3 files, or frames of `backCodec`. */
  readonly mode: 'mp3' | 'rtp'
  readonly backCodec: StreamCodecName
  /** Hz; of L16 alone, the others have one of their own. */
  readonly backRate: number
  /** Who hears what the far end says. */
  readonly targetLegs: StreamTarget
  readonly customParameters: readonly NamedValue[]
  readonly authToken: string | undefined
}

/** `opposite` is the other side of the bridge; without one it is the leg itself (C202). */
export type StreamTarget = 'self' | 'opposite' | 'both'

/** Where RTP is copied to: literal addresses. */
export interface ForkOrder {
  readonly streamId: StreamId
  /** What the call's peer says. */
  readonly rx: UdpTarget
  /** What it is sent. */
  readonly tx: UdpTarget
}

export interface UdpTarget {
  readonly address: string
  readonly port: number
}

/** The leg, as the far end is told of it. */
export interface StreamedLeg {
  readonly legId: LegId
  readonly sessionId: SessionId
  readonly from: string
  readonly to: string
  readonly clientState: string | null
  readonly tags: readonly string[]
}

export type StreamCommand =
  | { readonly kind: 'start'; readonly order: StreamOrder; readonly leg: StreamedLeg }
  | { readonly kind: 'fork'; readonly order: ForkOrder; readonly legId: LegId }
  /** The far end is told; no `stream-ended` follows. */
  | { readonly kind: 'stop'; readonly streamId: StreamId }
  | { readonly kind: 'dtmf'; readonly streamId: StreamId; readonly digit: string }

export interface Streamer {
  perform(command: StreamCommand): void
}

export type StreamInput =
  /** The far end is connected. */
  | { readonly kind: 'stream-started'; readonly legId: LegId; readonly streamId: StreamId }
  /** It ended by itself, or never began; nothing follows. `closed`: the far end closed it in an orderly way. */
  | {
      readonly kind: 'stream-ended'
      readonly legId: LegId
      readonly streamId: StreamId
      readonly outcome: 'closed' | 'failed'
      readonly why: string
    }
