// What the signalling thread and the recording thread say to each other. Sound does not travel here: it lies in a ring of
// shared memory per recording, which the media thread fills (src/media/audio/frame-ring.ts).

import type { Shape } from './shaper.ts'

export type ToRecordingThread =
  /** First: where files are. */
  | { readonly op: 'begin'; readonly folder: string }
  /** Answered by `opened`, or by `ended` when there can be no file. */
  | {
      readonly op: 'open'
      readonly number: number
      readonly fileName: string
      readonly format: 'wav' | 'mp3'
      readonly shape: Shape
      readonly ring: SharedArrayBuffer
      readonly paused: boolean
    }
  | { readonly op: 'pause' | 'resume'; readonly number: number }
  /** What is in the ring now is the end. Answered by `ended`. */
  | { readonly op: 'close'; readonly number: number }
  /** Answered by `deleted` or `delete-failed`. */
  | { readonly op: 'delete'; readonly fileName: string }
  /** All files are left so that another process can go on with them. Answered by `done`. */
  | { readonly op: 'end' }

export type FromRecordingThread =
  | { readonly op: 'opened'; readonly number: number }
  | {
      readonly op: 'ended'
      readonly number: number
      readonly outcome: 'saved' | 'failed'
      readonly durationMs: number
      readonly bytes: number
      /** Frames that came too late for the ring; silence stands in their places. */
      readonly lostFrames: number
      readonly why: string
    }
  | { readonly op: 'deleted'; readonly fileName: string }
  | { readonly op: 'delete-failed'; readonly fileName: string; readonly why: string }
  | { readonly op: 'done' }
