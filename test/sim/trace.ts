// What happened, one line per transition: the last lines are printed with a broken promise, all of them in a replay, and
// their hash shows that the same seed gives the same history.

import { createHash } from 'node:crypto'
import { brandAs, type LegId } from '../../src/base/ids.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { StampedEvent } from '../../src/ports/events.ts'

const LINES_KEPT = 40
/** Characters; a call per line costs more than the hash itself. */
const HASHED_AT_ONCE = 8_192
/** Leg ids are long and random; in the trace they are L1, L2, … in order of appearance. */
const LEG_ID = /v3:[\w-]{20,}/g

export class Trace {
  readonly #clock: Clock
  readonly #print: ((line: string) => void) | undefined
  readonly #hash = createHash('sha256')
  readonly #names = new Map<string, string>()
  readonly #last: string[] = []
  #unhashed = ''
  lines = 0

  constructor(clock: Clock, print: ((line: string) => void) | undefined) {
    this.#clock = clock
    this.#print = print
  }

  add(what: string): void {
    const line = `${this.#clock.monotonicMs()} ${this.#short(what)}`
    this.lines += 1
    this.#unhashed += line
    if (this.#unhashed.length > HASHED_AT_ONCE) this.#takeIn()
    this.#last.push(line)
    if (this.#last.length > LINES_KEPT) this.#last.shift()
    this.#print?.(line)
  }

  get last(): readonly string[] {
    return this.#last
  }

  /** Ends the trace. */
  digest(): string {
    this.#takeIn()
    return this.#hash.digest('hex').slice(0, 16)
  }

  #takeIn(): void {
    this.#hash.update(this.#unhashed)
    this.#unhashed = ''
  }

  #short(text: string): string {
    if (!text.includes('v3:')) return text
    return text.replace(LEG_ID, (legId) => {
      const known = this.#names.get(legId) ?? `L${this.#names.size + 1}`
      this.#names.set(legId, known)
      return known
    })
  }
}

/** An event in the words of the trace. */
export function tell({ event }: StampedEvent): string {
  const legId = 'leg' in event ? event.leg.legId : brandAs<LegId>('')
  const more: string[] = []
  for (const name of ['queueName', 'position', 'reason', 'peerLegId', 'cause', 'status']) {
    const value: unknown = Reflect.get(event, name)
    if (value !== undefined) more.push(`${String(value)}`)
  }
  return `${event.type} ${legId} ${more.join(' ')}`
}
