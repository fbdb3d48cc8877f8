// Deliveries in memory: lanes (one leg's webhooks in order; only the head of a lane is worked on) and origins (one
// receiver: how much goes to it at once, and whether it accepts anything). Plain state without decisions about time.

import type { TimerId } from '../ports/timers.ts'
import type { DeliveryRow } from '../ports/store.ts'

export interface Delivery {
  /** Without the body when memory was short; it is read from the store again for the attempt. */
  row: Omit<DeliveryRow, 'dataJson'> & { readonly dataJson: string | undefined }
  lane: Lane
  attempts: number
  /** It was overtaken, and goes on in a lane of its own. */
  apart: boolean
  nextAttemptAtMs: number
  /** Monotonic ms of the first failure since it became the head; undefined: it is not failing. */
  failingSinceMs: number | undefined
  /** Where its next attempt goes, while it is failing. */
  failingAt: Origin | undefined
  timer: TimerId | undefined
  holdTimer: TimerId | undefined
}

export interface Lane {
  readonly key: string
  readonly waiting: Delivery[]
  /** The head that is being tried, or waits for its next attempt. */
  head: Delivery | undefined
}

/** Requests to one receiver that may start within a window: 3,000 per second. */
const windowMs = 100
const startsMax = 300

export class Origin {
  readonly #concurrentMax: number
  readonly #ready = new Fifo<Delivery>()
  /** Heads that failed and wait for another attempt. */
  readonly failing = new Set<Delivery>()
  #inFlight = 0
  #windowFromMs = -Infinity
  #started = 0
  /** Set while it waits for its next window. */
  paceTimer: TimerId | undefined
  /** Failures since the last success. */
  failuresInRow = 0
  lastSuccessAtMs = -Infinity
  /** The last failure was an answer of its own. */
  answers = false
  /** When one lane last went past its failing head to see whether others are accepted, monotonic ms. */
  triedPastAtMs = -Infinity

  constructor(concurrentMax: number) {
    this.#concurrentMax = concurrentMax
  }

  push(delivery: Delivery): void {
    this.#ready.push(delivery)
  }

  /** The next delivery that may start now. */
  take(): Delivery | undefined {
    if (this.#inFlight >= this.#concurrentMax) return undefined
    const delivery = this.#ready.shift()
    if (delivery === undefined) return undefined
    this.#inFlight++
    this.#started++
    return delivery
  }

  /** Ms until another may start, so that catching up leaves the processor to the calls; 0: now. */
  pauseMs(nowMs: number): number {
    if (this.#ready.size === 0 || this.#inFlight >= this.#concurrentMax) return 0
    const endMs = this.#windowFromMs + windowMs
    if (nowMs < endMs) return this.#started < startsMax ? 0 : endMs - nowMs
    this.#windowFromMs = nowMs
    this.#started = 0
    return 0
  }

  finished(): void {
    this.#inFlight--
  }

  get idle(): boolean {
    return this.#inFlight === 0 && this.#ready.size === 0 && this.failing.size === 0
  }
}

/** First in, first out without moving the rest at each `shift`. */
class Fifo<T> {
  #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

/** Scheme, host and port of a URL; the text itself when it is none. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}
