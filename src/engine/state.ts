// Everything the call logic remembers. One process, one object, changed only inside a step. Rows that must outlive the
// process are written by `touch` (context.ts); what stands here and is not in `LegRow` is rebuilt or given up at a start.

import type {
  ApplicationId,
  LegId,
  LegUuid,
  OperationId,
  QueueName,
  SessionId,
} from '../base/ids.ts'
import type { BridgeSettings } from '../calls/bridge.ts'
import type { Gather } from '../calls/gather.ts'
import type { LegState } from '../calls/leg.ts'
import { DeadlineHeap } from '../base/heap.ts'
import type {
  CommandAnswer,
  CommandEnvelope,
  DialConference,
  DialOptions,
  MachineDetectionOrder,
} from '../ports/commands.ts'
import type { HangupCause, WebhookOverrides } from '../ports/events.ts'
import type { RecordingOrder } from '../ports/recorder.ts'
import type { ForkOrder, StreamOrder } from '../ports/streaming.ts'
import type { StreamAt } from '../calls/streaming.ts'
import type { ApplicationBook } from '../ports/setup.ts'
import type { AudioReference, Supervisor } from '../ports/media-engine.ts'
import type { NamedValue } from '../ports/signaling.ts'
import { createConferenceState, type ConferenceState } from './conference-state.ts'
import type { LegAudio } from './audio-state.ts'
import { createRecordingState, type RecordingState } from './recording-state.ts'
import type { OrderedIndex } from './ordered-index.ts'

export interface Leg {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly direction: 'incoming' | 'outgoing'
  readonly from: string
  readonly to: string
  readonly tags: readonly string[]
  readonly startedAtUs: number
  readonly startedAtMs: number
  /** Place in the order of all legs of this process. */
  readonly order: number

  /** Changed by `move` in context.ts only. */
  state: LegState
  clientState: string | null
  webhooks: WebhookOverrides | undefined
  answeredAtMs: number | undefined
  endedAtMs: number | undefined
  /** The application has heard of this leg (leg-initiated): only then does its end make an event. */
  told: boolean
  /** `clockSetMs` when it was put into its queue; undefined where the process that did it had another clock. */
  clockAtEnqueueMs?: number
  /** Wall ms of the end by `time_limit_secs`. */
  timeLimitAtMs: number | undefined
  /** Goes on from a former process, and no audio of it has arrived since. */
  unheard: boolean
  /** The far end has put us on hold; leg-held and leg-resumed follow its changes. */
  held: boolean
  /** SDP that our 200 or INVITE carries, until it is sent. */
  localSdp: string | undefined
  /** The same for each codec that the caller offered and we have; see `media-leg-created`. */
  sdpByCodec?: Readonly<Record<string, string>> | undefined
  /** The INVITE had no offer: the answer comes with the ACK. */
  readonly delayedOffer: boolean
  /** An 18x brought an SDP that the media engine has. */
  earlyMedia: boolean
  /** Facts of the INVITE, for the event and for conferences. */
  readonly invite: InviteFacts | undefined
  /** What dial or transfer asked for; undefined for inbound legs. */
  readonly dial: LegDial | undefined
  /**
   * Name of the API key whose limits hold for what is dialled here: the one that dialled this leg, or that gave an inbound
   * leg its last accepted command.
   */
  keyName: string | undefined

  /** On an unanswered leg: whom it is bridged with when it answers. */
  intent: BridgeIntent | undefined
  /** Unanswered legs whose intent names this leg. */
  readonly awaiting: Set<LegId>
  /** Legs that one dial rings at the same time as this one (ring-group.ts); nothing of it is left after the first answer. */
  rivals: readonly LegId[]
  audio: LegAudio
  /** Its sound goes to a WebSocket; at most one. */
  stream: LegStream | undefined
  /** Its sound is copied to a UDP target; at most one. */
  fork: ForkOrder | undefined
  /** Keys of the far end are being collected. */
  gather: Gather<AudioReference> | undefined
  /** Who answered, or when the greeting of the machine is over, is being found out. */
  machine: MachineDetection | undefined
  /** Keys that we press by SIP INFO, the present one first. */
  readonly pressing: { readonly digit: string; readonly durationMs: number }[]
  /** The last key heard, and in which way: some phones send one key in two. */
  lastKey: HeardKey | undefined
  /** Mixed over `audio`: a queue of its own, without background. */
  overlay: LegAudio
  /** The leg that this one was dialled to supervise. */
  supervises: { readonly target: LegId; readonly role: Supervisor['role'] } | undefined
  /** Legs that supervise this one. */
  readonly supervisors: Set<LegId>
  /** The conference that it joins with its answer. */
  joins: DialConference | undefined
  /** REFER of ours that has no final answer yet. */
  referring: boolean
  /** Dialled for a REFER that we heard: who asked. Cleared when that is settled. */
  referral: Referral | undefined
  /** The leg that is dialled for this leg's REFER. */
  referredBy: LegId | undefined
  /** Its early media has been passed on (outbound), or it was sent some with a 183 (inbound). */
  earlyPassed: boolean

