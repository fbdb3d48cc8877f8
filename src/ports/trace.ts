// The trace: what happened in a call, written down for people who look afterwards. Whoever tells it something is never
// held up: what cannot be taken is dropped and counted. Nothing in a call hangs on it.

import type { LegId } from '../base/ids.ts'
import type { StampedEvent } from './events.ts'
import type { Page, Paged } from './store.ts'

/** Both ends of a SIP message. */
export interface SipEnds {
  readonly transport: 'UDP' | 'TCP'
  readonly localAddress: string
  /** 0: the connection was being opened. */
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}

/** Hears every SIP message that the transports read or write. */
export interface SipObserver {
  /** `bytes` are used again by the caller: what is kept must be copied. */
  message(direction: 'in' | 'out', bytes: Uint8Array, ends: SipEnds): void
  /** Messages of this Call-ID belong to that leg. A leg that rings in several places has several. */
  dialog(callId: string, legId: LegId): void
}

/** A call command and what it was answered. */
export interface TracedCommand {
  readonly atUs: number
  readonly durationMs: number
  /** Calls that the request or its answer names. */
  readonly legIds: readonly string[]
  readonly method: string
  /** With query. */
  readonly path: string
  /** JSON text, or ''. */
  readonly body: string
  readonly status: number
  /** JSON text, or ''. */
  readonly answer: string
  readonly keyName: string
}

/** Somebody began to listen to a call, or is gone. */
export interface TracedListening {
  readonly atUs: number
  readonly legId: LegId
  readonly keyName: string
  /** How it was shown who listens. */
  readonly by: 'key' | 'session'
  readonly remoteAddress: string
  readonly ended: { readonly secs: number; readonly why: string } | undefined
}

/** One attempt to deliver a webhook. */
export interface TracedAttempt {
  /** Of the event. */
  readonly eventId: string
  readonly eventType: string
  readonly legId: LegId
  /** From 1. */
  readonly number: number
  readonly url: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number
  readonly errorCode: number
  /** `AttemptExchange` (records.ts) as JSON text. */
  readonly exchangeJson: string
  /** `pending`: it is tried again. */
  readonly outcome: 'pending' | 'delivered' | 'failed'
}

/** Media figures of a leg, from its beginning. */
export interface TracedSample {
  readonly codec: string
  /** What the leg hears, in words: `silence`, `leg …`, `playback …`. */
  readonly hears: string
  readonly packetsIn: number
  readonly lostIn: number
  readonly jitterMs: number
  readonly jitterMaxMs: number
  readonly mos: number
  readonly packetsOut: number
  readonly skippedOut: number
  /** dBov, from -127 (digital silence) to 0; undefined: not measured. */
  readonly levelIn: number | undefined
  readonly levelOut: number | undefined
}

export interface Trace extends SipObserver {
  /** They are on disk. */
  events(events: readonly StampedEvent[]): void
  command(command: TracedCommand): void
  listening(listening: TracedListening): void
  attempt(attempt: TracedAttempt): void
  /** What the leg hears changed. */
  hears(legId: LegId, hears: string): void
  sample(legId: LegId, sample: TracedSample): void
}

export type Lane = 'sip' | 'command' | 'event' | 'webhook' | 'media'

/** A leg as the trace knows it, in the names of the API. */
export interface TimelineLeg {
  readonly call_control_id: string
  readonly call_leg_id: string
  readonly call_session_id: string
  readonly connection_id: string
  readonly direction: 'incoming' | 'outgoing'
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered' | 'queued' | 'bridged' | 'conference' | 'ended'
  readonly queue_name: string | null
  readonly hangup_cause: string | null
  readonly started_at: string
  readonly answered_at: string | null
  readonly ended_at: string | null
}

export interface TimelineItem {
  readonly at: string
  readonly lane: Lane
  /** call_control_id */
  readonly leg: string
  readonly kind: string
  readonly summary: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly cursor: string
}

/** A time in which things could not be written down. */
export interface TimelineGap {
  readonly from: string
  readonly to: string
  readonly items: number
}

export interface Timeline {
  readonly call_control_id: string
  readonly call_session_id: string
  readonly legs: readonly TimelineLeg[]
  readonly items: readonly TimelineItem[]
  readonly gaps: readonly TimelineGap[]
}

export interface TimelineQuery {
  readonly call_control_id?: string
  readonly call_session_id?: string
  readonly from?: string
  readonly to?: string
  readonly state?: TimelineLeg['state']
  readonly queue_name?: string
  readonly startedFromUs?: number
  readonly startedToUs?: number
}

/** For the API. Undefined: no such call is known; every question is rejected while the trace cannot answer. */
export interface Timelines {
  /** Newest first; of more than 10,000 that fit the newest. */
  calls(query: TimelineQuery, page: Page): Promise<Paged<TimelineLeg>>
  /** Items behind the cursor, at most `limit`; with none there it waits up to `waitMs`. Undefined: no such call. */
  read(
    callId: string,
    after: string | undefined,
    limit: number,
    waitMs: number,
  ): Promise<{ readonly timeline: Timeline; readonly next: string } | undefined>
  /** The whole timeline as JSON text. */
  bundle(callId: string): Promise<string | undefined>
  /** The SIP messages as a capture file. */
  pcap(callId: string): Promise<Uint8Array | undefined>
}
