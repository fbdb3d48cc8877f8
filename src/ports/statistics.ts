// Figures of the queues as a wallboard shows them: counted from the committed events, one queue at a time and in total.

import type { Page, Paged } from './store.ts'

/** How soon calls are to be answered. */
export interface ServiceTarget {
  /** Answered in less than so many seconds is in time. */
  readonly seconds: number
  /** So many of a hundred calls are to be answered in time. */
  readonly percent: number
}

/** One queue at one moment; times of the calls that were answered today are whole seconds. */
export interface QueueFigures {
  /** null: all queues together. */
  readonly queueName: string | null
  readonly asOfMs: number
  readonly waitingNow: number
  /** When the call that has waited longest was enqueued; undefined when nobody waits. */
  readonly oldestEnqueuedAtMs: number | undefined
  /** The most calls that waited at once within each of the last 60 minutes, the running minute last. */
  readonly waitingHistory: readonly number[]
  readonly offered: number
  readonly answered: number
  /** Short ones included. */
  readonly abandoned: number
  readonly shortAbandoned: number
  readonly leftOtherwise: number
  readonly target: ServiceTarget
  /** Percent with one decimal; null before there is a call to count. */
  readonly serviceLevelPercent: number | null
  /** Waits of the answered calls; null before there is one. */
  readonly speedOfAnswer: {
    readonly p50Secs: number | null
    readonly p90Secs: number | null
    readonly averageSecs: number | null
  }
  /** Agents' legs in a bridge with a caller of the queue. */
  readonly talkingLegs: number
  /** Of the whole server; undefined for one queue. */
  readonly webhooks: { readonly backlog: number; readonly oldestSecs: number | null } | undefined
}

export interface Statistics {
  /** A call that is abandoned in less than so many seconds counts apart. */
  readonly shortAbandonSecs: number
  /** False while what happened since the last snapshot is still being read. */
  isReady(): boolean
  /** null, then the queues by name. */
  names(): readonly (string | null)[]
  /** Undefined: no queue of that name, today or now. */
  figures(name: string | null): QueueFigures | undefined
  /** The total first. */
  page(page: Page): Paged<QueueFigures>
  /** Resolves when it is on disk; undefined: no such queue. */
  setTarget(name: string, target: ServiceTarget): Promise<QueueFigures | undefined>
  /** Looks up how old the oldest owed webhook is, unless that was done a moment ago. */
  refresh(): Promise<void>
  /** Called with each name whose figures an event changed. Returns how to stop. */
  onChange(changed: (name: string | null) => void): () => void
  /** Names whose figures change as time goes by, without an event. */
  moving(): readonly (string | null)[]
}
