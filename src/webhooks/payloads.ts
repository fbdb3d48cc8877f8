// One translation per domain event to the event type and payload that receivers know. What does not apply is absent,
// never null, but for `client_state` and `call_quality_stats`. Events without a webhook give undefined.

import { isoMicros, isoMillis } from '../base/iso-time.ts'
import type {
  ConferenceFacts,
  DomainEvent,
  EndReason,
  LegFacts,
  PlaybackFacts,
  RecordingFacts,
  StampedEvent,
} from '../ports/events.ts'
import type { MediaQuality } from '../ports/media-engine.ts'
import type { NamedValue } from '../ports/signaling.ts'

export type Payload = Readonly<Record<string, unknown>>

/** A URL under which a recording can be had for a while from `atMs` on. */
export type RecordingUrl = (recording: RecordingFacts, atMs: number) => string

/** Where nothing can be downloaded. */
export const noRecordingUrl: RecordingUrl = () => ''

export interface Webhook {
  readonly eventType: string
  readonly payload: Payload
  /** The leg whose webhook addressing applies and whose events stay in order. */
  readonly leg: LegFacts
}

/** `connectionCodecs`: comma list of the codecs that this server offers. */
export function webhookOf(
  stamped: StampedEvent,
  connectionCodecs: string,
  recordingUrl: RecordingUrl = noRecordingUrl,
): Webhook | undefined {
  const { event, occurredAtUs } = stamped
  switch (event.type) {
    case 'leg-initiated':
      return legWebhook('call.initiated', event.leg, initiated(event, connectionCodecs))
    case 'leg-answered':
      return legWebhook('call.answered', event.leg, {
        ...parties(event.leg),
        start_time: isoMicros(event.leg.startedAtUs),
        state: 'answered',
        ...headers(event.customHeaders, event.sipHeaders),
        ...tags(event.leg),
      })
    case 'leg-bridged':
      return legWebhook('call.bridged', event.leg, parties(event.leg))
    case 'leg-held':
      return legWebhook('call.hold', event.leg, parties(event.leg))
    case 'leg-resumed':
      return legWebhook('call.unhold', event.leg, parties(event.leg))
    case 'leg-ended':
      return legWebhook('call.hangup', event.leg, ended(event, stamped))
    case 'call-enqueued':
      return legWebhook('call.enqueued', event.leg, {
        queue: event.queueName,
        current_position: event.position,
        queue_avg_wait_time_secs: event.averageWaitSecs,
      })
    case 'call-dequeued':
      return legWebhook('call.dequeued', event.leg, {
        queue: event.queueName,
        queue_position: event.position,
        reason: event.reason,
        wait_time_secs: event.waitSecs,
      })
    case 'dtmf-received':
      return legWebhook('call.dtmf.received', event.leg, {
        digit: event.digit,
        ...parties(event.leg),
      })
    case 'gather-ended':
      return legWebhook('call.gather.ended', event.leg, {
        digits: event.digits,
        status: event.status,
        gather_id: event.gatherId,
        ...parties(event.leg),
      })
    case 'machine-detected':
      return legWebhook('call.machine.detection.ended', event.leg, {
        result: event.result,
        ...parties(event.leg),
      })
    case 'machine-greeting-ended':
      return legWebhook('call.machine.greeting.ended', event.leg, {
        result: event.result,
        ...parties(event.leg),
      })
    case 'playback-started':
      return legWebhook('call.playback.started', event.leg, playback(event.playback))
    case 'playback-ended':
      return legWebhook('call.playback.ended', event.leg, {
        ...playback(event.playback),
        status: event.status,
        status_detail: event.detail,
      })
    case 'speak-started':
      return legWebhook('call.speak.started', event.leg, { speak_id: event.speakId })
    case 'speak-ended':
      return legWebhook('call.speak.ended', event.leg, {
        speak_id: event.speakId,
        status: event.status,
        ...present('status_detail', event.detail),
      })
    case 'refer-started':
    case 'refer-completed':
    case 'refer-failed':
      return legWebhook(`call.${event.type.replace('-', '.')}`, event.leg, {
        sip_notify_response: event.sipStatus,
        ...parties(event.leg),
      })
    case 'conference-created':
      return conferenceWebhook('conference.created', event.conference, event.conference.creator, {
        occurred_at: isoMillis(occurredAtUs / 1000),
      })
    case 'conference-ended':
      return conferenceWebhook('conference.ended', event.conference, event.conference.creator, {
        occurred_at: isoMillis(occurredAtUs / 1000),
        reason: endReason(event.reason),
      })
    case 'participant-joined':
      return conferenceWebhook('conference.participant.joined', event.conference, event.leg, {})
    case 'participant-left':
      return conferenceWebhook('conference.participant.left', event.conference, event.leg, {})
    case 'floor-changed':
      return conferenceWebhook('conference.floor.changed', event.conference, event.leg, {
        occurred_at: isoMillis(occurredAtUs / 1000),
      })
    case 'conference-playback-started':
    case 'conference-playback-ended':
    case 'participant-playback-started':
    case 'participant-playback-ended':
      return conferenceAudio(event, occurredAtUs)
    case 'recording-saved': {
      const { startedAtUs, endedAtUs } = event.recording
      return legWebhook('call.recording.saved', event.leg, {
        ...recordingSaved(event.recording, occurredAtUs, recordingUrl),
        start_time: isoMicros(startedAtUs),
        end_time: isoMicros(endedAtUs),
      })
    }
    case 'recording-failed':
      return legWebhook('call.recording.error', event.leg, {
        recording_id: event.recordingId,
        reason: 'Internal server error',
      })
    case 'streaming-started':
    case 'streaming-stopped':
      return legWebhook(event.type.replace('-', '.'), event.leg, {
        stream_url: event.stream.url,
      })
    case 'streaming-failed':
      return legWebhook('streaming.failed', event.leg, streamFailed(event))
    case 'fork-started':
    case 'fork-stopped':
      return legWebhook(`call.${event.type.replace('-', '.')}`, event.leg, {
        stream_type: 'decrypted',
      })
    case 'conference-recording-saved': {
      const { conference, recording } = event
      const saved = recordingSaved(recording, occurredAtUs, recordingUrl)
      return conferenceWebhook('conference.recording.saved', conference, conference.creator, saved)
    }
    case 'queue-created':
    case 'queue-updated':
    case 'queue-deleted':
    case 'rtp-silent':
    case 'rtp-heard':
      return undefined
  }
}

