// Leaving where a leg is: its bridge, its conference, its queue. The leg itself stays; who stays behind is told by rules.

import { assert } from '../base/assert.ts'
import { afterUnbridge, peerOf } from '../calls/bridge.ts'
import type { DequeueReason, LegFacts } from '../ports/events.ts'
import type { EntryFacts, LeftEntry } from '../ports/store.ts'
import { waitedSecs } from '../queues/max-wait.ts'
import { leaveConference } from './conference-membership.ts'
import type { StepContext } from './context.ts'
import { ownHangup } from './leg-ends.ts'
import { waitsForReferral } from './referral.ts'
import type { Leg } from './state.ts'

/** A leg that its bridge has lost, and what is to become of it. */
export interface Released {
  readonly peer: Leg
  readonly fate: 'park' | 'hold' | 'hang-up'
}

/**
 * Takes the leg out of its bridge or conference and parks it, without deciding over the peer yet: pass the result to
 * `release` once the events of the move are out (the peer's hang-up comes last, C77). A queued leg must have
 * left its queue by a store verb; its state is changed by the move that follows.
 */
export function detach(ctx: StepContext, leg: Leg): Released | undefined {
  if (leg.state.at === 'in-conference') {
    leaveConference(ctx, leg)
    return undefined
  }
  if (leg.state.at !== 'bridged') return undefined
  const { bridge } = leg.state
  const peer = ctx.living(peerOf(bridge, leg.legId))
  assert(peer?.state.at === 'bridged', 'a bridged leg without its peer')
  assert(peer.state.bridge === bridge, 'two legs of different bridges')
  ctx.state.counts.bridges -= 1
  ctx.media({ kind: 'unlink', a: bridge.issuer, b: bridge.other })
  ctx.move(leg, { kind: 'parked' })
  ctx.move(peer, { kind: 'parked' })
  return { peer, fate: afterUnbridge(bridge, peer.legId) }
}

/** The issuer's park or hold setting keeps a peer; otherwise it is hung up (normal_clearing), C13. */
export function release(ctx: StepContext, released: Released | undefined): void {
  if (released === undefined || released.fate !== 'hang-up') return
  if (waitsForReferral(ctx, released.peer)) return
  ctx.endSoon(released.peer, ownHangup(released.peer))
}

/** Both of the above, where nothing has to come between: the leg is parked, its peer judged. */
export function releaseBridge(ctx: StepContext, leg: Leg): void {
  release(ctx, detach(ctx, leg))
}

/** The one place that tells the end of a stay in a queue, and ends its timer. */
export function tellDequeued(ctx: StepContext, left: LeftEntry, reason: DequeueReason): void {
  const leg = ctx.state.legs.get(left.entry.legId)
  const movedOn = leg?.state.at === 'queued' && leg.state.queueName !== left.queueName
  if (!movedOn) ctx.disarm('max-wait', left.entry.legId)
  ctx.emit({
    type: 'call-dequeued',
    leg: leg === undefined ? factsOfEntry(left.entry, left.enqueuedAtMs) : ctx.facts(leg),
    queueName: left.queueName,
    position: left.position,
    reason,
    waitSecs: waitedBy(ctx, left),
  })
}

/** Whole seconds waited. A clock that was set while the caller waited does not count. */
export function waitedBy(ctx: StepContext, { entry, enqueuedAtMs }: LeftEntry): number {
  const before = ctx.state.legs.get(entry.legId)?.clockAtEnqueueMs ?? ctx.clockSetMs
  const setMs = ctx.clockSetMs - before
  // Small steps are those of a clock that is kept right.
  return waitedSecs(Math.abs(setMs) < 60_000 ? ctx.nowMs : ctx.nowMs - setMs, enqueuedAtMs)
}

/** The entry outlived every memory of its leg. */
function factsOfEntry(entry: EntryFacts, enqueuedAtMs: number): LegFacts {
  return {
    legId: entry.legId,
    legUuid: entry.legUuid,
    sessionId: entry.sessionId,
    applicationId: entry.applicationId,
    clientState: entry.clientState,
    from: entry.from,
    to: entry.to,
    direction: 'incoming',
    startedAtUs: enqueuedAtMs * 1000,
    webhooks: undefined,
    tags: [],
  }
}
