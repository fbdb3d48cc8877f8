// What an API client can ask of the call logic, as plain data: checked for shape by the API room, for state by the engine.
// Names are ours; the wire names are translated once, in src/api.

import type {
  ApplicationId,
  ConferenceId,
  LegId,
  LegUuid,
  ParticipantId,
  QueueId,
  QueueName,
  RecordingId,
  SessionId,
  StreamId,
} from '../base/ids.ts'
import type { CallView, ConferenceView, KeptCaller, ParticipantView } from './call-views.ts'
import type { WebhookOverrides } from './events.ts'
import type { AudioReference, MachineDetectionRules, SpeechReference } from './media-engine.ts'
import type { RecordingFilter, RecordingOrder, RecordingView } from './recorder.ts'
import type { NamedValue, SipCredentials } from './signaling.ts'
import type { QueueRecord } from './store.ts'
import type { ForkOrder, StreamOrder } from './streaming.ts'

export type { CallView, ConferenceView, KeptCaller, ParticipantView } from './call-views.ts'

/** Ids that a step may need, made by the caller of `submit` because decisions use no randomness. */
export interface FreshLeg {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
}

/** Who answers is to be found out, and, but for `detect`, when a machine has finished its greeting. */
export interface MachineDetectionOrder {
  readonly mode: 'detect' | 'detect_beep' | 'detect_words' | 'greeting_end'
  readonly rules: MachineDetectionRules
  /** How long after the verdict the end of the greeting is waited for. */
  readonly greetingListenMs: number
}

/** Fields of a command that moves or makes a leg towards a destination. */
export interface DialOptions {
  readonly to: string
  readonly from: string | undefined
  readonly fromDisplayName: string | undefined
  readonly timeoutMs: number
  readonly timeLimitMs: number
  readonly customHeaders: readonly NamedValue[]
  readonly sipHeaders: readonly NamedValue[]
  readonly credentials: SipCredentials | undefined
  readonly transport: 'UDP' | 'TCP' | 'TLS' | undefined
  readonly privacy: boolean
  readonly codecs: readonly string[] | undefined
  /** Played to the new leg after it answers. */
  readonly audio: AudioReference | undefined
  /** Keys (and pauses `w`, `W`) that are pressed when the new leg answers, before anything else. */
  readonly sendDigits?: string | undefined
  readonly webhooks: WebhookOverrides | undefined
  /** Records the new leg from its answer. */
  readonly record?: RecordingOrder | undefined
  readonly machineDetection?: MachineDetectionOrder | undefined
  /** Streams the new leg from its answer. */
  readonly stream?: StreamOrder | undefined
}

/** Bridge settings of the issuer (B.3). */
export interface UnbridgeOptions {
  readonly parkAfterUnbridge: boolean
  readonly holdAfterUnbridge: boolean
}

export type MuteDtmf = 'none' | 'both' | 'self' | 'opposite'

