// The asking side of the ingest worker. Decoders of foreign formats may hang or die on hostile files, and a thread can
// be ended where a call cannot: whoever takes longer than the limit loses the worker, and the next file gets a new one.
// One file at a time, so that the guilty one is known.

import { refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { AudioClip } from './clip.ts'
import type { Ingest, IngestLimits } from './ingest.ts'

export interface IngestRequest {
  readonly id: number
  readonly bytes: Uint8Array
  readonly limits: IngestLimits
}

export interface IngestReply {
  readonly id: number
  readonly outcome: Result<AudioClip, string>
}

/** A running worker thread; `stop` ends it at once. */
export interface IngestThread {
  post(request: IngestRequest): void
  stop(): void
}

/** As the platform's `startThread` takes them. */
export interface IngestThreadCallbacks {
  readonly onMessage: (value: unknown) => void
  /** The thread is gone without having been stopped. */
  readonly onGone: (why: string) => void
}

export interface IngestClientOptions {
  readonly spawn: (callbacks: IngestThreadCallbacks) => IngestThread
  readonly timers: Timers
  readonly limits: IngestLimits
  /** Longest that one file may take. */
  readonly timeoutMs: number
  /** Files that may wait; more are refused. */
  readonly waitingMax: number
}

export interface IngestClient {
  readonly ingest: Ingest
  /** Ends the thread; what is waiting is refused. */
  close(): void
}

interface Job {
  readonly bytes: Uint8Array
  readonly done: (outcome: Result<AudioClip, string>) => void
}

/** Makes the client; the thread is started by the first file. */
export function createIngestClient(options: IngestClientOptions): IngestClient {
  const client = new Client(options)
  return { ingest: (bytes) => client.ingest(bytes), close: () => client.close() }
}

class Client {
  readonly #options: IngestClientOptions
  readonly #waiting: Job[] = []
  #thread: IngestThread | undefined
  #current: { readonly id: number; readonly job: Job; readonly timer: TimerId } | undefined
  #nextId = 1
  #closed = false

  constructor(options: IngestClientOptions) {
    this.#options = options
  }

  ingest(bytes: Uint8Array): Promise<Result<AudioClip, string>> {
    if (this.#closed) return Promise.resolve(refused('audio ingest is closed'))
    if (bytes.length > this.#options.limits.bytesMax) {
      return Promise.resolve(refused(`file is larger than ${this.#options.limits.bytesMax} bytes`))
    }
    if (this.#waiting.length >= this.#options.waitingMax) {
      return Promise.resolve(refused('too many audio files are waiting to be decoded'))
    }
    return new Promise((done) => {
      this.#waiting.push({ bytes, done })
      this.#next()
    })
  }

  close(): void {
    this.#closed = true
    this.#dropThread()
    this.#finish(refused('audio ingest is closed'))
    for (const job of this.#waiting.splice(0)) job.done(refused('audio ingest is closed'))
  }

  #next(): void {
    if (this.#closed || this.#current !== undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    const id = this.#nextId++
    const timer = this.#options.timers.set(this.#options.timeoutMs, () => {
      this.#dropThread()
      this.#finish(refused(`decoding took longer than ${this.#options.timeoutMs} ms`))
    })
    this.#current = { id, job, timer }
    this.#thread ??= this.#spawn()
    this.#thread.post({ id, bytes: job.bytes, limits: this.#options.limits })
  }

  #spawn(): IngestThread {
    const thread: IngestThread = this.#options.spawn({
      onMessage: (value) => {
        if (isReply(value) && value.id === this.#current?.id) this.#finish(value.outcome)
      },
      onGone: (why) => {
        if (this.#thread !== thread) return
        this.#thread = undefined
        this.#finish(refused(`decoder failed: ${why}`))
      },
    })
    return thread
  }

  #finish(outcome: Result<AudioClip, string>): void {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    this.#options.timers.clear(current.timer)
    current.job.done(outcome)
    this.#next()
  }

  #dropThread(): void {
    const thread = this.#thread
    this.#thread = undefined
    thread?.stop()
  }
}

/** Our own worker speaks; the check only tells its two kinds of value apart from anything else. */
function isReply(value: unknown): value is IngestReply {
  return typeof value === 'object' && value !== null && 'id' in value && 'outcome' in value
}
