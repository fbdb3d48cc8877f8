// The streamer as call logic sees it: the signalling thread's half. It has the far end connected first, then the media
// thread fill one ring and listen to the other, and turns the end, whoever caused it, into one word to the call logic.

import type { LegId, StreamId } from '../../base/ids.ts'
import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { StreamCommand, Streamer, StreamInput, StreamTarget } from '../../ports/streaming.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { CodecName } from '../audio/codec.ts'
import { newFrameRing } from '../audio/frame-ring.ts'
import type { Ingest } from '../audio/ingest.ts'
import { newPlayRing } from '../audio/play-ring.ts'
import type { WorkerCommand } from '../embedded/protocol.ts'
import type { FromStreamingThread, ToStreamingThread } from './protocol.ts'

/** 1.28 s and 0.32 s. */
const FRAMES_OUT = 64
const FRAMES_BACK = 16
/** The end of the process waits no longer for the connections to be closed. */
const LEAVE_MS = 2_000

export interface StreamingThread {
  post(message: unknown): void
  /** Ends the thread at once. */
  stop(): void
}

export type StartStreamingThread = (callbacks: {
  readonly onMessage: (value: unknown) => void
  readonly onGone: (why: string) => void
}) => StreamingThread

export interface StreamerOptions {
  readonly start: StartStreamingThread
  /** Private networks that may be reached (`egress.allow`). */
  readonly allow: readonly string[]
  readonly postMedia: (commands: readonly WorkerCommand[]) => void
  /** The codec of a call, when it has one. */
  readonly codecOf: (legId: LegId) => string | undefined
  /** Files of the far end to clips, where hostile files can do no harm. */
  readonly ingest: Ingest
  /** Never called from within `perform`. */
  readonly deliver: (input: StreamInput) => void
  readonly log: Log
  readonly metrics: Metrics
  readonly timers: Timers
}

export interface RunningStreamer extends Streamer {
  /** Closes every connection so that the next process makes it anew. */
  close(): Promise<void>
}

interface Stream {
  readonly number: number
  readonly streamId: StreamId
  readonly legId: LegId
  readonly frames: SharedArrayBuffer
  /** Of a stream, not of a fork. */
  readonly back: { readonly voice: SharedArrayBuffer; readonly target: StreamTarget } | undefined
  attached: boolean
}

/** Starts nothing yet: the thread is started by the first stream. */
export function createStreamer(options: StreamerOptions): RunningStreamer {
  return new ThreadStreamer(options)
}

class ThreadStreamer implements RunningStreamer {
  readonly #options: StreamerOptions
  readonly #byId = new Map<StreamId, Stream>()
  readonly #byNumber = new Map<number, Stream>()
  #thread: StreamingThread | undefined
  #nextNumber = 1
  #done: (() => void) | undefined

  constructor(options: StreamerOptions) {
    this.#options = options
  }

  perform(command: StreamCommand): void {
    switch (command.kind) {
      case 'start':
        this.#start(command)
        return
      case 'fork': {
        const { order, legId } = command
        const { number, frames } = this.#add(order.streamId, legId, undefined)
        this.#post({ op: 'fork', number, order, frames })
        return
      }
      case 'stop': {
        const stream = this.#byId.get(command.streamId)
        if (stream === undefined) return
        this.#post({ op: 'close', number: stream.number })
        this.#forget(stream)
        return
      }
      case 'dtmf': {
        const stream = this.#byId.get(command.streamId)
        const { digit } = command
        if (stream !== undefined) this.#post({ op: 'dtmf', number: stream.number, digit })
      }
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
  }

  #start({ order, leg }: Extract<StreamCommand, { kind: 'start' }>): void {
    const { streamId, targetLegs: target } = order
    const voice = newPlayRing(FRAMES_BACK)
    const { number, frames } = this.#add(streamId, leg.legId, { voice, target })
    const codec = codecNamed(this.#options.codecOf(leg.legId))
    this.#post({ op: 'open', number, order, leg, codec, frames, voice })
  }

  #add(streamId: StreamId, legId: LegId, back: Stream['back']): Stream {
    const number = this.#nextNumber++
    const frames = newFrameRing(FRAMES_OUT)
    const stream: Stream = { number, streamId, legId, frames, back, attached: false }
    this.#byId.set(streamId, stream)
    this.#byNumber.set(number, stream)
    this.#gauge()
    return stream
  }

