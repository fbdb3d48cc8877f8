// The streaming thread: every 20 ms each stream sends what has come out of its ring, and fills the other one. What the far
// ends do, however slow or hostile, is felt by nobody but other streams, and by them only as work of this thread.

import type { Clock } from '../../ports/clock.ts'
import type { Datagrams } from '../../ports/datagrams.ts'
import type { Random } from '../../ports/random.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { WebSockets } from '../../ports/web-socket.ts'
import type { FromStreamingThread, ToStreamingThread } from './protocol.ts'
import { RtpCopy } from './rtp-copy.ts'
import { StreamSession } from './session.ts'

const TICK_MS = 20
/** Ticks between two reports of dropped frames. */
const REPORT_TICKS = 50

export interface StreamingCoreParts {
  readonly sockets: WebSockets
  readonly datagrams: Datagrams
  readonly mayReach: (address: string) => boolean
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly post: (message: FromStreamingThread) => void
}

export class StreamingCore {
  readonly #parts: StreamingCoreParts
  readonly #streams = new Map<number, StreamSession | RtpCopy>()
  #timer: TimerId | undefined
  #dueMs = 0
  #ticks = 0

  constructor(parts: StreamingCoreParts) {
    this.#parts = parts
  }

  receive(message: ToStreamingThread): void {
    switch (message.op) {
      case 'begin':
        return
      case 'open':
        this.#add(message.number, new StreamSession(message, this.#around()))
        return
      case 'fork':
        this.#add(message.number, new RtpCopy(message, this.#around()))
        return
      case 'dtmf':
        this.#guarded(message.number, (stream) => {
          if (stream instanceof StreamSession) stream.dtmf(message.digit)
        })
        return
      case 'decoded':
        this.#guarded(message.number, (stream) => {
          if (stream instanceof StreamSession) stream.decoded(message.job, message.clip)
        })
        return
      case 'close':
        this.#guarded(message.number, (stream) => stream.stop())
        this.#streams.delete(message.number)
        return
      case 'end':
        for (const stream of this.#streams.values()) stream.leave()
        this.#streams.clear()
        this.#parts.post({ op: 'done' })
    }
  }

  #around() {
    return { ...this.#parts, over: (number: number) => void this.#streams.delete(number) }
  }

  #add(number: number, stream: StreamSession | RtpCopy): void {
    this.#streams.set(number, stream)
    stream.start().catch((error: unknown) => this.#failed(number, error))
    if (this.#timer !== undefined) return
    this.#dueMs = this.#parts.clock.monotonicMs()
    this.#arm()
  }

  /** A late tick is followed by an early one; what was missed while the thread stood still is not made up for. */
  #arm(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    this.#dueMs = Math.max(this.#dueMs + TICK_MS, nowMs - TICK_MS)
    this.#timer = this.#parts.timers.set(Math.max(0, this.#dueMs - nowMs), () => {
      this.#timer = undefined
      this.#tick()
      if (this.#streams.size > 0) this.#arm()
    })
  }

  #tick(): void {
    for (const number of this.#streams.keys()) this.#guarded(number, (stream) => stream.tick())
    this.#ticks++
    if (this.#ticks % REPORT_TICKS !== 0) return
    let frames = 0
    for (const stream of this.#streams.values()) {
      frames += stream.dropped
      stream.dropped = 0
    }
    if (frames > 0) this.#parts.post({ op: 'dropped', frames })
  }

  #guarded(number: number, act: (stream: StreamSession | RtpCopy) => void): void {
    const stream = this.#streams.get(number)
    if (stream === undefined) return
    try {
      act(stream)
    } catch (error) {
      this.#failed(number, error)
    }
  }

  /** Our own bug in one stream ends that one. */
  #failed(number: number, error: unknown): void {
    const stream = this.#streams.get(number)
    if (stream === undefined) return
    this.#streams.delete(number)
    stream.leave()
    const why = error instanceof Error ? error.message : String(error)
    this.#parts.post({ op: 'ended', number, outcome: 'failed', why })
  }
}