/** Commands on one leg; `legId` is the path's call_control_id, unchecked. */
export type LegCommand =
  | {
      readonly kind: 'answer'
      readonly legId: LegId
      readonly customHeaders: readonly NamedValue[]
      readonly sipHeaders: readonly NamedValue[]
      readonly codecs: readonly string[] | undefined
      readonly webhooks: WebhookOverrides | undefined
      readonly record?: RecordingOrder | undefined
      readonly stream?: StreamOrder | undefined
    }
  | {
      readonly kind: 'reject'
      readonly legId: LegId
      readonly cause: 'CALL_REJECTED' | 'USER_BUSY'
    }
  | {
      readonly kind: 'hangup'
      readonly legId: LegId
      readonly customHeaders: readonly NamedValue[]
    }
  | {
      readonly kind: 'enqueue'
      readonly legId: LegId
      readonly queueName: QueueName
      readonly newQueueId: QueueId
      readonly maxWaitMs: number | undefined
      readonly maxSize: number | undefined
      readonly keepAfterHangup: boolean
    }
  | { readonly kind: 'leave-queue'; readonly legId: LegId }
  | ({
      readonly kind: 'bridge'
      readonly legId: LegId
      readonly target: BridgeTarget
      readonly playRingtone: boolean
      readonly ringtone: string
      readonly muteDtmf: MuteDtmf
      readonly preventDoubleBridge: boolean
      /** Records the issuer from the moment the bridge is made. */
      readonly record?: RecordingOrder | undefined
    } & UnbridgeOptions)
  | {
      readonly kind: 'transfer'
      readonly legId: LegId
      readonly fresh: FreshLeg
      readonly dial: DialOptions
      readonly earlyMedia: boolean
      readonly parkAfterUnbridge: boolean
      readonly muteDtmf: MuteDtmf
      readonly targetClientState: string | undefined
    }
  | {
      readonly kind: 'refer'
      readonly legId: LegId
      readonly target: string
      readonly customHeaders: readonly NamedValue[]
      readonly sipHeaders: readonly NamedValue[]
      readonly credentials: SipCredentials | undefined
    }
  | {
      readonly kind: 'playback-start'
      readonly legId: LegId
      readonly playbackId: string
      readonly audio: AudioReference
      readonly loops: number
      readonly overlay: boolean
      /** Stop running audio first. */
      readonly stop: 'current' | 'all' | 'overlay' | undefined
      readonly targetLegs: 'self' | 'opposite' | 'both'
    }
  | {
      readonly kind: 'speak'
      readonly legId: LegId
      readonly playbackId: string
      readonly speech: SpeechReference
      readonly loops: number
      readonly stop: 'current' | 'all' | 'overlay' | undefined
      readonly targetLegs: 'self' | 'opposite' | 'both'
    }
  | {
      readonly kind: 'playback-stop'
      readonly legId: LegId
      readonly stop: 'all' | 'current'
      readonly overlay: boolean
    }
  | GatherCommand
  | { readonly kind: 'gather-stop'; readonly legId: LegId }
  | {
      readonly kind: 'send-dtmf'
      readonly legId: LegId
      /** Of `0-9A-D*#`, `w` half a second, `W` a second. */
      readonly digits: string
      readonly durationMs: number
    }
  | { readonly kind: 'client-state-update'; readonly legId: LegId }
  | {
      readonly kind: 'switch-supervisor-role'
      readonly legId: LegId
      readonly role: 'barge' | 'whisper' | 'monitor'
    }
  | { readonly kind: 'record-start'; readonly legId: LegId; readonly order: RecordingOrder }
  | {
      readonly kind: 'record-stop' | 'record-pause' | 'record-resume'
      readonly legId: LegId
      /** Undefined: every recording of the leg. */
      readonly recordingId: RecordingId | undefined
    }
  | { readonly kind: 'streaming-start'; readonly legId: LegId; readonly order: StreamOrder }
  | {
      readonly kind: 'streaming-stop'
      readonly legId: LegId
      /** Undefined: whichever there is. */
      readonly streamId: StreamId | undefined
    }
  | { readonly kind: 'fork-start'; readonly legId: LegId; readonly order: ForkOrder }
  | { readonly kind: 'fork-stop'; readonly legId: LegId }

/** Keys of the far end, with or without a prompt. */
export interface GatherCommand {
  readonly kind: 'gather'
  readonly legId: LegId
  readonly gatherId: string
  /** Of the first prompt. */
  readonly playbackId: string
  readonly rules: {
    readonly minimumDigits: number
    readonly maximumDigits: number
    /** Without a prompt: of the whole gather. With one: of silence from its end to the next try. */
    readonly timeoutMs: number
    readonly interDigitMs: number
    /** Until the first key, without a prompt. */
    readonly initialMs: number
    /** Empty: none. */
    readonly terminatingDigit: string
    readonly validDigits: string
    readonly triesMax: number
  }
  readonly prompt: AudioReference | undefined
  /** In place of the prompt after a try that was not valid. */
  readonly invalidPrompt: AudioReference | undefined
}

/** H2 is decided by the engine, which alone knows whether the body's id is a live leg. */
export type BridgeTarget =
  | { readonly kind: 'leg'; readonly legId: LegId }
  | { readonly kind: 'queue'; readonly queueName: QueueName; readonly legIdToo: LegId | undefined }

/** A further destination of a dial that rings several at the same time; it has the session of the first. */
export interface RingBranch {
  readonly fresh: FreshLeg
  readonly to: string
  readonly sendDigits: string | undefined
}

