// The spine: every state change of the call logic is one of these. Webhooks, the live feed, metrics, the timeline and
// recovery read the same events. An event carries what its readers need, so that no reader asks the engine back.

import type {
  ApplicationId,
  ConferenceId,
  LegId,
  LegUuid,
  ParticipantId,
  PlaybackId,
  QueueId,
  QueueName,
  RecordingId,
  SessionId,
  StreamId,
} from '../base/ids.ts'
import type { NamedValue } from './signaling.ts'
import type { MediaQuality } from './media-engine.ts'
import type { RecordingFormat } from './recorder.ts'
import type { StreamTrack } from './streaming.ts'

export type HttpMethod = 'POST' | 'GET'

/** Webhook addressing of one leg, as set by answer, dial or transfer; what is undefined is the application's. */
export interface WebhookOverrides {
  readonly url: string | undefined
  readonly method: HttpMethod
  /** Event type on the wire (`call.hangup`) to URL. */
  readonly urlByEvent: Readonly<Record<string, string>>
  readonly methodByEvent: HttpMethod
  /** Event type to the pauses between attempts, ms: at most 5, sum at most 60,000. */
  readonly retriesMsByEvent: Readonly<Record<string, readonly number[]>>
}

/** The leg as it was when the event happened. */
export interface LegFacts {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly clientState: string | null
  readonly from: string
  readonly to: string
  readonly direction: 'incoming' | 'outgoing'
  /** Microseconds since the epoch. */
  readonly startedAtUs: number
  readonly webhooks: WebhookOverrides | undefined
  readonly tags: readonly string[]
}

export type DequeueReason = 'bridged' | 'bridging-in-process' | 'hangup' | 'leave' | 'timeout'

export type HangupCause =
  | 'call_rejected'
  | 'normal_clearing'
  | 'originator_cancel'
  | 'timeout'
  | 'time_limit'
  | 'user_busy'
  | 'not_found'
  | 'no_answer'
  | 'unspecified'

export type PlaybackStatus =
  | 'file_not_found'
  | 'call_hangup'
  | 'unknown'
  | 'cancelled'
  | 'cancelled_amd'
  | 'completed'
  | 'failed'

/** The published list knows neither a stop nor a failure: both are `completed`, a failure with a detail. */
export type SpeakStatus = 'completed' | 'call_hangup' | 'cancelled_amd'

export interface PlaybackFacts {
  readonly playbackId: PlaybackId
  /** Exactly one of both, or neither for inline content. */
  readonly mediaUrl: string | undefined
  readonly mediaName: string | undefined
  readonly overlay: boolean
}

/** A conference as its events tell it; `creator` is the leg that made it (its client_state labels the conference). */
export interface ConferenceFacts {
  readonly conferenceId: ConferenceId
  readonly name: string
  readonly applicationId: ApplicationId
  readonly creator: LegFacts
}

/** A finished recording as its event tells it. */
export interface RecordingFacts {
  readonly recordingId: RecordingId
  readonly format: RecordingFormat
  readonly channels: 'single' | 'dual'
  readonly fileName: string
  readonly startedAtUs: number
  readonly endedAtUs: number
}

/** A stream of a call as its events tell it. */
export interface StreamFacts {
  readonly streamId: StreamId
  readonly url: string
  readonly track: StreamTrack
}

export type EndReason = 'all_left' | 'ended_via_api' | 'host_left' | 'time_exceeded'

