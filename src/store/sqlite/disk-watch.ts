// Says whether the disk keeps up: failing (the journal told so), slow (nothing written for a while although something
// waits), or neither. The store's health is this; whoever is told, is told once per change and not once per request.

import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'

/** Writes that wait, and nothing written for so long: nothing new is begun until the disk moves again. */
const slowMsMin = 1000

export interface DiskTrouble {
  readonly kind: 'failing' | 'slow'
  readonly why: string
}

export class DiskWatch {
  readonly #timers: Timers
  readonly #tell: (trouble: DiskTrouble | undefined) => void
  #trouble: DiskTrouble | undefined
  #timer: TimerId | undefined
  /** Counts the journal's answers: a change between two looks means that it moves. */
  #answers = 0

  /** `tell` hears every change of what is wrong; undefined: all is well again. */
  constructor(timers: Timers, tell: (trouble: DiskTrouble | undefined) => void) {
    this.#timers = timers
    this.#tell = tell
  }

  get trouble(): DiskTrouble | undefined {
    return this.#trouble
  }

  /** A write was handed to the journal. */
  waiting(): void {
    if (this.#timer !== undefined || this.#trouble !== undefined) return
    this.#timer = this.#timers.set(slowMsMin, () => this.#look())
  }

  /** The journal has written something; `more`: other writes wait. */
  wrote(more: boolean): void {
    this.#answers++
    this.stop()
    this.#become(undefined)
    if (more) this.waiting()
  }

  failing(why: string): void {
    this.#answers++
    this.stop()
    this.#become({ kind: 'failing', why })
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer)
    this.#timer = undefined
  }

  /** When it was this thread that stood still, the journal's answer lies ready and is read before the second look. */
  #look(): void {
    const { timers, answers } = { timers: this.#timers, answers: this.#answers }
    timers.soon(() => {
      if (this.#answers !== answers || this.#timer === undefined) return
      this.#timer = undefined
      const why = `nothing has been written to the data directory for over ${slowMsMin} ms`
      this.#become({ kind: 'slow', why })
    })
  }

  #become(trouble: DiskTrouble | undefined): void {
    const before = this.#trouble
    this.#trouble = trouble
    if (before?.kind !== trouble?.kind) this.#tell(trouble)
  }
}

/** Tells the operator: a line in the log per change, and two metrics. */
export function reportTrouble(
  directory: string,
  log: Log,
  metrics: Metrics,
): (trouble: DiskTrouble | undefined) => void {
  metrics.gauge('holdfast_store_ok', 1)
  return (trouble) => {
    metrics.gauge('holdfast_store_ok', trouble === undefined ? 1 : 0)
    if (trouble === undefined) {
      log.warn({ code: 'STORE_WELL', directory }, 'the disk takes writes again')
      return
    }
    const { kind, why } = trouble
    metrics.count('holdfast_store_troubles_total', { kind })
    const message = 'nothing new is begun until the disk takes writes again; calls go on'
    if (kind === 'failing') log.error({ code: 'STORE_FAILING', directory, why }, message)
    else log.warn({ code: 'STORE_SLOW', directory, why }, message)
  }
}
