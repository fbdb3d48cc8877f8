// The trace as the calls see it: the signalling thread's half. It gathers what happened and hands it to the trace thread in
// batches, one at a time. When that thread does not keep up, or is away, what cannot be held is dropped and counted:
// calls come first.

import type { LegId } from '../base/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { TimerId, Timers } from '../ports/timers.ts'
import type { Timelines, Trace } from '../ports/trace.ts'
import type {
  Answer,
  FromTraceThread,
  Happening,
  Question,
  ToTraceThread,
  TraceSettings,
} from './protocol.ts'

/** How often a batch is handed over at the latest, and how much it may hold. */
const batchEveryMs = 250
const batchMax = 2000
/** What waits for the thread: things, and characters of SIP messages and commands among them. */
const waitingMax = 10_000
const waitingCharsMax = 16 * 1024 * 1024
/** The thread begins when calls of a former process are heard again. */
const startAfterMs = 1500
const startAgainMs = 5000
/** A file that can never be opened costs a thread's start each time. */
const startAgainMsMax = 60_000
/** Beyond what a question waits by itself. */
const answerMs = 20_000
const endMs = 2000
/** A thread that does not answer keeps a server from stopping no longer than this. */
const releaseMs = 1000
const complainEveryMs = 60_000
/** Of one SIP message or command. */
const charsMax = 70_000

export interface TraceThread {
  post(message: unknown): void
  /** Ends the thread at once. */
  stop(): void
}

export type StartTraceThread = (callbacks: {
  readonly onMessage: (value: unknown) => void
  readonly onGone: (why: string) => void
}) => TraceThread

export interface TraceOptions {
  readonly start: StartTraceThread
  readonly settings: TraceSettings
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

export interface RunningTrace extends Trace {
  readonly timelines: Timelines
  /** Things that wait to be written. */
  readonly backlog: number
  /** Answers everybody who waits for something to happen; nobody waits any more. */
  release(): void
  /** Writes what is waiting; a thread that does not answer is left alone. */
  close(): Promise<void>
}

interface Asked {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  readonly late: TimerId
}

export function createTrace(options: TraceOptions): RunningTrace {
  return new ThreadTrace(options)
}

class ThreadTrace implements RunningTrace {
  readonly #options: TraceOptions
  #thread: TraceThread | undefined
  #waiting: Happening[] = []
  #waitingChars = 0
  #lost: { items: number; fromUs: number } | undefined
  /** What the thread has not said that it took. */
  #batchUnderWay: { readonly items: number; readonly fromUs: number } | undefined
  #handedUs = 0
  #batchTimer: TimerId | undefined
  #startTimer: TimerId | undefined
  #releaseTimer: TimerId | undefined
  readonly #asked = new Map<number, Asked>()
  #nextAsk = 1
  #complainedAtMs = -Infinity
  #ended: (() => void) | undefined
  #began = false
  /** Since it last took something. */
  #deaths = 0
  #closed = false

  readonly timelines: Timelines = {
    // Each kind of question has its kind of answer.
    calls: (query, page) => this.#ask({ ask: 'calls', query, page }),
    read: (callId, after, limit, waitMs) =>
      this.#ask({ ask: 'timeline', callId, after, limit, waitMs }, waitMs),
    bundle: (callId) => this.#ask({ ask: 'bundle', callId }),
    pcap: (callId) => this.#ask({ ask: 'pcap', callId }),
  }

  constructor(options: TraceOptions) {
    this.#options = options
    this.#startTimer = options.timers.set(startAfterMs, () => this.#start())
  }

  get backlog(): number {
    return this.#waiting.length
  }

  message: Trace['message'] = (direction, bytes, ends) => {
    if (bytes.length > charsMax) return
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    // Phones that register belong to no call, and are many.
    if (text.startsWith('REGISTER ')) return
    const atUs = this.#options.clock.wallUs()
    this.#put({ what: 'sip', atUs, direction, text, ends }, text.length)
  }

  dialog: Trace['dialog'] = (callId, legId) => this.#put({ what: 'dialog', callId, legId })

  events: Trace['events'] = (events) => {
    for (const event of events) this.#put({ what: 'event', event })
  }

  command: Trace['command'] = (command) => {
    const { body, answer } = command
    const short = {
      ...command,
      body: body.length > charsMax ? '…' : body,
      answer: answer.length > charsMax ? '…' : answer,
    }
    this.#put({ what: 'command', command: short }, short.body.length + short.answer.length)
  }

  listening: Trace['listening'] = (listening) => this.#put({ what: 'listening', listening })

  attempt: Trace['attempt'] = (attempt) =>
    this.#put({ what: 'attempt', attempt }, attempt.exchangeJson.length)

  hears = (legId: LegId, hears: string): void =>
    this.#put({ what: 'hears', atUs: this.#options.clock.wallUs(), legId, hears })

  sample: Trace['sample'] = (legId, sample) =>
    this.#put({ what: 'sample', atUs: this.#options.clock.wallUs(), legId, sample })