export type DomainEvent =
  | {
      readonly type: 'leg-initiated'
      readonly leg: LegFacts
      readonly state: 'parked' | 'bridging'
      readonly callerIdName: string | undefined
      readonly offeredCodecs: readonly string[]
      readonly customHeaders: readonly NamedValue[]
      readonly sipHeaders: readonly NamedValue[]
      readonly fromSipUri: string | undefined
      readonly toSipUri: string | undefined
    }
  | {
      readonly type: 'leg-answered'
      readonly leg: LegFacts
      readonly customHeaders: readonly NamedValue[]
      readonly sipHeaders: readonly NamedValue[]
    }
  | { readonly type: 'leg-bridged'; readonly leg: LegFacts; readonly peerLegId: LegId }
  | { readonly type: 'leg-held'; readonly leg: LegFacts }
  | { readonly type: 'leg-resumed'; readonly leg: LegFacts }
  | {
      readonly type: 'leg-ended'
      readonly leg: LegFacts
      readonly cause: HangupCause
      readonly source: 'caller' | 'callee' | 'unknown'
      /** SIP status as text, or `unspecified`. */
      readonly sipCause: string
      readonly customHeaders: readonly NamedValue[]
      /** Was it ever answered. */
      readonly answered: boolean
    }
  | {
      readonly type: 'call-enqueued'
      readonly leg: LegFacts
      readonly queueName: QueueName
      readonly position: number
      readonly averageWaitSecs: number
      /** Wall clock ms from which the wait counts: a little before the event. */
      readonly enqueuedAtMs: number
    }
  | {
      readonly type: 'call-dequeued'
      readonly leg: LegFacts
      readonly queueName: QueueName
      readonly position: number
      readonly reason: DequeueReason
      readonly waitSecs: number
    }
  | { readonly type: 'dtmf-received'; readonly leg: LegFacts; readonly digit: string }
  | {
      readonly type: 'gather-ended'
      readonly leg: LegFacts
      readonly gatherId: string
      /** Without the terminating one. */
      readonly digits: string
      readonly status:
        'valid' | 'invalid' | 'timeout' | 'cancelled' | 'cancelled_amd' | 'call_hangup'
    }
  | { readonly type: 'playback-started'; readonly leg: LegFacts; readonly playback: PlaybackFacts }
  | {
      readonly type: 'playback-ended'
      readonly leg: LegFacts
      readonly playback: PlaybackFacts
      readonly status: PlaybackStatus
      readonly detail: string
    }
  | { readonly type: 'speak-started'; readonly leg: LegFacts; readonly speakId: PlaybackId }
  | {
      readonly type: 'speak-ended'
      readonly leg: LegFacts
      readonly speakId: PlaybackId
      readonly status: SpeakStatus
      /** Why nothing, or not all, was said; else empty. */
      readonly detail: string
    }
  /** Who answered an outbound call; once per call that was asked about. */
  | {
      readonly type: 'machine-detected'
      readonly leg: LegFacts
      readonly result: 'human' | 'machine' | 'not_sure'
    }
  /** After a machine. */
  | {
      readonly type: 'machine-greeting-ended'
      readonly leg: LegFacts
      readonly result: 'beep_detected' | 'ended' | 'not_sure'
    }
  | { readonly type: 'refer-started'; readonly leg: LegFacts; readonly sipStatus: number }
  | { readonly type: 'refer-completed'; readonly leg: LegFacts; readonly sipStatus: number }
  | { readonly type: 'refer-failed'; readonly leg: LegFacts; readonly sipStatus: number }
  | { readonly type: 'conference-created'; readonly conference: ConferenceFacts }
  | {
      readonly type: 'conference-ended'
      readonly conference: ConferenceFacts
      readonly reason: EndReason
    }
  | {
      readonly type: 'participant-joined'
      readonly conference: ConferenceFacts
      readonly leg: LegFacts
      readonly participantId: ParticipantId
    }
  | {
      readonly type: 'participant-left'
      readonly conference: ConferenceFacts
      readonly leg: LegFacts
      readonly participantId: ParticipantId
    }
  | { readonly type: 'recording-saved'; readonly leg: LegFacts; readonly recording: RecordingFacts }
  /** It could not be written; the call goes on. Of a conference it is told under the leg that made it. */
  | { readonly type: 'recording-failed'; readonly leg: LegFacts; readonly recordingId: RecordingId }
  | {
      readonly type: 'conference-recording-saved'
      readonly conference: ConferenceFacts
      readonly recording: RecordingFacts
    }
  /** The far end of a stream is connected. */
  | { readonly type: 'streaming-started'; readonly leg: LegFacts; readonly stream: StreamFacts }
  /** Asked for, with the call, or closed by the far end. */
  | { readonly type: 'streaming-stopped'; readonly leg: LegFacts; readonly stream: StreamFacts }
  /** It could not be connected, or broke; the call goes on. */
  | {
      readonly type: 'streaming-failed'
      readonly leg: LegFacts
      readonly stream: StreamFacts
      readonly why: string
    }
  | { readonly type: 'fork-started' | 'fork-stopped'; readonly leg: LegFacts }
  /** Audio of the whole conference; `spoken`: words to say rather than a file. */
  | {
      readonly type: 'conference-playback-started' | 'conference-playback-ended'
      readonly conference: ConferenceFacts
      readonly playback: PlaybackFacts
      readonly spoken: boolean
    }
  /** What a command of the conference plays to some of its participants, one event for each. */
  | {
      readonly type: 'participant-playback-started' | 'participant-playback-ended'
      readonly conference: ConferenceFacts
      readonly leg: LegFacts
      readonly playback: PlaybackFacts
      readonly spoken: boolean
    }
  /** `leg` speaks loudest from now on. */
  | {
      readonly type: 'floor-changed'
      readonly conference: ConferenceFacts
      readonly leg: LegFacts
    }
  | { readonly type: 'queue-created'; readonly queueName: QueueName; readonly queueId: QueueId }
  | { readonly type: 'queue-updated'; readonly queueName: QueueName; readonly maxSize: number }
  | { readonly type: 'queue-deleted'; readonly queueName: QueueName; readonly collected: boolean }
  /** No RTP from a leg for a while, and its return; no webhook, policy is off by default. */
  | { readonly type: 'rtp-silent'; readonly leg: LegFacts; readonly silentMs: number }
  | { readonly type: 'rtp-heard'; readonly leg: LegFacts }

/** An event as it is stored and told: the driver stamps it when the step is done. */
export interface StampedEvent {
  /** UUID; `data.id` of the webhook. */
  readonly eventId: string
  /** Grows by one per event of this data directory. */
  readonly sequence: number
  /**
   * Place in the story of the leg that the event is told under, from 1 without gaps, across restarts; undefined for
   * events that nobody outside is told.
   */
  readonly legSequence: number | undefined
  readonly occurredAtUs: number
  readonly event: DomainEvent
  /** For `leg-ended`: the media figures at that moment; undefined when the leg had no media. */
  readonly quality: MediaQuality | undefined
}
