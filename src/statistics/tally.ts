// What is counted of one queue (or of all together): today's calls, who waits now, how many waited in each of the last 60
// minutes, and which callers talk. Pure: times arrive as arguments. One event costs the same however long the day was.

import type { LegId } from '../base/ids.ts'
import { brandAs } from '../base/ids.ts'
import type { DequeueReason } from '../ports/events.ts'
import type { QueueFigures, ServiceTarget } from '../ports/statistics.ts'
import { WaitHistogram, type HistogramRow } from './histogram.ts'

const historyMinutes = 60
const minuteMs = 60_000
const dayMs = 86_400_000
/** A clock that says less was never set: this program is younger. */
const dayMin = '2024-01-01'

export interface TallyRow extends HistogramRow {
  readonly day: string
  readonly left?: string
  /** When somebody asked, where that is more than a day after `lastMinute`: the clock may have been ahead. */
  readonly askedMs?: number
  readonly offered: number
  readonly abandoned: number
  readonly shortAbandoned: number
  readonly leftOtherwise: number
  readonly waiting: number
  /** [minutes since the epoch, the most that waited]; minutes in which nobody did are left out. */
  readonly minutes: readonly (readonly [number, number])[]
  readonly lastMinute: number
  readonly target?: ServiceTarget
  /** Callers that were bridged out of this queue, and the leg each talks to now. */
  readonly callers: readonly (readonly [string, string | null])[]
}

/** An event's time, already as the calendar says it. */
export interface Moment {
  readonly atMs: number
  readonly day: string
}

export class Tally {
  /** Its own; undefined: that of the configuration. */
  target: ServiceTarget | undefined
  readonly callers = new Map<LegId, LegId | null>()
  readonly #waits = new WaitHistogram()
  #day = ''
  /** A later day that the clock was set back from; '': none. */
  #left = ''
  /** The latest time at which something happened or somebody asked: both turn the day. */
  #latestMs = 0
  #offered = 0
  #abandoned = 0
  #shortAbandoned = 0
  #leftOtherwise = 0
  #waiting = 0
  /** In the order of the queue: its first is the oldest. */
  #since = new Map<LegId, number>()
  readonly #peaks = new Map<number, number>()
  #lastMinute = 0

  get waiting(): number {
    return this.#waiting
  }

  /** Nothing of it would be missed once its queue is gone; that somebody looked at it today counts for nothing. */
  isIdleAt(now: Moment): boolean {
    if (this.isEmpty) this.#turn(now)
    return this.isEmpty && !this.#hasCounted
  }

  get isEmpty(): boolean {
    return this.#waiting === 0 && this.callers.size === 0
  }

