// The event log read back: what somebody knows who has nothing but the events. Every prefix of the log must make sense, since
// a crash may cut it anywhere between two writes.

import type { StampedEvent } from '../../src/ports/events.ts'
import { promise } from './broken.ts'
import type { Name } from './spec.ts'

export class Told {
  /** Whoever was told to wait, in the order of being told. */
  line: readonly Name[] = []
  sequence = 0
  readonly bridged = new Set<Name>()
  readonly ended = new Set<Name>()
  /** Callers of whom it was told that they left the line without a bridge or an end. */
  readonly leftLine = new Set<Name>()
  readonly #numbers = new Map<Name, number>()
  /** Line and positions must agree: not where outcomes of the store overtake each other. */
  readonly #ordered: boolean

  constructor(ordered: boolean) {
    this.#ordered = ordered
  }

  copy(): Told {
    const copy = new Told(this.#ordered)
    copy.line = this.line
    copy.sequence = this.sequence
    for (const name of this.bridged) copy.bridged.add(name)
    for (const name of this.ended) copy.ended.add(name)
    for (const name of this.leftLine) copy.leftLine.add(name)
    for (const [name, number] of this.#numbers) copy.#numbers.set(name, number)
    return copy
  }

  take({ sequence, legSequence, event }: StampedEvent): void {
    promise(sequence === this.sequence + 1, () => `event ${sequence} after ${this.sequence}`)
    this.sequence = sequence
    if (!('leg' in event)) return
    const name = event.leg.legId
    if (legSequence !== undefined) {
      const before = this.#numbers.get(name) ?? 0
      promise(legSequence === before + 1, () => `${name}: event ${legSequence} after ${before}`)
      this.#numbers.set(name, legSequence)
    }
    promise(!this.ended.has(name), () => `${event.type} of ${name} after its end`)
    switch (event.type) {
      case 'call-enqueued':
        promise(!this.line.includes(name), () => `${name} enqueued twice`)
        this.line = [...this.line, name]
        this.bridged.delete(name)
        if (!this.#ordered) return
        promise(event.position === this.line.length, () => `${name} told place ${event.position}`)
        return
      case 'call-dequeued':
        this.#dequeued(name, event.position, event.reason)
        return
      case 'leg-bridged':
        promise(!this.line.includes(name), () => `${name} in the line and bridged`)
        this.bridged.add(name)
        return
      case 'leg-ended':
        promise(!this.line.includes(name), () => `${name} ended and never dequeued`)
        this.ended.add(name)
        return
      default:
    }
  }

  #dequeued(name: Name, position: number, reason: string): void {
    const place = this.line.indexOf(name) + 1
    promise(place > 0, () => `${name} dequeued twice, or never enqueued`)
    this.line = this.line.filter((one) => one !== name)
    if (reason === 'bridging-in-process' || reason === 'leave') this.leftLine.add(name)
    if (!this.#ordered) return
    promise(place === position, () => `${name} left from ${position}, stood at ${place}`)
    promise(reason !== 'bridged' || place === 1, () => `${name} was taken from place ${place}`)
  }
}
