// All tallies, and which event concerns which: events come in the order in which they were committed, each once. A caller
// who is bridged out of a queue talks to an agent until either of them ends, goes to somebody else, into a conference or
// back into a queue; of that pair the book knows the queue.

import type { LegId } from '../base/ids.ts'
import type { StampedEvent } from '../ports/events.ts'
import type { QueueFigures, ServiceTarget } from '../ports/statistics.ts'
import { Tally, type Moment, type TallyRow } from './tally.ts'

export interface BookOptions {
  readonly dayOf: (atMs: number) => string
  readonly standard: ServiceTarget
  readonly shortSecs: number
  /** Tallies of queues that are gone are forgotten beyond so many, the oldest first. */
  readonly talliesMax?: number
}

export class Book {
  readonly #options: BookOptions
  readonly #total = new Tally()
  readonly #tallies = new Map<string, Tally>()
  /** Queues that are there, with a tally or without. */
  readonly #existing = new Set<string>()
  /** Both, in order; undefined: one has come or gone since. */
  #names: readonly string[] | undefined
  /** The queue that a talking caller came from. */
  readonly #queueOf = new Map<LegId, string>()
  readonly #callerOf = new Map<LegId, LegId>()
  readonly #changed: (name: string | null) => void

  /** `changed` hears of each name whose figures an event has changed. */
  constructor(options: BookOptions, changed: (name: string | null) => void) {
    this.#options = options
    this.#changed = changed
  }