  get #hasCounted(): boolean {
    const left = this.#abandoned + this.#leftOtherwise
    return this.#offered + this.#waits.total + left > 0
  }

  /** `told`: who waits after this was told by the store (`setSince`). */
  enqueued(legId: LegId, at: Moment, { sinceMs, told }: Enqueued): void {
    this.#begin(at)
    this.#offered++
    this.#waiting++
    if (!told) this.#since.set(legId, sinceMs)
    this.#peaks.set(this.#lastMinute, Math.max(this.#peak(), this.#waiting))
  }

  dequeued(legId: LegId, at: Moment, how: Dequeued): void {
    this.#begin(at)
    this.#waiting = Math.max(0, this.#waiting - 1)
    if (!how.told) this.#since.delete(legId)
    switch (how.reason) {
      case 'bridged':
        this.#waits.add(how.waitSecs)
        return
      case 'hangup':
        this.#abandoned++
        if (how.waitSecs < how.shortSecs) this.#shortAbandoned++
        return
      case 'bridging-in-process':
      case 'leave':
      case 'timeout':
        this.#leftOtherwise++
        return
    }
  }

  /** Who waits, as the store had it when the process began; the number follows with `settle`. */
  setSince(since: Map<LegId, number>): void {
    this.#since = since
  }

  /** All that happened until then has been counted: the number is that of those who wait. */
  settle(atMs: number): void {
    if (this.#waiting === this.#since.size) return
    this.#turnMinute(atMs)
    this.#waiting = this.#since.size
    this.#peaks.set(this.#lastMinute, Math.max(this.#peak(), this.#waiting))
  }

  /** Does the passing of a minute change what is shown. */
  isMoving(now: Moment): boolean {
    return this.#waiting > 0 || this.#day !== now.day || this.#history(now.atMs).some(Boolean)
  }

  figures(
    queueName: string | null,
    now: Moment,
    standard: ServiceTarget,
  ): Omit<QueueFigures, 'webhooks'> {
    // After midnight and before the first event.
    this.#turn(now)
    const target = this.target ?? standard
    const answered = this.#waits.total
    const counted = answered + this.#abandoned - this.#shortAbandoned
    const share = counted === 0 ? null : this.#waits.below(target.seconds) / counted
    const [oldest] = this.#since.values()
    let talkingLegs = 0
    for (const peer of this.callers.values()) if (peer !== null) talkingLegs++
    return {
      queueName,
      asOfMs: now.atMs,
      waitingNow: this.#waiting,
      oldestEnqueuedAtMs: oldest,
      waitingHistory: this.#history(now.atMs),
      offered: this.#offered,
      answered,
      abandoned: this.#abandoned,
      shortAbandoned: this.#shortAbandoned,
      leftOtherwise: this.#leftOtherwise,
      target,
      serviceLevelPercent: share === null ? null : Math.round(share * 1000) / 10,
      speedOfAnswer: {
        p50Secs: this.#waits.quantile(0.5),
        p90Secs: this.#waits.quantile(0.9),
        averageSecs: this.#waits.averageSecs,
      },
      talkingLegs,
    }
  }

  row(): TallyRow {
    return {
      ...this.#waits.row(),
      day: this.#day,
      ...(this.#left === '' ? {} : { left: this.#left }),
      ...(this.#latestMs - this.#lastMs > dayMs && { askedMs: this.#latestMs }),
      offered: this.#offered,
      abandoned: this.#abandoned,
      shortAbandoned: this.#shortAbandoned,
      leftOtherwise: this.#leftOtherwise,
      waiting: this.#waiting,
      minutes: [...this.#peaks].filter(([, peak]) => peak > 0),
      lastMinute: this.#lastMinute,
      ...(this.target === undefined ? {} : { target: this.target }),
      callers: [...this.callers],
    }
  }

  restore(row: TallyRow): void {
    this.#waits.restore(row)
    this.#day = row.day
    this.#left = row.left ?? ''
    this.#latestMs = row.askedMs ?? 0
    this.#offered = row.offered
    this.#abandoned = row.abandoned
    this.#shortAbandoned = row.shortAbandoned
    this.#leftOtherwise = row.leftOtherwise
    this.#waiting = row.waiting
    this.#lastMinute = row.lastMinute
    for (const [minute, peak] of row.minutes) this.#peaks.set(minute, peak)
    this.target = row.target
    for (const [caller, peer] of row.callers) {
      this.callers.set(brandAs<LegId>(caller), peer === null ? null : brandAs<LegId>(peer))
    }
  }

  get #lastMs(): number {
    return this.#lastMinute * minuteMs
  }

  #begin(at: Moment): void {
    this.#turn(at)
    this.#turnMinute(at.atMs)
  }

  /**
   * Today ends when midnight passes, not when a clock is set. Set back a little, it does not bring yesterday back; by more
   * than a day, what was counted is today's by the new clock too, and the day that was left goes on if the clock comes back
   * to it: a machine without a battery begins years behind and is set right minutes later.
   */
  #turn(at: Moment): void {
    const { atMs, day } = at
    const isBack = Math.max(this.#lastMs, this.#latestMs) - atMs > dayMs
    this.#latestMs = isBack ? atMs : Math.max(this.#latestMs, atMs)
    if (isBack) {
      if (day < this.#day) this.#left = this.#left > this.#day ? this.#left : this.#day
      if (this.#lastMs > atMs) return this.#move(at)
      // Nothing has happened by the clock that was ahead: somebody asked.
      this.#day = day
      return
    }
    if (day <= this.#day) return
    const isUnset = this.#day !== '' && this.#day < dayMin && day >= dayMin
    if (day === this.#left || (isUnset && (this.#left === '' || day < this.#left))) this.#move(at)
    else this.#turnDay(day)
    if (this.#left <= day || !isUnset) this.#left = ''
  }

  /** The same by another clock. */
  #move({ atMs, day }: Moment): void {
    const minute = Math.floor(atMs / minuteMs)
    const peaks = [...this.#peaks]
    this.#peaks.clear()
    for (const [one, peak] of peaks) this.#peaks.set(one - this.#lastMinute + minute, peak)
    this.#day = day
    this.#lastMinute = minute
    this.#peaks.set(minute, Math.max(this.#peak(), this.#waiting))
  }

  #turnDay(day: string): void {
    this.#day = day
    this.#waits.clear()
    this.#offered = 0
    this.#abandoned = 0
    this.#shortAbandoned = 0
    this.#leftOtherwise = 0
  }

  /** A minute begins with those who wait already. */
  #turnMinute(atMs: number): void {
    const minute = Math.floor(atMs / minuteMs)
    if (minute <= this.#lastMinute) return
    const first = Math.max(this.#lastMinute + 1, minute - historyMinutes + 1)
    for (let one = first; one <= minute; one++) this.#peaks.set(one, this.#waiting)
    this.#lastMinute = minute
    for (const one of this.#peaks.keys()) {
      if (one <= minute - historyMinutes) this.#peaks.delete(one)
    }
  }

  #peak(): number {
    return this.#peaks.get(this.#lastMinute) ?? 0
  }

  #history(nowMs: number): number[] {
    const minute = Math.max(this.#lastMinute, Math.floor(nowMs / minuteMs))
    return Array.from({ length: historyMinutes }, (_, index) => {
      const one = minute - historyMinutes + 1 + index
      return one > this.#lastMinute ? this.#waiting : (this.#peaks.get(one) ?? 0)
    })
  }
}

export interface Enqueued {
  readonly sinceMs: number
  readonly told: boolean
}

interface Dequeued {
  readonly reason: DequeueReason
  readonly waitSecs: number
  readonly shortSecs: number
  /** As in `enqueued`. */
  readonly told: boolean
}
