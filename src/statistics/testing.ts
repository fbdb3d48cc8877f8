// For tests of this room: a day of callers made up from a seed, and the same figures counted the slow way, from the
// whole list of events.

import { brandAs, type LegId, type QueueName } from '../base/ids.ts'
import type { DequeueReason, DomainEvent, LegFacts, StampedEvent } from '../ports/events.ts'
import type { QueueFigures } from '../ports/statistics.ts'
import { bucketOf } from './histogram.ts'

const minuteMs = 60_000

/** How much later than a caller's wait begins `call-enqueued` is told, as the store's answer takes time. */
export const toldLateMs = 3

export function eventAt(told: DomainEvent, sequence: number, atMs: number): StampedEvent {
  const event = told.type === 'call-enqueued' ? { ...told, enqueuedAtMs: atMs - toldLateMs } : told
  const eventId = `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`
  const isOfLeg = event.type !== 'queue-created' && event.type !== 'queue-deleted'
  const legSequence = isOfLeg ? sequence : undefined
  return { eventId, sequence, legSequence, occurredAtUs: atMs * 1000, event, quality: undefined }
}

export function legOf(name: string): LegFacts {
  return {
    ...{ legId: brandAs<LegId>(name), legUuid: brandAs(name), sessionId: brandAs(name) },
    ...{ applicationId: brandAs('1'), clientState: null, from: 'a', to: 'b' },
    ...{ direction: 'incoming', startedAtUs: 0, webhooks: undefined, tags: [] },
  }
}

export const enqueued = (leg: string, queue: string): DomainEvent => ({
  ...{ type: 'call-enqueued', leg: legOf(leg), queueName: brandAs<QueueName>(queue) },
  ...{ position: 1, averageWaitSecs: 0, enqueuedAtMs: 0 },
})

export const dequeued = (
  leg: string,
  queue: string,
  reason: DequeueReason,
  waitSecs: number,
): DomainEvent => ({
  ...{ type: 'call-dequeued', leg: legOf(leg), queueName: brandAs<QueueName>(queue) },
  ...{ position: 1, reason, waitSecs },
})

export const bridged = (leg: string, peer: string): DomainEvent => ({
  ...{ type: 'leg-bridged', leg: legOf(leg), peerLegId: brandAs<LegId>(peer) },
})

export const deletedQueue = (queue: string): DomainEvent => ({
  ...{ type: 'queue-deleted', queueName: brandAs<QueueName>(queue), collected: true },
})

export const ended = (leg: string): DomainEvent => ({
  ...{ type: 'leg-ended', leg: legOf(leg), cause: 'normal_clearing', source: 'caller' },
  ...{ sipCause: '200', customHeaders: [], answered: true },
})

interface Recounting {
  readonly queueName: string | null
  readonly nowMs: number
  readonly seconds: number
  readonly dayOf: (atMs: number) => string
}

/** What `figures` must say after these events, but for `target` and `webhooks`. */
export function recounted(
  events: readonly StampedEvent[],
  { queueName, nowMs, seconds, dayOf }: Recounting,
): Omit<QueueFigures, 'target' | 'webhooks'> {
  const waiting = new Map<string, number>()
  const changes: { atMs: number; size: number }[] = []
  const today = { offered: 0, abandoned: 0, shortAbandoned: 0, leftOtherwise: 0 }
  const waits: number[] = []
  for (const { event, occurredAtUs } of events) {
    if (event.type !== 'call-enqueued' && event.type !== 'call-dequeued') continue
    if (queueName !== null && event.queueName !== queueName) continue
    const atMs = occurredAtUs / 1000
    const isToday = dayOf(atMs) === dayOf(nowMs)
    if (event.type === 'call-enqueued') {
      waiting.set(event.leg.legId, event.enqueuedAtMs)
      if (isToday) today.offered++
    } else {
      waiting.delete(event.leg.legId)
      if (isToday && event.reason === 'bridged') waits.push(event.waitSecs)
      else if (isToday && event.reason === 'hangup') {
        today.abandoned++
        if (event.waitSecs < 5) today.shortAbandoned++
      } else if (isToday) today.leftOtherwise++
    }
    changes.push({ atMs, size: waiting.size })
  }
  waits.sort((a, b) => a - b)
  const rank = (share: number) => {
    const wait = waits[Math.max(1, Math.ceil(share * waits.length)) - 1]
    return wait === undefined ? null : bucketOf(wait)
  }
  const counted = waits.length + today.abandoned - today.shortAbandoned
  const inTime = waits.filter((wait) => wait < seconds).length
  const sum = waits.reduce((one, other) => one + other, 0)
  return {
    ...{ queueName, asOfMs: nowMs, waitingNow: waiting.size, ...today },
    oldestEnqueuedAtMs: waiting.size === 0 ? undefined : Math.min(...waiting.values()),
    waitingHistory: Array.from({ length: 60 }, (_, index) =>
      peakOf(changes, Math.floor(nowMs / minuteMs) - 59 + index),
    ),
    answered: waits.length,
    serviceLevelPercent: counted === 0 ? null : Math.round((inTime / counted) * 1000) / 10,
    speedOfAnswer: {
      p50Secs: rank(0.5),
      p90Secs: rank(0.9),
      averageSecs: waits.length === 0 ? null : Math.round((sum / waits.length) * 10) / 10,
    },
    talkingLegs: talking(events, queueName),
  }
}

/** The most that waited within a minute: those at its beginning, and after each change in it. */
function peakOf(changes: readonly { atMs: number; size: number }[], minute: number): number {
  const before = changes.filter(({ atMs }) => atMs < minute * minuteMs).at(-1)?.size ?? 0
  const within = changes.filter(({ atMs }) => Math.floor(atMs / minuteMs) === minute)
  return Math.max(before, ...within.map(({ size }) => size))
}

/** For each caller out of the queue: who was bridged last with him, unless something ended that. */
function talking(events: readonly StampedEvent[], queueName: string | null): number {
  const last = (leg: string, from: number, fits: (event: DomainEvent) => boolean): number =>
    events.findLastIndex(
      ({ event }, index) =>
        index > from && 'leg' in event && event.leg.legId === leg && fits(event),
    )
  const callers = new Map<string, number>()
  events.forEach(({ event }, index) => {
    if (event.type !== 'call-dequeued' || event.reason !== 'bridged') return
    callers.delete(event.leg.legId)
    if (queueName === null || event.queueName === queueName) callers.set(event.leg.legId, index)
  })
  return [...callers].filter(([caller, out]) => {
    const again = last(
      caller,
      out,
      ({ type }) => type === 'call-enqueued' || type === 'leg-ended' || type === 'call-dequeued',
    )
    if (again >= 0) return false
    const at = last(caller, out, ({ type }) => type === 'leg-bridged')
    const event = events[at]?.event
    if (event?.type !== 'leg-bridged') return false
    const peer = event.peerLegId
    // What the agent did later: the end, or a bridge with somebody else.
    return (
      last(peer, at, ({ type }) => type === 'leg-ended' || type === 'call-enqueued') < 0 &&
      events.slice(at).every(({ event: later }) => {
        if (later.type !== 'leg-bridged') return true
        const pair = [later.leg.legId, later.peerLegId]
        return !pair.includes(peer) || pair.includes(brandAs<LegId>(caller))
      })
    )
  }).length
}

/** mulberry32: a number in [0, 1) for each call, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
