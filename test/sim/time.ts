// The simulator's clock, timer heap and event loop. One turn is what Node does between two polls: the timers that are due
// at this instant fire, promises settle after each, then what was asked for `soon` runs. Now and then a turn ends in the
// middle of an instant, so that inputs which arrive together are once one commit and once several.

import { DeadlineHeap } from '../../src/base/heap.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Random } from '../../src/ports/random.ts'
import type { TimerId, Timers } from '../../src/ports/timers.ts'

const WALL_START_MS = Date.UTC(2026, 0, 1)
/** A turn that asks for ever more work at once is a bug of ours. */
const SOON_MAX = 10_000
/** Drains between two looks at rejections that nobody caught. */
const BREATHE_EVERY = 32

export class SimTime implements Clock, Timers {
  readonly #random: Random
  readonly #heap = new DeadlineHeap<TimerId>()
  readonly #fires = new Map<TimerId, () => void>()
  readonly #soon: (() => void)[] = []
  #now = 0
  #nextId = 1
  #lastUs = 0
  #drains = 0

  constructor(random: Random) {
    this.#random = random
  }

  monotonicMs(): number {
    return this.#now
  }

  wallMs(): number {
    return WALL_START_MS + this.#now
  }

  wallUs(): number {
    this.#lastUs = Math.max(this.#lastUs + 1, this.wallMs() * 1_000)
    return this.#lastUs
  }

  set(delayMs: number, fire: () => void): TimerId {
    if (!Number.isFinite(delayMs)) throw new Error(`a timer of ${delayMs} ms`)
    const id = this.#nextId++
    this.#heap.set(id, this.#now + Math.ceil(Math.max(0, delayMs)))
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

  /** Timers set, and work asked for soon. */
  get pending(): number {
    return this.#heap.size + this.#soon.length
  }

  /** When the next timer is due, monotonic ms. */
  get nextAt(): number | undefined {
    return this.#heap.nextAt()
  }

  /** One turn of the event loop at the next instant at which something is due. False: nothing is set any more. */
  async turn(): Promise<boolean> {
    await this.drain()
    const due = this.#heap.nextAt()
    if (due === undefined) return false
    this.#now = Math.max(this.#now, due)
    do {
      const id = this.#heap.popDue(this.#now)
      if (id === undefined) break
      const fire = this.#fires.get(id)
      this.#fires.delete(id)
      fire?.()
      await settled()
    } while (this.#random.below(4) > 0)
    await this.drain()
    return true
  }

  /** What was asked for soon, and what follows from it without a timer. */
  async drain(): Promise<void> {
    this.#drains += 1
    await (this.#drains % BREATHE_EVERY === 0 ? breathed() : settled())
    for (let count = 0; this.#soon.length > 0; count++) {
      if (count > SOON_MAX) throw new Error('the turn never ends')
      this.#soon.shift()?.()
      await settled()
    }
  }
}

/** Returns when no microtask is left: Node takes the next tick only then. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

/** The same by way of the event loop, which costs a system call; only there does Node tell of a rejection nobody caught. */
export function breathed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