export interface DialCommand {
  readonly kind: 'dial'
  readonly fresh: FreshLeg
  readonly applicationId: ApplicationId
  readonly dial: DialOptions
  /** Rings with the first until one of all answers (C159). Undefined: `to` was no list. */
  readonly others?: readonly RingBranch[] | undefined
  /** false: the cause of an expired `timeoutMs` is `no_answer`, not `timeout`. */
  readonly retryOnTimeout: boolean
  readonly linkTo: LegId | undefined
  readonly bridgeIntent: boolean
  readonly bridgeOnAnswer: boolean
  readonly parkAfterUnbridge: boolean
  readonly preventDoubleBridge: boolean
  /** The conference that the leg joins with its answer. */
  readonly joins?: DialConference | undefined
  /** The bridged leg that it listens to, or speaks to. */
  readonly supervise?:
    { readonly target: LegId; readonly role: 'barge' | 'whisper' | 'monitor' } | undefined
}

/** A conference by id, or by a name; one that is named and not running is made, with the ids given here. */
export interface DialConference {
  readonly by: 'id' | 'name'
  readonly conference: string
  readonly conferenceId: ConferenceId
  readonly participantId: ParticipantId
  readonly earlyMedia: boolean
  readonly startOnCreate: boolean
  readonly participantsMax: number
  readonly beep: BeepWhen
  readonly options: JoinOptions
}

export interface JoinOptions {
  readonly startOnEnter: boolean
  readonly endOnExit: boolean
  readonly softEndOnExit: boolean
  readonly hold: boolean
  readonly holdAudio: AudioReference | undefined
  readonly mute: boolean
  readonly role: SupervisorRole
  /** Whom a whisper is for. */
  readonly whisperTo: readonly LegId[]
  readonly beep: BeepWhen | undefined
}

/** `none` and `barge` are the same in a conference. */
export type SupervisorRole = 'none' | 'barge' | 'whisper' | 'monitor'
export type BeepWhen = 'always' | 'never' | 'on_enter' | 'on_exit'

/** `conference` is an id or a name as the path had it. */
export type ConferenceCommand =
  | {
      readonly kind: 'conference-create'
      readonly legId: LegId
      readonly conferenceId: ConferenceId
      readonly participantId: ParticipantId
      readonly name: string
      readonly durationMs: number | undefined
      readonly participantsMax: number
      readonly startOnCreate: boolean
      readonly holdAudio: AudioReference | undefined
      readonly beep: BeepWhen
      readonly region: string | undefined
    }
  | {
      readonly kind: 'conference-join'
      readonly conference: string
      readonly legId: LegId
      readonly participantId: ParticipantId
      readonly options: JoinOptions
    }
  | {
      readonly kind: 'conference-leave'
      readonly conference: string
      readonly legId: LegId
      readonly beep: BeepWhen | undefined
    }
  | {
      readonly kind: 'conference-hold'
      readonly conference: string
      /** Empty: all. */
      readonly legIds: readonly LegId[]
      readonly audio: AudioReference | undefined
    }
  | {
      readonly kind: 'conference-unhold'
      readonly conference: string
      readonly legIds: readonly LegId[]
    }
  | {
      readonly kind: 'conference-mute'
      readonly conference: string
      readonly legIds: readonly LegId[]
    }
  | {
      readonly kind: 'conference-unmute'
      readonly conference: string
      readonly legIds: readonly LegId[]
    }
  /** A participant's role; `whisperTo` undefined: as before. */
  | {
      readonly kind: 'conference-role'
      readonly conference: string
      readonly legId: LegId
      readonly role: SupervisorRole
      readonly whisperTo: readonly LegId[] | undefined
    }
  /** To everybody who hears the conference (`legIds` empty), or to these participants alone. */
  | {
      readonly kind: 'conference-play'
      readonly conference: string
      readonly legIds: readonly LegId[]
      readonly playbackId: string
      readonly audio: AudioReference
      readonly loops: number
    }
  /** Of what `conference-play` began; `legIds` empty: all of it. */
  | {
      readonly kind: 'conference-stop'
      readonly conference: string
      readonly legIds: readonly LegId[]
    }
  /** Keys of one participant. */
  | {
      readonly kind: 'conference-gather'
      readonly conference: string
      readonly legId: LegId
      readonly gather: GatherCommand
    }
  /** `legIds` empty: to all. */
  | {
      readonly kind: 'conference-dtmf'
      readonly conference: string
      readonly legIds: readonly LegId[]
      readonly digits: string
      readonly durationMs: number
    }
  | { readonly kind: 'conference-end'; readonly conference: string }
  | {
      readonly kind: 'conference-record-start'
      readonly conference: string
      readonly order: RecordingOrder
    }
  | {
      readonly kind:
        'conference-record-stop' | 'conference-record-pause' | 'conference-record-resume'
      readonly conference: string
      /** Undefined: every recording of the conference. */
      readonly recordingId: RecordingId | undefined
    }
  | {
      readonly kind: 'participant-update'
      readonly conference: string
      /** Participant uuid or call_control_id. */
      readonly participant: string
      readonly endOnExit: boolean | undefined
      readonly softEndOnExit: boolean | undefined
      readonly beep: BeepWhen | undefined
    }