  /** `told`: as in Tally. */
  apply({ event, occurredAtUs }: Pick<StampedEvent, 'event' | 'occurredAtUs'>, told = false): void {
    const at = this.moment(occurredAtUs / 1000)
    switch (event.type) {
      case 'queue-created':
        this.#exists(event.queueName)
        return
      case 'queue-deleted':
        this.#existing.delete(event.queueName)
        this.#names = undefined
        return
      case 'call-enqueued': {
        this.#leave(event.leg.legId)
        // What the store told of queues is later than this event: the queue may be gone since.
        if (!told) this.#exists(event.queueName)
        const since = { sinceMs: event.enqueuedAtMs, told }
        for (const tally of this.#both(event.queueName)) tally.enqueued(event.leg.legId, at, since)
        return this.#told(event.queueName)
      }
      case 'call-dequeued': {
        const { leg, queueName, reason, waitSecs } = event
        const how = { reason, waitSecs, shortSecs: this.#options.shortSecs, told }
        for (const tally of this.#both(queueName)) tally.dequeued(leg.legId, at, how)
        if (reason === 'bridged') this.#setCaller(leg.legId, queueName)
        return this.#told(queueName)
      }
      case 'leg-bridged':
        return this.#bridged(event.leg.legId, event.peerLegId)
      case 'leg-ended':
      case 'participant-joined':
        return this.#leave(event.leg.legId)
      default:
        return
    }
  }

  moment(atMs: number): Moment {
    return { atMs, day: this.#options.dayOf(atMs) }
  }

  names(): readonly string[] {
    this.#names ??= [...new Set([...this.#existing, ...this.#tallies.keys()])].sort()
    return this.#names
  }

  has(name: string): boolean {
    return this.#existing.has(name) || this.#tallies.has(name)
  }

  figures(name: string | null, nowMs: number): Omit<QueueFigures, 'webhooks'> {
    const tally = name === null ? this.#total : (this.#tallies.get(name) ?? new Tally())
    return tally.figures(name, this.moment(nowMs), this.#options.standard)
  }

  moving(nowMs: number): readonly (string | null)[] {
    const now = this.moment(nowMs)
    const all: readonly (readonly [string | null, Tally])[] = [
      [null, this.#total],
      ...this.#tallies,
    ]
    return all.filter(([, tally]) => tally.isMoving(now)).map(([name]) => name)
  }

  setTarget(name: string, target: ServiceTarget): void {
    this.#tally(name).target = target
    this.#changed(name)
  }

  row(name: string | null): TallyRow | undefined {
    return name === null ? this.#total.row() : this.#tallies.get(name)?.row()
  }

  restore(name: string | null, row: TallyRow): void {
    const tally = name === null ? this.#total : this.#tally(name)
    tally.restore(row)
    if (name === null) return
    for (const [caller, peer] of tally.callers) {
      this.#queueOf.set(caller, name)
      if (peer !== null) this.#callerOf.set(peer, caller)
    }
  }

  /** Queues and waiting calls as the store had them when the process began. */
  setPresent(queues: readonly string[], waiting: readonly Waiting[]): void {
    const byQueue = new Map<string, Map<LegId, number>>()
    const all = new Map<LegId, number>()
    for (const { queueName, legId, enqueuedAtMs } of waiting) {
      const since = byQueue.get(queueName) ?? new Map<LegId, number>()
      byQueue.set(queueName, since.set(legId, enqueuedAtMs))
      all.set(legId, enqueuedAtMs)
    }
    for (const name of queues) this.#exists(name)
    for (const [name, since] of byQueue) this.#tally(name).setSince(since)
    this.#total.setSince(new Map([...all].sort(([, a], [, b]) => a - b)))
  }

  /** Everything up to what `setPresent` told has been applied. */
  settle(atMs: number): void {
    this.#total.settle(atMs)
    for (const tally of this.#tallies.values()) tally.settle(atMs)
  }

  /** Forgets queues that are gone and of which nothing is shown any more; their names. */
  sweep(nowMs: number): readonly string[] {
    const now = this.moment(nowMs)
    const { talliesMax = 20_000 } = this.#options
    const forgotten: string[] = []
    for (const [name, tally] of this.#tallies) {
      if (this.#existing.has(name) || !tally.isEmpty) continue
      const isOver = this.#tallies.size > talliesMax
      if (!isOver && (tally.target !== undefined || !tally.isIdleAt(now))) continue
      this.#tallies.delete(name)
      this.#names = undefined
      forgotten.push(name)
    }
    return forgotten
  }

  #both(name: string): readonly [Tally, Tally] {
    return [this.#tally(name), this.#total]
  }

  #tally(name: string): Tally {
    const found = this.#tallies.get(name)
    if (found !== undefined) return found
    const fresh = new Tally()
    this.#tallies.set(name, fresh)
    this.#names = undefined
    return fresh
  }

  #exists(name: string): void {
    if (this.#existing.has(name)) return
    this.#existing.add(name)
    this.#names = undefined
  }

  #told(name: string): void {
    this.#changed(name)
    this.#changed(null)
  }

  #bridged(legId: LegId, peerId: LegId): void {
    if (this.#queueOf.has(legId)) return this.#pair(legId, peerId)
    if (this.#callerOf.get(legId) !== peerId) this.#unpair(legId)
    if (this.#queueOf.has(peerId)) this.#pair(peerId, legId)
  }

  #setCaller(caller: LegId, name: string): void {
    this.#leave(caller)
    this.#queueOf.set(caller, name)
    for (const tally of this.#both(name)) tally.callers.set(caller, null)
  }

  #pair(caller: LegId, agent: LegId): void {
    if (this.#callerOf.get(agent) === caller) return
    this.#unpair(agent)
    this.#letGo(caller)
    this.#callerOf.set(agent, caller)
    this.#setPeer(caller, agent)
  }

  /** The agent talks to nobody of a queue any more. */
  #unpair(agent: LegId): void {
    const caller = this.#callerOf.get(agent)
    if (caller === undefined) return
    this.#callerOf.delete(agent)
    this.#setPeer(caller, null)
  }

  /** The caller's agent is free. */
  #letGo(caller: LegId): void {
    const name = this.#queueOf.get(caller)
    const agent = name === undefined ? undefined : this.#tallies.get(name)?.callers.get(caller)
    if (agent) this.#callerOf.delete(agent)
  }

  #setPeer(caller: LegId, agent: LegId | null): void {
    const name = this.#queueOf.get(caller)
    if (name === undefined) return
    for (const tally of this.#both(name)) tally.callers.set(caller, agent)
    this.#told(name)
  }

  #leave(legId: LegId): void {
    this.#unpair(legId)
    const name = this.#queueOf.get(legId)
    if (name === undefined) return
    this.#letGo(legId)
    this.#queueOf.delete(legId)
    for (const tally of this.#both(name)) tally.callers.delete(legId)
    this.#told(name)
  }
}

export interface Waiting {
  readonly queueName: string
  readonly legId: LegId
  readonly enqueuedAtMs: number
}