  release(): void {
    if (this.#thread === undefined) return
    this.#say(this.#thread, { op: 'release' })
    const stop = (): void => this.#failAll('the server stops')
    this.#releaseTimer ??= this.#options.timers.set(releaseMs, stop)
  }

  async close(): Promise<void> {
    this.#closed = true
    const { timers } = this.#options
    for (const timer of [this.#startTimer, this.#batchTimer, this.#releaseTimer])
      if (timer !== undefined) timers.clear(timer)
    const thread = this.#thread
    if (thread !== undefined) {
      while (this.#waiting.length > 0 || this.#lost !== undefined) this.#hand(thread)
      await new Promise<void>((resolve) => {
        const late = timers.set(endMs, resolve)
        this.#ended = () => {
          timers.clear(late)
          resolve()
        }
        this.#say(thread, { op: 'end' })
      })
      thread.stop()
    }
    this.#failAll('the server stops')
  }

  #put(one: Happening, chars = 0): void {
    if (this.#waiting.length >= waitingMax || this.#waitingChars + chars > waitingCharsMax) {
      this.#lost ??= { items: 0, fromUs: this.#options.clock.wallUs() }
      this.#lost.items++
      return
    }
    this.#waiting.push(one)
    this.#waitingChars += chars
    this.#arm()
  }

  #arm(): void {
    if (this.#closed) return
    this.#batchTimer ??= this.#options.timers.set(batchEveryMs, () => {
      this.#batchTimer = undefined
      if (this.#thread !== undefined && this.#batchUnderWay === undefined) this.#hand(this.#thread)
      if (this.#waiting.length > 0) this.#arm()
    })
  }

  #hand(thread: TraceThread): void {
    const isAll = this.#waiting.length <= batchMax
    const happenings = isAll ? this.#waiting : this.#waiting.splice(0, batchMax)
    if (isAll) {
      this.#waiting = []
      this.#waitingChars = 0
    } else {
      for (const one of happenings) this.#waitingChars -= charsOf(one)
    }
    const lost = this.#lost
    if (lost !== undefined) {
      this.#lost = undefined
      happenings.push({ what: 'lost', ...lost, toUs: this.#options.clock.wallUs() })
      this.#complain(lost.items, 'the trace does not keep up')
    }
    if (happenings.length === 0) return
    this.#batchUnderWay = { items: happenings.length, fromUs: this.#handedUs }
    this.#handedUs = this.#options.clock.wallUs()
    this.#say(thread, { op: 'batch', happenings })
  }

  #complain(lost: number, why: string): void {
    const { clock, log, metrics } = this.#options
    if (lost > 0) metrics.count('holdfast_trace_lost_total', {}, lost)
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#complainedAtMs < complainEveryMs) return
    this.#complainedAtMs = nowMs
    log.warn({ code: 'TRACE', lost, why }, 'part of the call timelines is missing')
  }

  #start(): TraceThread {
    this.#startTimer = undefined
    this.#began = true
    const thread = this.#options.start({
      onMessage: (value) => this.#heard(value as FromTraceThread), // Our own thread.
      onGone: (why) => this.#gone(why),
    })
    this.#thread = thread
    this.#handedUs = this.#options.clock.wallUs()
    this.#say(thread, { op: 'begin', settings: this.#options.settings })
    return thread
  }

  #gone(why: string): void {
    this.#thread = undefined
    this.#complain(0, `its thread ended: ${why}`)
    const batch = this.#batchUnderWay
    this.#batchUnderWay = undefined
    if (batch !== undefined) {
      // It may have been written; nobody knows.
      this.#lost = { items: batch.items + (this.#lost?.items ?? 0), fromUs: batch.fromUs }
    }
    this.#failAll(why)
    if (this.#closed) return
    const pauseMs = Math.min(startAgainMsMax, startAgainMs * 2 ** this.#deaths)
    this.#deaths++
    this.#startTimer = this.#options.timers.set(pauseMs, () => this.#start())
  }

  #failAll(why: string): void {
    for (const id of [...this.#asked.keys()]) this.#take(id)?.reject(new Error(why))
  }

  #heard(said: FromTraceThread): void {
    switch (said.op) {
      case 'taken':
        this.#batchUnderWay = undefined
        this.#deaths = 0
        // A full one follows at once: when calls come fast, the thread sets the pace, not the clock.
        if (this.#waiting.length >= batchMax && this.#thread !== undefined) this.#hand(this.#thread)
        return
      case 'answer':
        return this.#take(said.id)?.resolve(said.answer)
      case 'failed':
        return this.#take(said.id)?.reject(new Error(said.why))
      case 'trouble':
        return this.#complain(said.lost, said.why)
      case 'done':
        return this.#ended?.()
    }
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id)
    if (asked === undefined) return undefined
    this.#asked.delete(id)
    this.#options.timers.clear(asked.late)
    return asked
  }

  /** What has happened until now is written before the question is answered. */
  #ask<A extends Answer>(question: Question, waitMs = 0): Promise<A> {
    if (this.#closed) return Promise.reject(new Error('the server stops'))
    const thread = this.#thread ?? this.#startEarly()
    if (thread === undefined) return Promise.reject(new Error('the trace thread is away'))
    if (this.#waiting.length <= batchMax) this.#hand(thread)
    const id = this.#nextAsk++
    return new Promise((resolve, reject) => {
      const late = this.#options.timers.set(waitMs + answerMs, () => {
        this.#take(id)?.reject(new Error('the trace thread does not answer'))
      })
      // The thread answers each question with its own kind of answer.
      this.#asked.set(id, { resolve: (answer) => resolve(answer as A), reject, late })
      this.#say(thread, { op: 'ask', id, question })
    })
  }

  /** The first time only: one that died is not started again for every question. */
  #startEarly(): TraceThread | undefined {
    if (this.#startTimer === undefined || this.#began) return undefined
    this.#options.timers.clear(this.#startTimer)
    return this.#start()
  }

  #say(thread: TraceThread, message: ToTraceThread): void {
    thread.post(message)
  }
}

function charsOf(one: Happening): number {
  if (one.what === 'sip') return one.text.length
  if (one.what === 'command') return one.command.body.length + one.command.answer.length
  return one.what === 'attempt' ? one.attempt.exchangeJson.length : 0
}