export type QueueCommand =
  | {
      readonly kind: 'queue-create'
      readonly queueName: QueueName
      readonly newQueueId: QueueId
      readonly maxSize: number
    }
  | { readonly kind: 'queue-update'; readonly queueName: QueueName; readonly maxSize: number }
  | { readonly kind: 'queue-delete'; readonly queueName: QueueName }
  | {
      readonly kind: 'queued-call-update'
      readonly queueName: QueueName
      readonly legId: LegId
      readonly keepAfterHangup: boolean | undefined
    }
  | { readonly kind: 'queued-call-remove'; readonly queueName: QueueName; readonly legId: LegId }

/** Removes a finished recording and its file. */
export interface RecordingCommand {
  readonly kind: 'recording-delete'
  /** As the store has it: with the name of its file. */
  readonly recording: RecordingView
}

export type Command = LegCommand | DialCommand | ConferenceCommand | QueueCommand | RecordingCommand

/** A command with what all commands share. */
export interface CommandEnvelope {
  readonly command: Command
  /** Replaces the leg's state when defined; '' clears it (C24 and the contract's common rules). */
  readonly clientState: string | undefined
  readonly commandId: string | undefined
  /** Hash of key, method, path and body; `retry` when the client's SDK says this is a repeat (ADR on client retries). */
  readonly request: { readonly hash: string; readonly retry: boolean } | undefined
  /** Name of the API key that gave the command: what it dials counts for that key. */
  readonly keyName?: string | undefined
}

export type CommandAnswer =
  | { readonly ok: true; readonly value: CommandValue }
  | { readonly ok: false; readonly refusal: Refusal }

export type CommandValue =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'dialed'
      readonly leg: CallView
      /** Of a list: the calls to its further destinations. */
      readonly others?: readonly CallView[]
      /** The recording that begins when it, or one of the others, answers. */
      readonly recordingId?: RecordingId
    }
  | { readonly kind: 'recording-started'; readonly recordingId: RecordingId }
  | { readonly kind: 'recording'; readonly recording: RecordingView }
  | { readonly kind: 'queue'; readonly queue: QueueRecord }
  | { readonly kind: 'conference'; readonly conference: ConferenceView }
  | { readonly kind: 'participant'; readonly participant: ParticipantView }

