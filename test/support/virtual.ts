// A world without real time for tests: one clock, one timer heap, a seeded generator and ports over them. Nothing moves
// until `advance` or `settle` is called, so a test that waits 32 seconds takes a millisecond and replays exactly.

import { DeadlineHeap } from '../../src/base/heap.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Log, LogFields } from '../../src/ports/log.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import type { Random } from '../../src/ports/random.ts'
import type { TimerId, Timers } from '../../src/ports/timers.ts'

/** Virtual clock and timers. `fire` functions run inside `advance`, in deadline order, ties in the order they were set. */
export class VirtualTime implements Clock, Timers {
  readonly #heap = new DeadlineHeap<TimerId>()
  readonly #fires = new Map<TimerId, () => void>()
  readonly #soon: (() => void)[] = []
  #now = 0
  #nextId = 1
  #lastUs = 0
  #wallStartMs: number

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallStartMs = wallStartMs
  }

  monotonicMs(): number {
    return this.#now
  }

  wallMs(): number {
    return this.#wallStartMs + this.#now
  }

  /** Sets the wall clock by so much; what is due stays due by the other one. */
  setWall(byMs: number): void {
    this.#wallStartMs += byMs
  }

  wallUs(): number {
    this.#lastUs = Math.max(this.#lastUs + 1, Math.floor(this.wallMs() * 1_000))
    return this.#lastUs
  }

  set(delayMs: number, fire: () => void): TimerId {
    const id = this.#nextId++
    this.#heap.set(id, this.#now + Math.max(0, delayMs))
    this.#fires.set(id, fire)
    return id
  }

  clear(id: TimerId): void {
    this.#heap.delete(id)
    this.#fires.delete(id)
  }

  soon(fire: () => void): void {
    this.#soon.push(fire)
  }

  /** Timers that are still set: the leak check at the end of a test. */
  get pending(): number {
    return this.#heap.size + this.#soon.length
  }

  /** When the next timer is due, in monotonic milliseconds. */
  get nextAt(): number | undefined {
    return this.#heap.nextAt()
  }

  /** Runs what `soon` was given, without moving time. */
  drainSoon(): void {
    for (let fire = this.#soon.shift(); fire !== undefined; fire = this.#soon.shift()) fire()
  }

  /** Moves time on by `ms`, firing everything that falls due on the way. */
  advance(ms: number): void {
    const target = this.#now + ms
    this.drainSoon()
    for (
      let due = this.#heap.nextAt();
      due !== undefined && due <= target;
      due = this.#heap.nextAt()
    ) {
      this.#now = Math.max(this.#now, due)
      const id = this.#heap.popDue(this.#now)
      const fire = id === undefined ? undefined : this.#fires.get(id)
      if (id !== undefined) this.#fires.delete(id)
      fire?.()
      this.drainSoon()
    }
    this.#now = target
  }

  /** Time passes and nothing runs, as in a process that is stopped; the next `advance` fires what is overdue. */
  stall(ms: number): void {
    this.#now += ms
  }

  /** As `advance`, letting promises settle after each due timer: for code that awaits between timers. */
  async advanceAsync(ms: number): Promise<void> {
    const target = this.#now + ms
    await settle()
    for (
      let due = this.#heap.nextAt();
      due !== undefined && due <= target;
      due = this.#heap.nextAt()
    ) {
      this.advance(Math.max(0, due - this.#now))
      await settle()
    }
    this.advance(target - this.#now)
    await settle()
  }

  /** Jumps from deadline to deadline until no timer is left; throws when `limitMs` of virtual time pass first. */
  runDry(limitMs: number): void {
    const end = this.#now + limitMs
    this.drainSoon()
    for (let due = this.#heap.nextAt(); due !== undefined; due = this.#heap.nextAt()) {
      if (due > end) throw new Error(`timers still set after ${limitMs} ms of virtual time`)
      this.advance(due - this.#now)
    }
  }
}

/** Lets every queued microtask and promise chain of this turn finish. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Seeded generator (mulberry32): the same seed gives the same history. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** [0, 1). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256))
  }

  token(length: number): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    let text = ''
    while (text.length < length) text += alphabet[this.below(64)]
    return text
  }

  uuid(): string {
    const hex = Array.from(this.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
    const variant = '89ab'[this.below(4)]
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** For parts that log an error only for a bug of ours: the test fails instead of going on. */
export const strictLog: Log = {
  ...silentLog,
  error(fields, message) {
    throw new Error(`${message}: ${JSON.stringify(fields)}`)
  },
}

/** A log that remembers: for tests that read what was written. */
export function recordingLog(): Log & {
  readonly lines: { level: string; fields: LogFields; message: string }[]
} {
  const lines: { level: string; fields: LogFields; message: string }[] = []
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Counters by `name` and `name{label=value}`; gauges keep the last value. */
export function recordingMetrics(): Metrics & { readonly values: Map<string, number> } {
  const values = new Map<string, number>()
  const add = (name: string, labels: Readonly<Record<string, string>> | undefined, by: number) => {
    values.set(name, (values.get(name) ?? 0) + by)
    if (labels === undefined) return
    const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    const full = `${name}{${text.join(',')}}`
    values.set(full, (values.get(full) ?? 0) + by)
  }
  return {
    values,
    count: (name, labels, by = 1) => add(name, labels, by),
    gauge: (name, value) => values.set(name, value),
    observe: (name, _value, labels) => add(`${name}_count`, labels, 1),
  }
}
