// What the signalling thread and the streaming thread say to each other. Sound does not travel here: what a call says lies
// in one ring of shared memory, what it is told in another (frame-ring.ts, play-ring.ts).

import type { ForkOrder, StreamedLeg, StreamOrder } from '../../ports/streaming.ts'
import type { AudioClip } from '../audio/clip.ts'
import type { CodecName } from '../audio/codec.ts'

export type ToStreamingThread =
  /** First: which private networks may be reached. */
  | { readonly op: 'begin'; readonly allow: readonly string[] }
  /** Answered by `opened`, or by `ended` when there can be no connection. */
  | {
      readonly op: 'open'
      readonly number: number
      readonly order: StreamOrder
      readonly leg: StreamedLeg
      /** Of the call, for a stream without one of its own. */
      readonly codec: CodecName
      readonly frames: SharedArrayBuffer
      readonly voice: SharedArrayBuffer
    }
  | {
      readonly op: 'fork'
      readonly number: number
      readonly order: ForkOrder
      readonly frames: SharedArrayBuffer
    }
  | { readonly op: 'dtmf'; readonly number: number; readonly digit: string }
  /** The far end is told, and nothing follows. */
  | { readonly op: 'close'; readonly number: number }
  /** The answer to `decode`; undefined: it is no sound. */
  | {
      readonly op: 'decoded'
      readonly number: number
      readonly job: number
      readonly clip: AudioClip | undefined
    }
  /** Every connection is closed so that another process can make it anew. Answered by `done`. */
  | { readonly op: 'end' }

export type FromStreamingThread =
  | { readonly op: 'opened'; readonly number: number }
  | {
      readonly op: 'ended'
      readonly number: number
      readonly outcome: 'closed' | 'failed'
      readonly why: string
    }
  /** A file of the far end, to be decoded where hostile files can do no harm. */
  | {
      readonly op: 'decode'
      readonly number: number
      readonly job: number
      readonly bytes: Uint8Array
    }
  /** Since the last of these: frames that a slow far end was not sent. */
  | { readonly op: 'dropped'; readonly frames: number }
  | { readonly op: 'done' }
