// What happened, one line per transition: the last lines are printed with a broken promise, all of them in a replay, and
// their hash shows that the same seed gives the same history.

import { createHash } from 'node:crypto'
import type { Clock } from '../../src/ports/clock.ts'

const LINES_KEPT = 40
/** Leg ids are long and random; in the trace they are L1, L2, … in order of appearance. */
const LEG_ID = /v3:[\w-]{20,}/g

export class Trace {
  readonly #clock: Clock
  readonly #print: ((line: string) => void) | undefined
  readonly #hash = createHash('sha256')
  readonly #names = new Map<string, string>()
  readonly #last: string[] = []
  lines = 0

  constructor(clock: Clock, print: ((line: string) => void) | undefined) {
    this.#clock = clock
    this.#print = print
  }

  add(what: string): void {
    const line = `${this.#clock.monotonicMs()} ${this.#short(what)}`
    this.lines += 1
    this.#hash.update(line)
    this.#last.push(line)
    if (this.#last.length > LINES_KEPT) this.#last.shift()
    this.#print?.(line)
  }

  get last(): readonly string[] {
    return this.#last
  }

  /** Ends the trace. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }

  #short(text: string): string {
    return text.replace(LEG_ID, (legId) => {
      const known = this.#names.get(legId) ?? `L${this.#names.size + 1}`
      this.#names.set(legId, known)
      return known
    })
  }
}
