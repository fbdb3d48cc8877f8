// The border between call logic and recording. What is asked for and what has become of it are plain data; the sound
// itself goes from the media thread to the recording thread without touching anything above this line
// (docs/internals/recording.md).

import type {
  ApplicationId,
  ConferenceId,
  LegId,
  LegUuid,
  RecordingId,
  SessionId,
} from '../base/ids.ts'

export type RecordingFormat = 'wav' | 'mp3'

/** What a client asked for. */
export interface RecordingOrder {
  readonly recordingId: RecordingId
  readonly format: RecordingFormat
  /** `dual`: the recorded call's own voice on channel A, everything it hears on B (C114). */
  readonly channels: 'single' | 'dual'
  /** One direction alone makes one channel. */
  readonly track: 'both' | 'inbound' | 'outbound'
  /** 0: no limit. Pauses do not count. */
  readonly maxLengthMs: number
  /** Ends after so much silence, once something was heard; 0: never. */
  readonly silenceMs: number
  /** Silence at the beginning and at the end is left out. */
  readonly trim: boolean
  readonly beep: boolean
  /** Printable text of the client; undefined: the call_leg_id. */
  readonly customFileName: string | undefined
}

/** Whose sound is recorded. */
export type RecordedSound =
  | { readonly kind: 'leg'; readonly legId: LegId }
  /** `first`: whose voice is on channel A of a dual recording. */
  | { readonly kind: 'conference'; readonly conferenceId: ConferenceId; readonly first: LegId }

export type RecorderCommand =
  | {
      readonly kind: 'start'
      readonly order: RecordingOrder
      readonly of: RecordedSound
      /** Name in the folder of recordings. */
      readonly fileName: string
      readonly paused: boolean
      /** Of a former process: goes on in the file as it was left. */
      readonly continued: boolean
    }
  | { readonly kind: 'pause' | 'resume' | 'stop'; readonly recordingId: RecordingId }
  /** The file goes; one that is not there is no fault. */
  | { readonly kind: 'delete'; readonly fileName: string }

export interface Recorder {
  perform(command: RecorderCommand): void
}

/** The file is closed, after `stop` or by itself (length, silence, trouble); exactly once per `start`. */
export interface RecorderInput {
  readonly kind: 'recording-ended'
  readonly recordingId: RecordingId
  readonly outcome: 'saved' | 'failed'
  /** Of the sound in the file. */
  readonly durationMs: number
  readonly bytes: number
  /** For the log, when it failed. */
  readonly why: string
}

/** A recording as GET /recordings shows it. */
export interface RecordingView {
  readonly recordingId: RecordingId
  readonly status: 'completed' | 'failed'
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly conferenceId: ConferenceId | undefined
  readonly from: string
  readonly to: string
  readonly format: RecordingFormat
  readonly channels: 'single' | 'dual'
  readonly fileName: string
  readonly durationMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly updatedAtMs: number
}

/** One that is over, as it is stored: plain data. */
export interface FinishedRecording extends RecordingView {
  /** Their order. */
  readonly startedAtUs: number
  /** What they are kept by. */
  readonly endedAtUs: number
}

/** Those that are over, in the store: there may be many, and all questions go to the disk. */
export interface FinishedRecordings {
  get(recordingId: RecordingId): Promise<FinishedRecording | undefined>
  /** The newest first, by their beginning. */
  page(
    filter: RecordingFilter,
    page: { readonly number: number; readonly size: number },
  ): Promise<{ readonly rows: readonly FinishedRecording[]; readonly total: number }>
  /** Some that ended before that wall ms, the oldest first, at most `limit`. */
  endedBefore(wallMs: number, limit: number): Promise<readonly FinishedRecording[]>
}

export interface RecordingFilter {
  readonly legUuid?: string
  readonly sessionId?: string
  readonly applicationId?: string
  readonly conferenceId?: string
  readonly from?: string
  readonly to?: string
  /** Wall ms of the beginning, inclusive. */
  readonly sinceMs?: number
  readonly untilMs?: number
}

/** A file that is being read, for a download. */
export interface RecordingFile {
  readonly sizeBytes: number
  /** Bytes `first` to `last`, both inclusive, in pieces. Once; it closes the file. */
  read(first: number, last: number): AsyncIterable<Uint8Array>
  /** When it is not read. */
  close(): void
}

export interface RecordingFiles {
  /** Undefined: there is no such file. */
  open(fileName: string): Promise<RecordingFile | undefined>
}

/** The folder of recordings as the recording thread sees it. All calls wait for the disk and throw what it says. */
export interface RecordingFolder {
  /** Opens a file for writing; one that is there is kept as it is. */
  open(fileName: string): WritableRecording
  /** A file that is not there is no fault. */
  remove(fileName: string): void
}

export interface WritableRecording {
  readonly sizeBytes: number
  /** All of it at the end of the file, or an exception; then nothing of it stays. */
  append(bytes: Uint8Array): void
  /** Over what is there, from byte `at` on. */
  patch(at: number, bytes: Uint8Array): void
  truncate(sizeBytes: number): void
  close(): void
}
