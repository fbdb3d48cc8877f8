// Sample events: one of every type, for tests of those that read them.

import { brandAs, type ParticipantId, type PlaybackId, type QueueName } from '../../src/base/ids.ts'
import type {
  ConferenceFacts,
  DomainEvent,
  LegFacts,
  RecordingFacts,
  StreamFacts,
  StampedEvent,
  WebhookOverrides,
} from '../../src/ports/events.ts'
import type { MediaQuality } from '../../src/ports/media-engine.ts'

/** 2025-03-04T09:10:01.000100Z */
export const startedAtUs = 1_741_079_401_000_100

export function sampleLeg(over: Partial<LegFacts> = {}): LegFacts {
  return {
    legId: brandAs('v3:Qm9yZGVyVGVybWluYWxFeGFtcGxl'),
    legUuid: brandAs('2dc6fc34-f9e0-11ef-b68e-02420a0f7768'),
    sessionId: brandAs('2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768'),
    applicationId: brandAs('1293384261075731499'),
    clientState: null,
    from: '+35319605860',
    to: '+13129457420',
    direction: 'incoming',
    startedAtUs,
    webhooks: undefined,
    tags: [],
    ...over,
  }
}

export const sampleOverrides: WebhookOverrides = {
  url: 'http://leg.example/hooks?k=1',
  method: 'POST',
  urlByEvent: { 'call.bridged': 'http://event.example/bridged' },
  methodByEvent: 'GET',
  retriesMsByEvent: { 'call.hangup': [100, 200] },
}

export const sampleQuality: MediaQuality = {
  codec: 'PCMU',
  inbound: { packets: 591, lostPackets: 9, jitteryPackets: 0, jitterMaxMs: 2.742, mos: 4.5 },
  outbound: { packets: 588, skippedPackets: 0 },
}

export function stamp(
  event: DomainEvent,
  sequence = 1,
  over: Partial<StampedEvent> = {},
): StampedEvent {
  const eventId = `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`
  const occurredAtUs = startedAtUs + sequence
  const plain = { legSequence: sequence, quality: undefined }
  return { eventId, sequence, occurredAtUs, event, ...plain, ...over }
}

/** One event of every type. */
export function sampleEvents(leg: LegFacts = sampleLeg()): readonly DomainEvent[] {
  const header = [{ name: 'X-Ticket', value: '7' }]
  const sipHeader = [{ name: 'Diversion', value: '<sip:1@x>' }]
  const conference: ConferenceFacts = {
    conferenceId: brandAs('41b9acd4-f4da-4ff5-a85c-e07e90b53f46'),
    name: 'support-42',
    applicationId: leg.applicationId,
    creator: leg,
  }
  const playback = {
    playbackId: brandAs<PlaybackId>('p1'),
    mediaUrl: 'https://app.example.com/hold.mp3',
    mediaName: undefined,
    overlay: false,
  }
  const recording: RecordingFacts = {
    recordingId: brandAs('6e00ab49-9487-4364-8ad6-23965965afb2'),
    format: 'wav',
    channels: 'dual',
    fileName: 'order-1741079402-6e00ab49.wav',
    startedAtUs: 1_741_079_402_000_000,
    endedAtUs: 1_741_079_662_000_000,
  }
  const stream: StreamFacts = {
    streamId: brandAs('32de0dea-53cb-4b21-89a4-9e1819c043bc'),
    url: 'wss://agent.example.com/stream',
    track: 'inbound_track',
  }
  const queueName = brandAs<QueueName>('support')
  const participantId = brandAs<ParticipantId>('part-1')
  return [
    {
      type: 'leg-initiated',
      leg,
      state: 'parked',
      callerIdName: 'Carol',
      offeredCodecs: ['PCMU', 'PCMA'],
      customHeaders: header,
      sipHeaders: sipHeader,
      fromSipUri: 'sip:carol@x',
      toSipUri: undefined,
    },
    { type: 'leg-answered', leg, customHeaders: [], sipHeaders: [] },
    { type: 'leg-bridged', leg, peerLegId: brandAs('v3:other') },
    { type: 'leg-held', leg },
    { type: 'leg-resumed', leg },
    {
      type: 'leg-ended',
      leg,
      cause: 'normal_clearing',
      source: 'caller',
      sipCause: '200',
      customHeaders: [],
      answered: true,
    },
    { type: 'call-enqueued', leg, queueName, position: 7, averageWaitSecs: 60, enqueuedAtMs: 0 },
    { type: 'call-dequeued', leg, queueName, position: 1, reason: 'bridged', waitSecs: 72 },
    { type: 'dtmf-received', leg, digit: '5' },
    { type: 'gather-ended', leg, gatherId: 'g1', digits: '503', status: 'valid' },
    { type: 'machine-detected', leg, result: 'machine' },
    { type: 'machine-greeting-ended', leg, result: 'beep_detected' },
    { type: 'playback-started', leg, playback },
    { type: 'playback-ended', leg, playback, status: 'cancelled', detail: '' },
    { type: 'speak-started', leg, speakId: brandAs<PlaybackId>('s1') },
    {
      ...{ type: 'speak-ended', leg, speakId: brandAs<PlaybackId>('s1') },
      ...{ status: 'completed', detail: '' },
    },
    { type: 'refer-started', leg, sipStatus: 100 },
    { type: 'refer-completed', leg, sipStatus: 200 },
    { type: 'refer-failed', leg, sipStatus: 603 },
    { type: 'conference-created', conference },
    { type: 'conference-ended', conference, reason: 'ended_via_api' },
    { type: 'participant-joined', conference, leg, participantId },
    { type: 'participant-left', conference, leg, participantId },
    { type: 'conference-playback-started', conference, playback, spoken: false },
    { type: 'conference-playback-ended', conference, playback, spoken: false },
    { type: 'conference-playback-started', conference, playback, spoken: true },
    { type: 'conference-playback-ended', conference, playback, spoken: true },
    { type: 'participant-playback-started', conference, leg, playback, spoken: false },
    { type: 'participant-playback-ended', conference, leg, playback, spoken: false },
    { type: 'participant-playback-started', conference, leg, playback, spoken: true },
    { type: 'participant-playback-ended', conference, leg, playback, spoken: true },
    { type: 'floor-changed', conference, leg },
    { type: 'recording-saved', leg, recording },
    { type: 'recording-failed', leg, recordingId: recording.recordingId },
    { type: 'conference-recording-saved', conference, recording },
    { type: 'streaming-started', leg, stream },
    { type: 'streaming-stopped', leg, stream },
    { type: 'streaming-failed', leg, stream, why: 'connection refused' },
    { type: 'fork-started', leg },
    { type: 'fork-stopped', leg },
    { type: 'queue-created', queueName, queueId: brandAs('q-1') },
    { type: 'queue-updated', queueName, maxSize: 5 },
    { type: 'queue-deleted', queueName, collected: true },
    { type: 'rtp-silent', leg, silentMs: 5000 },
    { type: 'rtp-heard', leg },
  ]
}
