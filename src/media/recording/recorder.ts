// The recorder as call logic sees it: the signalling thread's half. It opens the file first, then has the media thread
// fill the ring, so that nothing is said into a file that cannot be written; and it turns the end of the file, whoever
// caused it, into one word to the call logic.

import type { RecordingId } from '../../base/ids.ts'
import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type {
  RecordedSound,
  Recorder,
  RecorderCommand,
  RecorderInput,
  RecordingOrder,
} from '../../ports/recorder.ts'
import { newFrameRing } from '../audio/frame-ring.ts'
import type { WorkerCommand } from '../embedded/protocol.ts'
import type { FromRecordingThread, ToRecordingThread } from './protocol.ts'
import type { Shape } from './shaper.ts'

/** 2.56 s, 82 kB. */
const RING_FRAMES = 128
/** A thread that has not closed a file by then hangs (a disk may be slow for some seconds): it is replaced. */
const CLOSE_MS = 30_000
/** The end of the process waits no longer for the files to be left. */
const LEAVE_MS = 5_000
/** A thread that dies of a file gets it no more often. */
const DELETE_TRIES = 3

export interface RecordingThread {
  post(message: unknown): void
  /** Ends the thread at once. */
  stop(): void
}

export type StartRecordingThread = (callbacks: {
  readonly onMessage: (value: unknown) => void
  readonly onGone: (why: string) => void
}) => RecordingThread

export interface RecorderOptions {
  readonly start: StartRecordingThread
  /** Absolute path. */
  readonly folder: string
  readonly postMedia: (commands: readonly WorkerCommand[]) => void
  /** Never called from within `perform`. */
  readonly deliver: (input: RecorderInput) => void
  readonly log: Log
  readonly metrics: Metrics
  readonly timers: Timers
}

export interface RunningRecorder extends Recorder {
  /** Leaves every file so that the next process goes on with it. */
  close(): Promise<void>
}

interface Recording {
  readonly number: number
  readonly order: RecordingOrder
  readonly of: RecordedSound
  readonly ring: SharedArrayBuffer
  attached: boolean
  /** Set while the end of the file is waited for. */
  late: TimerId | undefined
}

/** Starts nothing yet: the thread is started by the first recording or deletion. */
export function createRecorder(options: RecorderOptions): RunningRecorder {
  return new ThreadRecorder(options)
}

class ThreadRecorder implements RunningRecorder {
  readonly #options: RecorderOptions
  readonly #byId = new Map<RecordingId, Recording>()
  readonly #byNumber = new Map<number, Recording>()
  /** Files that are to go, and how often a thread was told so. */
  readonly #deleting = new Map<string, number>()
  #thread: RecordingThread | undefined
  #nextNumber = 1
  #done: (() => void) | undefined

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  perform(command: RecorderCommand): void {
    switch (command.kind) {
      case 'start':
        this.#start(command)
        return
      case 'pause':
      case 'resume': {
        const recording = this.#byId.get(command.recordingId)
        if (recording !== undefined) this.#post({ op: command.kind, number: recording.number })
        return
      }
      case 'stop': {
        const recording = this.#byId.get(command.recordingId)
        // It has ended by itself, and that is told already.
        if (recording === undefined) return
        this.#post({ op: 'close', number: recording.number })
        recording.late ??= this.#options.timers.set(CLOSE_MS, () => this.#replaceThread())
        return
      }
      case 'delete':
        this.#delete(command.fileName, 1)
    }
  }

