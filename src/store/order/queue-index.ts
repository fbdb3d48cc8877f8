// Queues by creation time, then name (C34), and the empty ones by the time since when they are empty. New queues
// nearly always sort last, so a sorted array with binary search is enough; collection looks only at empty queues.

import { DeadlineHeap } from '../../base/heap.ts'
import type { QueueName } from '../../base/ids.ts'

/** What the index orders by. */
export interface IndexedQueue {
  readonly name: QueueName
  readonly createdAtMs: number
  readonly explicit: boolean
}

export class QueueIndex<Q extends IndexedQueue> {
  readonly #byName = new Map<QueueName, Q>()
  readonly #sorted: Q[] = []
  readonly #idleExplicit = new DeadlineHeap<Q>()
  readonly #idleImplicit = new DeadlineHeap<Q>()

  get size(): number {
    return this.#sorted.length
  }

  get(name: QueueName): Q | undefined {
    return this.#byName.get(name)
  }

  add(queue: Q): void {
    this.#byName.set(queue.name, queue)
    this.#sorted.splice(this.#place(queue), 0, queue)
  }

  delete(queue: Q): void {
    this.#byName.delete(queue.name)
    this.#sorted.splice(this.#place(queue), 1)
    this.setIdle(queue, undefined)
  }

  /** `sinceMs` undefined: the queue is in use. */
  setIdle(queue: Q, sinceMs: number | undefined): void {
    const heap = queue.explicit ? this.#idleExplicit : this.#idleImplicit
    if (sinceMs === undefined) heap.delete(queue)
    else heap.set(queue, sinceMs)
  }

  /** Takes the queues that are idle since `sinceMs` or longer out of the index. */
  takeIdle(sinceMs: number, explicitToo: boolean): Q[] {
    const taken: Q[] = []
    const heaps = explicitToo ? [this.#idleImplicit, this.#idleExplicit] : [this.#idleImplicit]
    for (const heap of heaps) {
      for (let queue = heap.popDue(sinceMs); queue !== undefined; queue = heap.popDue(sinceMs)) {
        taken.push(queue)
      }
    }
    for (const queue of taken) this.delete(queue)
    return taken
  }

  slice(from: number, to: number): readonly Q[] {
    return this.#sorted.slice(from, to)
  }

  /** Index of the first queue that does not sort before `queue`. */
  #place(queue: Q): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (before(this.#sorted[middle]!, queue)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function before(a: IndexedQueue, b: IndexedQueue): boolean {
  return a.createdAtMs < b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.name < b.name)
}