/** Why a command was refused; src/api/errors.ts gives each its HTTP status, code and text. */
export type Refusal =
  | { readonly code: 'leg-unknown' }
  | { readonly code: 'leg-ended' }
  | { readonly code: 'other-leg-unknown' }
  | { readonly code: 'other-leg-ended' }
  | { readonly code: 'other-leg-not-answered' }
  | { readonly code: 'not-answered' }
  /** answer or reject on a leg that is not an unanswered inbound one; the text names the command. */
  | { readonly code: 'wrong-direction'; readonly command: string }
  | { readonly code: 'not-queued'; readonly legId: LegId }
  | { readonly code: 'queue-full'; readonly queueName: QueueName }
  | { readonly code: 'queue-size-fixed' }
  | { readonly code: 'already-queued' }
  | { readonly code: 'queue-empty'; readonly queueName: QueueName }
  | { readonly code: 'queue-and-leg' }
  | { readonly code: 'bridge-with-self' }
  | { readonly code: 'already-bridged' }
  /** C9: the head was a kept, dead call; here is what is needed to call that person back. */
  | { readonly code: 'kept-caller-gone'; readonly caller: KeptCaller }
  | { readonly code: 'queue-unknown' }
  | { readonly code: 'queue-exists' }
  | { readonly code: 'queue-not-empty' }
  | { readonly code: 'queued-call-unknown' }
  | { readonly code: 'conference-unknown' }
  | { readonly code: 'conference-ended' }
  | { readonly code: 'conference-full'; readonly participantsMax: number }
  | { readonly code: 'conference-name-taken' }
  | { readonly code: 'already-participant' }
  | { readonly code: 'not-participant' }
  | { readonly code: 'participant-unknown' }
  | { readonly code: 'application-unknown' }
  | {
      readonly code: 'destination-refused'
      readonly why:
        | 'malformed'
        | 'forbidden-host'
        | 'no-trunk'
        | 'unknown-user'
        | 'forbidden-prefix'
        | 'forbidden-key-prefix'
      /** Place in the list of destinations, from 0. */
      readonly place?: number
    }
  | { readonly code: 'link-unknown' }
  | { readonly code: 'link-ended' }
  /** Of `supervise_call_control_id`. */
  | { readonly code: 'supervised-unknown' }
  | { readonly code: 'supervised-ended' }
  | { readonly code: 'supervised-not-bridged' }
  | { readonly code: 'not-supervising' }
  | { readonly code: 'channel-limit'; readonly limit: number }
  /** Limits on calls over trunks, of the whole server or of the API key that gave the command (C80). */
  | {
      readonly code: 'outbound-concurrent-limit'
      readonly of: 'server' | 'key'
      readonly limit: number
    }
  | {
      readonly code: 'outbound-rate-limit'
      readonly of: 'server' | 'key'
      readonly limit: number
      readonly retryAfterSecs: number
    }
  | { readonly code: 'audio-queue-full'; readonly tracksMax: number }
  | { readonly code: 'no-overlay-base' }
  | { readonly code: 'recording-unknown' }
  | { readonly code: 'no-audio-yet' }
  /** So many recordings of one call or conference at one time. */
  | { readonly code: 'recordings-max'; readonly most: number }
  | { readonly code: 'already-streaming' }
  | { readonly code: 'not-streaming' }
  | { readonly code: 'already-forking' }
  | { readonly code: 'not-forking' }
  /** 503: draining, the store is behind, or a limit of the whole server. */
  | { readonly code: 'unavailable'; readonly why: string; readonly retryAfterSecs: number }

/** The engine as the API room sees it: commands, and reads of its own memory (never a scan over all calls). */
export interface CallControl {
  submit(envelope: CommandEnvelope): Promise<CommandAnswer>
  /** Ended calls for 10 minutes (C16). */
  call(legId: LegId): CallView | undefined
  /** Living legs of one application in the order they began, from after `cursor`. */
  activeCalls(
    applicationId: ApplicationId,
    page: {
      readonly number: number
      readonly size: number
      readonly after?: string
      readonly before?: string
    },
  ): {
    readonly rows: readonly CallView[]
    readonly total: number
    readonly first: string | null
    readonly last: string | null
    readonly more: boolean
    readonly earlier: boolean
  }
  /** By id or name; ended ones for 4 hours. */
  conference(idOrName: string): ConferenceView | undefined
  /** By `expires_at` descending. */
  conferences(
    filter: { readonly name?: string; readonly status?: ConferenceView['status'] },
    page: { readonly number: number; readonly size: number },
  ): { readonly rows: readonly ConferenceView[]; readonly total: number }
  participants(
    idOrName: string,
    filter: {
      readonly muted?: boolean
      readonly onHold?: boolean
      readonly whispering?: boolean
    },
    page: { readonly number: number; readonly size: number },
  ): { readonly rows: readonly ParticipantView[]; readonly total: number } | undefined
  participant(idOrName: string, participant: string): ParticipantView | undefined
  /** Finished ones only; from the store. */
  recording(recordingId: RecordingId): Promise<RecordingView | undefined>
  /** Finished ones, the newest first. */
  recordings(
    filter: RecordingFilter,
    page: { readonly number: number; readonly size: number },
  ): Promise<{ readonly rows: readonly RecordingView[]; readonly total: number }>
  /** Numbers for /metrics and admission. */
  counts(): EngineCounts
}

export interface EngineCounts {
  readonly legs: number
  readonly queued: number
  readonly bridges: number
  readonly conferences: number
}