  async close(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined) return
    const { timers } = this.#options
    let late: TimerId | undefined
    const over = new Promise<void>((resolve) => {
      this.#done = resolve
      late = timers.set(LEAVE_MS, resolve)
    })
    this.#post({ op: 'end' })
    await over
    if (late !== undefined) timers.clear(late)
    this.#thread = undefined
    thread.stop()
    for (const { late: waits } of this.#byNumber.values()) {
      if (waits !== undefined) timers.clear(waits)
    }
  }

  #start(command: Extract<RecorderCommand, { kind: 'start' }>): void {
    const { order, of, fileName, paused } = command
    if (this.#byId.has(order.recordingId)) return
    const number = this.#nextNumber++
    const ring = newFrameRing(RING_FRAMES)
    const recording: Recording = { number, order, of, ring, attached: false, late: undefined }
    this.#byId.set(order.recordingId, recording)
    this.#byNumber.set(number, recording)
    const { format } = order
    const shape = shapeOf(order)
    this.#post({ op: 'open', number, fileName, format, shape, ring, paused })
    this.#gauge()
  }

  #onMessage(message: FromRecordingThread): void {
    switch (message.op) {
      case 'opened':
        this.#opened(message.number)
        return
      case 'ended':
        this.#ended(message)
        return
      case 'deleted':
        this.#deleting.delete(message.fileName)
        return
      case 'delete-failed': {
        const { fileName, why } = message
        this.#deleting.delete(fileName)
        this.#options.log.warn(
          { code: 'RECORDING_DELETE', fileName, error: why },
          'a recording could not be deleted',
        )
        return
      }
      case 'done':
        this.#done?.()
    }
  }

  #opened(number: number): void {
    const recording = this.#byNumber.get(number)
    if (recording === undefined) return
    recording.attached = true
    const { of, order, ring } = recording
    const tapId = tapIdOf(order.recordingId)
    const tap = { kind: 'ring', memory: ring } as const
    this.#options.postMedia([
      of.kind === 'leg'
        ? { op: 'tap-attach', legId: of.legId, tapId, tap }
        : { op: 'mix-tap-attach', conferenceId: of.conferenceId, first: of.first, tapId, tap },
    ])
  }

  #ended(message: Extract<FromRecordingThread, { op: 'ended' }>): void {
    const recording = this.#byNumber.get(message.number)
    if (recording === undefined) return
    const { of, order, attached, late } = recording
    const { recordingId } = order
    if (late !== undefined) this.#options.timers.clear(late)
    this.#byNumber.delete(recording.number)
    this.#byId.delete(recordingId)
    this.#gauge()
    if (attached) {
      const tapId = tapIdOf(recordingId)
      this.#options.postMedia([
        of.kind === 'leg'
          ? { op: 'tap-detach', legId: of.legId, tapId }
          : { op: 'mix-tap-detach', conferenceId: of.conferenceId, tapId },
      ])
    }
    const { outcome, durationMs, bytes, lostFrames, why } = message
    const { log, metrics, deliver } = this.#options
    if (lostFrames > 0) metrics.count('holdfast_recording_lost_frames_total', {}, lostFrames)
    if (outcome === 'failed') {
      metrics.count('holdfast_recording_failures_total')
      log.error({ code: 'RECORDING_FAILED', recordingId, error: why }, 'a recording failed')
    }
    deliver({ kind: 'recording-ended', recordingId, outcome, durationMs, bytes, why })
  }

  #post(message: ToRecordingThread): void {
    this.#thread ??= this.#startThread()
    this.#thread.post(message)
  }

  #startThread(): RecordingThread {
    const thread: RecordingThread = this.#options.start({
      // Our own thread speaks only FromRecordingThread.
      onMessage: (value) => this.#onMessage(value as FromRecordingThread),
      onGone: (why) => {
        if (this.#thread === thread) this.#gone(why)
      },
    })
    thread.post({ op: 'begin', folder: this.#options.folder } satisfies ToRecordingThread)
    return thread
  }

  #replaceThread(): void {
    this.#thread?.stop()
    this.#gone('the recording thread does not answer')
  }

  /** Files stay as they were left; new recordings get a new thread, and so does what is still to be deleted. */
  #gone(why: string): void {
    this.#thread = undefined
    this.#done?.()
    for (const { number } of [...this.#byNumber.values()]) {
      const nothing = { durationMs: 0, bytes: 0, lostFrames: 0 }
      this.#ended({ op: 'ended', number, outcome: 'failed', ...nothing, why })
    }
    for (const [fileName, tries] of [...this.#deleting]) {
      if (tries < DELETE_TRIES) this.#delete(fileName, tries + 1)
      else this.#onMessage({ op: 'delete-failed', fileName, why })
    }
  }

  #delete(fileName: string, tries: number): void {
    this.#deleting.set(fileName, tries)
    this.#post({ op: 'delete', fileName })
  }

  #gauge(): void {
    this.#options.metrics.gauge('holdfast_recordings', this.#byId.size)
  }
}

function shapeOf(order: RecordingOrder): Shape {
  const { track, maxLengthMs, silenceMs, trim } = order
  const channels = track === 'both' && order.channels === 'dual' ? 2 : 1
  return { channels, track, maxLengthMs, silenceMs, trim }
}

function tapIdOf(recordingId: RecordingId): string {
  return `record-${recordingId}`
}
