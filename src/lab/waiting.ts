// "Until this is so, but no longer than that": what robots' promises are made of. A condition is looked at again when
// its owner says that something changed, never by polling.

import type { Timers } from '../ports/timers.ts'

interface Waiter {
  readonly test: () => boolean
  readonly finish: (error?: Error) => void
}

export class Waiters {
  readonly #timers: Timers
  readonly #open = new Set<Waiter>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Resolves when `test` holds; rejects after `timeoutMs` with what `describe` then says. */
  until(test: () => boolean, timeoutMs: number, describe: () => string): Promise<void> {
    if (test()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (!this.#open.has(waiter)) return
        waiter.finish(test() ? undefined : new Error(`${describe()} (waited ${timeoutMs} ms)`))
      }
      // After a standstill of this process its timers fire before it reads what came meanwhile.
      const timer = this.#timers.set(timeoutMs, () => this.#timers.soon(giveUp))
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