  /** A store verb that decides over this leg is on its way; its outcome clears it. */
  claim: OperationId | undefined
  /** The leg's end, decided and waiting for an outcome; the first reason wins. */
  deferredEnd: LegEnd | undefined
  /**
   * The store says the entry is gone and this leg still stands in the queue: somebody's claim has taken it and its
   * outcome is on the way (distributed stores only). Commands and ends wait for that too.
   */
  takenElsewhere: boolean
  /** Commands that wait for `claim`, oldest first. */
  readonly line: WaitingCommand[]
  /** Dead, and its entry stays in the queue (keep_after_hangup). */
  kept: QueueName | undefined
}

export interface LegStream {
  readonly order: StreamOrder
  readonly at: StreamAt
}

export interface MachineDetection {
  readonly order: MachineDetectionOrder
  readonly stage: 'answer' | 'greeting'
  /** Wall ms at which the stage is over whatever was heard. */
  readonly untilMs: number
}

export interface HeardKey {
  readonly digit: string
  readonly by: 'event' | 'tone' | 'info'
  readonly atMs: number
}

export interface Referral {
  readonly referrer: LegId
  /** The referrer has gone and its peer waits for the dialled leg. */
  readonly peerWaits: boolean
}

export interface InviteFacts {
  readonly callerIdName: string | undefined
  readonly fromUri: string
  readonly toUri: string
  readonly customHeaders: readonly NamedValue[]
  readonly sipHeaders: readonly NamedValue[]
}

export interface LegDial {
  readonly options: DialOptions
  readonly retryOnTimeout: boolean
}

/** A bridge that is made when the unanswered leg which holds it answers (at most one per leg). */
export interface BridgeIntent {
  readonly operation: 'bridge' | 'bridge-on-answer' | 'transfer'
  /** The leg at the far side of the bridge to be. */
  readonly other: LegId
  /** Whose settings hold: one of the two legs. */
  readonly issuer: LegId
  readonly settings: BridgeSettings
  readonly preventDoubleBridge: boolean
  /** transfer: the new leg's early media goes to `other`. */
  readonly earlyMedia: boolean
  /** The issuer is recorded from the bridge on. */
  readonly record?: RecordingOrder | undefined
}

/** How a leg ends: what its `leg-ended` says, and what the far end is told. */
export interface LegEnd {
  readonly cause: HangupCause
  readonly source: 'caller' | 'callee' | 'unknown'
  readonly sipCause: string
  /** Headers that came with the BYE, for the event. */
  readonly heard: readonly NamedValue[]
  readonly tell: LegFarewell
}

export type LegFarewell =
  /** The far end ended it, or there is nobody to tell. */
  | { readonly kind: 'nothing' }
  /** BYE, CANCEL or a refusal, as the leg's state asks; `status` is that of a refusal. */
  | {
      readonly kind: 'farewell'
      readonly status: number
      readonly headers: readonly NamedValue[]
      readonly reason: string | undefined
    }

export interface WaitingCommand {
  readonly envelope: CommandEnvelope
  readonly token: CommandToken
  /** Legs in whose lines it stands. */
  readonly legs: readonly LegId[]
}

/** Names one `submit`; the driver turns it into a promise. */
export type CommandToken = number

/** An answer that is kept for repeats, or the tokens that share the answer of a command under way. */
export type AnswerRecord =
  | { readonly at: 'running'; readonly sharers: CommandToken[] }
  | { readonly at: 'stored'; readonly answer: CommandAnswer; readonly untilMs: number }

