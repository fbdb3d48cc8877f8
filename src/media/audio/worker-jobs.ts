// The asking side of a worker thread that turns one thing into another: bytes of a file into a clip, words into sound.
// What it runs may hang or die on hostile input, and a thread can be ended where a call cannot: whoever takes longer than
// the limit loses the thread, and the next job gets a new one. One job at a time, so that the guilty one is known.

import { refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'

export interface JobRequest<Work> {
  readonly id: number
  readonly work: Work
}

export interface JobReply<Made> {
  readonly id: number
  readonly outcome: Result<Made, string>
}

/** A running worker thread; `stop` ends it at once. */
export interface JobThread<Work> {
  post(request: JobRequest<Work>): void
  stop(): void
}

/** As the platform's `startThread` takes them. */
export interface JobThreadCallbacks {
  readonly onMessage: (value: unknown) => void
  /** The thread is gone without having been stopped. */
  readonly onGone: (why: string) => void
}

export interface JobOptions<Work> {
  readonly spawn: (callbacks: JobThreadCallbacks) => JobThread<Work>
  readonly timers: Timers
  /** Longest that one job may take. */
  readonly timeoutMs: number
  /** Jobs that may wait; more are refused. */
  readonly waitingMax: number
  /** What it is called in the sentences that refuse: `audio ingest`, `decoding`, `decoder`, `audio files`. */
  readonly words: {
    readonly whole: string
    readonly doing: string
    readonly doer: string
    readonly things: string
  }
}

interface Job<Work, Made> {
  readonly work: Work
  readonly done: (outcome: Result<Made, string>) => void
}

export class WorkerJobs<Work, Made> {
  readonly #options: JobOptions<Work>
  readonly #waiting: Job<Work, Made>[] = []
  #thread: JobThread<Work> | undefined
  #current:
    { readonly id: number; readonly job: Job<Work, Made>; readonly timer: TimerId } | undefined
  #nextId = 1
  #closed = false

  /** The thread is started by the first job. */
  constructor(options: JobOptions<Work>) {
    this.#options = options
  }

  /** Never rejects. */
  run(work: Work): Promise<Result<Made, string>> {
    const { whole, things } = this.#options.words
    if (this.#closed) return Promise.resolve(refused(`${whole} is closed`))
    if (this.#waiting.length >= this.#options.waitingMax) {
      return Promise.resolve(refused(`too many ${things} are waiting`))
    }
    return new Promise((done) => {
      this.#waiting.push({ work, done })
      this.#next()
    })
  }

  /** Ends the thread; what is waiting is refused. */
  close(): void {
    const why = `${this.#options.words.whole} is closed`
    this.#closed = true
    this.#dropThread()
    this.#finish(refused(why))
    for (const job of this.#waiting.splice(0)) job.done(refused(why))
  }

  #next(): void {
    if (this.#closed || this.#current !== undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    const id = this.#nextId++
    const timer = this.#options.timers.set(this.#options.timeoutMs, () => {
      const { doing } = this.#options.words
      this.#dropThread()
      this.#finish(refused(`${doing} took longer than ${this.#options.timeoutMs} ms`))
    })
    this.#current = { id, job, timer }
    this.#thread ??= this.#spawn()
    this.#thread.post({ id, work: job.work })
  }

  #spawn(): JobThread<Work> {
    const thread: JobThread<Work> = this.#options.spawn({
      onMessage: (value) => {
        if (isReply<Made>(value) && value.id === this.#current?.id) this.#finish(value.outcome)
      },
      onGone: (why) => {
        if (this.#thread !== thread) return
        this.#thread = undefined
        this.#finish(refused(`${this.#options.words.doer} failed: ${why}`))
      },
    })
    return thread
  }

  #finish(outcome: Result<Made, string>): void {
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
function isReply<Made>(value: unknown): value is JobReply<Made> {
  return typeof value === 'object' && value !== null && 'id' in value && 'outcome' in value
}