/** The `data` object, the same in webhooks and in the list of events. */
export function eventData(stamped: StampedEvent, { eventType, payload }: Webhook): Payload {
  return {
    record_type: 'event',
    event_type: eventType,
    id: stamped.eventId,
    occurred_at: isoMicros(stamped.occurredAtUs),
    ...(stamped.legSequence === undefined ? {} : { leg_sequence: stamped.legSequence }),
    payload,
  }
}

type Event<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>

function legWebhook(eventType: string, leg: LegFacts, more: Payload): Webhook {
  return { eventType, leg, payload: { ...common(leg), ...more } }
}

function conferenceWebhook(
  eventType: string,
  conference: ConferenceFacts,
  leg: LegFacts,
  more: Payload,
): Webhook {
  const ids = { conference_id: conference.conferenceId, connection_id: conference.applicationId }
  return { eventType, leg, payload: { ...common(leg), ...ids, ...more } }
}

/** Audio of a conference is told under its creator, that of a participant under the participant. */
function conferenceAudio(
  event: Event<
    | 'conference-playback-started'
    | 'conference-playback-ended'
    | 'participant-playback-started'
    | 'participant-playback-ended'
  >,
  occurredAtUs: number,
): Webhook {
  const { conference, playback: played, spoken } = event
  const { creator } = conference
  const leg = 'leg' in event ? event.leg : undefined
  const side = event.type.endsWith('started') ? 'started' : 'ended'
  const name = `${leg === undefined ? '' : 'participant.'}${spoken ? 'speak' : 'playback'}.${side}`
  const { mediaUrl, mediaName } = played
  return {
    eventType: `conference.${name}`,
    leg: leg ?? creator,
    payload: {
      ...(leg === undefined ? {} : common(leg)),
      conference_id: conference.conferenceId,
      connection_id: conference.applicationId,
      creator_call_session_id: creator.sessionId,
      ...(spoken ? {} : { ...present('media_url', mediaUrl), ...present('media_name', mediaName) }),
      occurred_at: isoMillis(occurredAtUs / 1000),
    },
  }
}