  #onMessage(message: FromStreamingThread): void {
    switch (message.op) {
      case 'opened':
        this.#opened(message.number)
        return
      case 'ended':
        this.#ended(message.number, message.outcome, message.why)
        return
      case 'decode':
        void this.#decode(message)
        return
      case 'dropped':
        this.#options.metrics.count('holdfast_stream_dropped_frames_total', {}, message.frames)
        return
      case 'done':
        this.#done?.()
    }
  }

  #opened(number: number): void {
    const stream = this.#byNumber.get(number)
    if (stream === undefined) return
    stream.attached = true
    const { legId, streamId, frames, back } = stream
    const tap = { kind: 'ring', memory: frames } as const
    const commands: WorkerCommand[] = [{ op: 'tap-attach', legId, tapId: tapIdOf(streamId), tap }]
    if (back !== undefined) {
      commands.push({ op: 'voice-attach', legId, memory: back.voice, target: back.target })
    }
    this.#options.postMedia(commands)
    this.#options.deliver({ kind: 'stream-started', legId, streamId })
  }

  #ended(number: number, outcome: 'closed' | 'failed', why: string): void {
    const stream = this.#byNumber.get(number)
    if (stream === undefined) return
    this.#forget(stream)
    const { legId, streamId } = stream
    const { metrics, log, deliver } = this.#options
    if (outcome === 'failed') {
      metrics.count('holdfast_stream_failures_total')
      log.warn({ code: 'STREAM_FAILED', streamId, error: why }, 'a stream failed')
    }
    deliver({ kind: 'stream-ended', legId, streamId, outcome, why })
  }

  async #decode({ number, job, bytes }: Extract<FromStreamingThread, { op: 'decode' }>) {
    const result = await this.#options.ingest(bytes)
    if (!this.#byNumber.has(number)) return
    this.#post({ op: 'decoded', number, job, clip: result.ok ? result.value : undefined })
  }

  #forget(stream: Stream): void {
    const { number, streamId, legId, attached, back } = stream
    this.#byNumber.delete(number)
    if (this.#byId.get(streamId) === stream) this.#byId.delete(streamId)
    this.#gauge()
    if (!attached) return
    const commands: WorkerCommand[] = [{ op: 'tap-detach', legId, tapId: tapIdOf(streamId) }]
    if (back !== undefined) commands.push({ op: 'voice-detach', legId })
    this.#options.postMedia(commands)
  }

  #post(message: ToStreamingThread): void {
    this.#thread ??= this.#startThread()
    this.#thread.post(message)
  }

  #startThread(): StreamingThread {
    const thread: StreamingThread = this.#options.start({
      // Our own thread speaks only FromStreamingThread.
      onMessage: (value) => this.#onMessage(value as FromStreamingThread),
      onGone: (why) => {
        if (this.#thread !== thread) return
        this.#thread = undefined
        this.#done?.()
        for (const { number } of [...this.#byNumber.values()]) this.#ended(number, 'failed', why)
      },
    })
    const { allow } = this.#options
    thread.post({ op: 'begin', allow } satisfies ToStreamingThread)
    return thread
  }

  #gauge(): void {
    this.#options.metrics.gauge('holdfast_streams', this.#byNumber.size)
  }
}

/** Before its media is there a call counts as one of G.711. */
function codecNamed(name: string | undefined): CodecName {
  return name === 'PCMA' || name === 'G722' || name === 'OPUS' ? name : 'PCMU'
}

function tapIdOf(streamId: StreamId): string {
  return `stream-${streamId}`
}
