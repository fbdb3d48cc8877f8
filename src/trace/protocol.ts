// What the signalling thread and the trace thread say to each other: batches of what happened one way, answers to
// questions the other. All of it is plain data; SIP bytes travel as one-byte strings, which are copied fastest.

import type { LegId } from '../base/ids.ts'
import type { StampedEvent } from '../ports/events.ts'
import type { Page, Paged } from '../ports/store.ts'
import type {
  SipEnds,
  Timeline,
  TimelineLeg,
  TimelineQuery,
  TracedAttempt,
  TracedCommand,
  TracedListening,
  TracedSample,
} from '../ports/trace.ts'

export type Happening =
  | {
      readonly what: 'sip'
      readonly atUs: number
      readonly direction: 'in' | 'out'
      /** One character per byte. */
      readonly text: string
      readonly ends: SipEnds
    }
  | { readonly what: 'dialog'; readonly callId: string; readonly legId: LegId }
  | { readonly what: 'event'; readonly event: StampedEvent }
  | { readonly what: 'command'; readonly command: TracedCommand }
  | { readonly what: 'listening'; readonly listening: TracedListening }
  | { readonly what: 'attempt'; readonly attempt: TracedAttempt }
  | {
      readonly what: 'hears'
      readonly atUs: number
      readonly legId: LegId
      readonly hears: string
    }
  | {
      readonly what: 'sample'
      readonly atUs: number
      readonly legId: LegId
      readonly sample: TracedSample
    }
  /** So many could not be taken in that time. */
  | {
      readonly what: 'lost'
      readonly items: number
      readonly fromUs: number
      readonly toUs: number
    }

export type Question =
  | { readonly ask: 'calls'; readonly query: TimelineQuery; readonly page: Page }
  | {
      readonly ask: 'timeline'
      readonly callId: string
      readonly after: string | undefined
      readonly limit: number
      readonly waitMs: number
    }
  | { readonly ask: 'bundle' | 'pcap'; readonly callId: string }

export type Answer =
  | Paged<TimelineLeg>
  | { readonly timeline: Timeline; readonly next: string }
  | string
  | Uint8Array
  | undefined

export interface TraceSettings {
  /** Absolute path of the database file. */
  readonly file: string
  readonly keepMs: number
  readonly bytesMax: number
  /** Pressed keys are not written. */
  readonly hideDigits: boolean
  /** For captures, where SIP listens on all addresses; '' when it is not known. */
  readonly ownAddress: string
  /** Comma list for `connection_codecs`. */
  readonly connectionCodecs: string
}

export type ToTraceThread =
  | { readonly op: 'begin'; readonly settings: TraceSettings }
  /** Answered by `taken`. */
  | { readonly op: 'batch'; readonly happenings: readonly Happening[] }
  /** Answered by `answer` or `failed`. */
  | { readonly op: 'ask'; readonly id: number; readonly question: Question }
  /** Whoever waits is answered, and nobody waits any more. */
  | { readonly op: 'release' }
  /** Answered by `done`. */
  | { readonly op: 'end' }

export type FromTraceThread =
  | { readonly op: 'taken' }
  | { readonly op: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly op: 'failed'; readonly id: number; readonly why: string }
  /** Something could not be written or the file was replaced; `lost` items are gone. */
  | { readonly op: 'trouble'; readonly why: string; readonly lost: number }
  | { readonly op: 'done' }