function common(leg: LegFacts): Payload {
  return {
    call_control_id: leg.legId,
    call_leg_id: leg.legUuid,
    call_session_id: leg.sessionId,
    client_state: leg.clientState,
    connection_id: leg.applicationId,
  }
}

function parties({ from, to }: LegFacts): Payload {
  return { from, to }
}

function initiated(event: Event<'leg-initiated'>, connectionCodecs: string): Payload {
  const { leg, callerIdName, offeredCodecs, fromSipUri, toSipUri } = event
  const inbound =
    leg.direction === 'incoming'
      ? {
          ...present('caller_id_name', callerIdName),
          ...present('offered_codecs', offeredCodecs.join(',')),
          start_time: isoMicros(leg.startedAtUs),
        }
      : {}
  return {
    ...parties(leg),
    direction: leg.direction,
    state: event.state,
    connection_codecs: connectionCodecs,
    ...inbound,
    ...headers(event.customHeaders, event.sipHeaders),
    ...present('from_sip_uri', fromSipUri),
    ...present('to_sip_uri', toSipUri),
    ...tags(leg),
  }
}

function ended(event: Event<'leg-ended'>, { occurredAtUs, quality }: StampedEvent): Payload {
  const { leg } = event
  return {
    ...parties(leg),
    start_time: isoMicros(leg.startedAtUs),
    end_time: isoMicros(occurredAtUs),
    state: 'hangup',
    hangup_cause: event.cause,
    hangup_source: event.source,
    sip_hangup_cause: event.sipCause,
    call_quality_stats: quality === undefined ? null : qualityStats(quality),
    ...headers(event.customHeaders, []),
    ...tags(leg),
  }
}

/** All values are strings on the wire. */
function qualityStats({ inbound, outbound }: MediaQuality): Payload {
  return {
    inbound: {
      jitter_max_variance: inbound.jitterMaxMs.toFixed(2),
      jitter_packet_count: String(inbound.jitteryPackets),
      mos: inbound.mos.toFixed(2),
      packet_count: String(inbound.packets),
      skip_packet_count: String(inbound.lostPackets),
    },
    outbound: {
      packet_count: String(outbound.packets),
      skip_packet_count: String(outbound.skippedPackets),
    },
  }
}

function playback({ mediaUrl, mediaName, overlay }: PlaybackFacts): Payload {
  return { ...present('media_url', mediaUrl), ...present('media_name', mediaName), overlay }
}

/** Links of the event live from its own time on, so that a repeated delivery says the same. */
function recordingSaved(
  recording: RecordingFacts,
  occurredAtUs: number,
  recordingUrl: RecordingUrl,
): Payload {
  const { format } = recording
  const url = recordingUrl(recording, Math.floor(occurredAtUs / 1000))
  return {
    recording_id: recording.recordingId,
    format,
    channels: recording.channels,
    recording_started_at: isoMicros(recording.startedAtUs),
    recording_ended_at: isoMicros(recording.endedAtUs),
    recording_urls: { mp3: format === 'mp3' ? url : null, wav: format === 'wav' ? url : null },
    public_recording_urls: { mp3: null, wav: null },
  }
}

function streamFailed({ stream, why }: Event<'streaming-failed'>): Payload {
  return {
    failure_reason: why,
    stream_id: stream.streamId,
    stream_params: { stream_url: stream.url, track: stream.track },
    stream_type: 'websocket',
  }
}

/** The event's list of reasons is shorter than the conference's own: an end by API tells that everybody left. */
function endReason(reason: EndReason): string {
  return reason === 'ended_via_api' ? 'all_left' : reason
}

/** Those that SIP knows stand apart, whichever message brought them. */
function headers(heard: readonly NamedValue[], known: readonly NamedValue[]): Payload {
  const isKnown = ({ name }: NamedValue): boolean => /^(user-to-user|diversion)$/i.test(name)
  const custom = heard.filter((one) => !isKnown(one))
  const sip = [...known, ...heard.filter(isKnown)]
  return {
    ...(custom.length > 0 ? { custom_headers: custom } : {}),
    ...(sip.length > 0 ? { sip_headers: sip } : {}),
  }
}

function tags(leg: LegFacts): Payload {
  return leg.tags.length > 0 ? { tags: leg.tags } : {}
}

function present(key: string, value: string | undefined): Payload {
  return value === undefined || value === '' ? {} : { [key]: value }
}
