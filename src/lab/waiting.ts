// "Until this is so, but no longer than that": what robots' promises are made of. A condition is looked at again when
// its owner says that something changed, never by polling.

import type { Timers } from '../ports/timers.ts'

interface Waiter {
  readonly test: () => boolean
  readonly finish: (error?: Error) => void
}

export class Waiters {
  readonly #timers: Timers
  readonly #patience: number
  readonly #open = new Set<Waiter>()

  /** Each wait may last `patience` times as long as it says: a slow machine is no broken promise. */
  constructor(timers: Timers, patience = 1) {
    this.#timers = timers
    this.#patience = patience
  }

  /** Resolves when `test` holds; rejects after `timeoutMs`, and what patience adds, with what `describe` then says. */
  until(test: () => boolean, timeoutMs: number, describe: () => string): Promise<void> {
    if (test()) return Promise.resolve()
    const waitedMs = timeoutMs * this.#patience
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (!this.#open.has(waiter)) return
        waiter.finish(test() ? undefined : new Error(`${describe()} (waited ${waitedMs} ms)`))
      }
      // After a standstill of this process its timers fire before it reads what came meanwhile.
      const timer = this.#timers.set(waitedMs, () => this.#timers.soon(giveUp))
      const waiter: Waiter = {
        test,
        finish: (error) => {
          this.#open.delete(waiter)
          this.#timers.clear(timer)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#open.add(waiter)
    })
  }

  /** Looks at every open condition. */
  changed(): void {
    for (const waiter of this.#open) if (waiter.test()) waiter.finish()
  }

  /** Rejects whatever still waits. */
  close(why: string): void {
    for (const waiter of this.#open) waiter.finish(new Error(why))
  }
}