export type TimerName =
  | 'ring-limit'
  | 'dial-timeout'
  | 'time-limit'
  | 'gather'
  | 'detect-machine'
  | 'press-key'
  | 'max-wait'
  | 'first-command'
  | 'forget-leg'
  | 'forget-answer'
  | 'collect-empty'
  | 'repeat-verb'
  | 'rtp-loss'
  | 'probe'
  | 'conference-expiry'
  | 'conference-forget'
  | 'expire-recordings'

export interface EngineSettings {
  /** An inbound call that nobody answers is refused after this time. */
  readonly ringLimitMs: number
  /** Ended legs are answered about (C16). */
  readonly rememberEndedMs: number
  /** Answers are kept for repeats (C10). */
  readonly rememberAnswersMs: number
  /** Empty queues go after this time (C5); 0: never. */
  readonly collectEmptyAfterMs: number
  readonly collectCreated: boolean
  /** A leg that sends no RTP this long is hung up; 0: never. */
  readonly rtpLossHangupMs: number
  /** Finished recordings are kept this long; 0: until they are deleted. */
  readonly recordingsKeptMs: number
  /** Pause before a verb with unknown outcome is repeated. */
  readonly repeatVerbMs: number
  /** Living legs of the whole server. */
  readonly callsMax: number
  /** Calls over trunks of the whole server. */
  readonly outboundLimits: OutboundLimits
  /** Of one API key, by its name. */
  readonly keyLimits: ReadonlyMap<string, OutboundLimits & { readonly prefixes: readonly string[] }>
}

/** 0 is no limit. */
export interface OutboundLimits {
  readonly concurrentMax: number
  readonly perMinuteMax: number
}

export const defaultEngineSettings: EngineSettings = {
  ringLimitMs: 180_000,
  rememberEndedMs: 600_000,
  rememberAnswersMs: 60_000,
  collectEmptyAfterMs: 3_600_000,
  collectCreated: true,
  rtpLossHangupMs: 0,
  recordingsKeptMs: 0,
  repeatVerbMs: 200,
  callsMax: 100_000,
  outboundLimits: { concurrentMax: 0, perMinuteMax: 0 },
  keyLimits: new Map(),
}

/** Knowledge from outside the engine: the configuration, what is set up now, and the routes. */
export interface EngineWorld {
  readonly settings: EngineSettings
  readonly applications: ApplicationBook
  checkDestination(
    to: string,
  ): 'malformed' | 'forbidden-host' | 'no-trunk' | 'unknown-user' | 'forbidden-prefix' | undefined
  /** The number that a trunk is asked for by a call to `to`; undefined: no trunk is used. */
  trunkNumber(to: string): string | undefined
}

export interface ApplicationLegs {
  readonly living: OrderedIndex<Leg>
  incoming: number
  outgoing: number
}

export interface EngineState {
  readonly legs: Map<LegId, Leg>
  readonly byApplication: Map<ApplicationId, ApplicationLegs>
  readonly conferences: ConferenceState
  readonly recordings: RecordingState
  readonly answers: Map<string, AnswerRecord>
  /** Key of `answers` that a running command settles. */
  readonly answerKeys: Map<CommandToken, readonly string[]>
  /** Legs with `takenElsewhere`. */
  readonly taken: Set<LegId>
  /** Deadlines by `name id`, monotonic ms. */
  readonly timers: DeadlineHeap<string>
  /** Wall ms at monotonic 0, when the first step of this process looked at the clock. */
  steadyFromMs: number | undefined
  nextLegOrder: number
  nextOperation: number
  /** Unique per process life: part of operation ids. */
  readonly bootId: string
  counts: { legs: number; queued: number; bridges: number }
  /** When the calls over trunks of the last minute began, monotonic ms, by whose limit they count; only where one is set. */
  readonly outboundBegun: Map<string, number[]>
  /** Living legs over trunks, by whose limit they count; only where one is set. */
  readonly outboundUp: Map<string, Set<LegId>>
}

export function createEngineState(bootId: string): EngineState {
  return {
    legs: new Map(),
    byApplication: new Map(),
    conferences: createConferenceState(),
    recordings: createRecordingState(),
    answers: new Map(),
    answerKeys: new Map(),
    taken: new Set(),
    timers: new DeadlineHeap(),
    steadyFromMs: undefined,
    nextLegOrder: 0,
    nextOperation: 0,
    bootId,
    counts: { legs: 0, queued: 0, bridges: 0 },
    outboundBegun: new Map(),
    outboundUp: new Map(),
  }
}
