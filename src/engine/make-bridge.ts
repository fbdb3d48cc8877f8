// Joining two answered legs. The step that has the queue entries in its hand makes the bridge and tells it, in the order
// of C77: end of running audio, dequeued, bridged (the leg that was waited for), bridged (the issuer). The media
// link is an effect; its failure is a later media failure.

import { assert } from '../base/assert.ts'
import { dtmfPaths, peerOf, type Bridge, type BridgeSettings } from '../calls/bridge.ts'
import type { CommandAnswer } from '../ports/commands.ts'
import type { RecordingOrder } from '../ports/recorder.ts'
import type { LeftEntry } from '../ports/store.ts'
import { done, refusal, type KnownOutcome, type StepContext } from './context.ts'
import { finishEnd, foreignClaimUnderWay, holdForClaim, moveUnderWay } from './end-leg.ts'
import { answerLeg } from './answer-leg.ts'
import { cancelIntents, dropIntent } from './intents.ts'
import { answerAudioRuns, stopAudio } from './leg-audio.ts'
import { ownHangup } from './leg-ends.ts'
import { detach, release, tellDequeued } from './memberships.ts'
import { recordLeg } from './recordings.ts'
import { completeReferral } from './referral.ts'
import type { Leg } from './state.ts'
import { superviseBridge } from './supervision.ts'

export interface BridgePlan {
  readonly issuer: Leg
  readonly other: Leg
  readonly settings: BridgeSettings
  /** Records the issuer from now on. */
  readonly record?: RecordingOrder | undefined
  /** False when what asked for the bridge was overtaken while the store was deciding. */
  readonly stillWanted?: () => boolean
}

/** The leg and, when it is bridged, its counterpart: whom a verb about the leg holds. */
export function withPeer(ctx: StepContext, leg: Leg): readonly Leg[] {
  if (leg.state.at !== 'bridged') return [leg]
  const peer = ctx.living(peerOf(leg.state.bridge, leg.legId))
  return peer === undefined ? [leg] : [leg, peer]
}

/** Makes the bridge. Both legs are answered and in no queue of the store any more; `left` are the entries just taken. */
export function makeBridge(ctx: StepContext, plan: BridgePlan, left: readonly LeftEntry[]): void {
  const { issuer, other, settings } = plan
  assert(issuer !== other, 'a leg cannot be bridged with itself')
  stopAudio(ctx, other, 'cancelled')
  stopAudio(ctx, issuer, 'cancelled')
  const released = [detach(ctx, issuer), detach(ctx, other)]
  for (const entry of left) tellDequeued(ctx, entry, 'bridged')
  // The intent that this bridge fulfils is not cancelled, only gone.
  if (issuer.intent?.other === other.legId) dropIntent(ctx, issuer)
  if (other.intent?.other === issuer.legId) dropIntent(ctx, other)
  const bridge: Bridge = { issuer: issuer.legId, other: other.legId, ...settings }
  ctx.move(other, { kind: 'bridged', bridge })
  ctx.move(issuer, { kind: 'bridged', bridge })
  cancelIntents(ctx, issuer)
  cancelIntents(ctx, other)
  ctx.state.counts.bridges += 1
  ctx.emit({ type: 'leg-bridged', leg: ctx.facts(other), peerLegId: issuer.legId })
  ctx.emit({ type: 'leg-bridged', leg: ctx.facts(issuer), peerLegId: other.legId })
  const paths = dtmfPaths(bridge)
  ctx.media({
    kind: 'link',
    a: issuer.legId,
    b: other.legId,
    dtmfToA: paths.toIssuer,
    dtmfToB: paths.toOther,
  })
  superviseBridge(ctx, issuer)
  if (plan.record !== undefined) recordLeg(ctx, issuer, plan.record)
  for (const former of released) {
    if (former?.peer !== issuer && former?.peer !== other) release(ctx, former)
  }
}

/**
 * Takes those of the two legs that are queued out of their queues, then bridges. `accepted` runs before the first event,
 * `settled` hears the answer; `again` is called when an entry turned out to be claimed by somebody whose outcome is still
 * on its way.
 */
export function takeAndBridge(
  ctx: StepContext,
  plan: BridgePlan,
  settled: (ctx: StepContext, answer: CommandAnswer) => void,
  again: (ctx: StepContext) => void,
  accepted: (ctx: StepContext) => void,
): void {
  const { issuer, other } = plan
  const queued = [other, issuer].filter((leg) => leg.state.at === 'queued')
  const [first, second] = queued
  if (first === undefined) {
    accepted(ctx)
    makeBridge(ctx, plan, [])
    settled(ctx, done)
    return
  }
  const held = new Set([...withPeer(ctx, issuer), ...withPeer(ctx, other)])
  const { nowMs } = ctx
  const verb =
    second === undefined
      ? ({ kind: 'leave', legId: first.legId, nowMs } as const)
      : ({ kind: 'leave-both', legId: first.legId, otherLegId: second.legId, nowMs } as const)
  ctx.verb([...held], verb, (later, outcome) => {
    const left = entriesOf(outcome)
    const missing = queued.filter((leg) => !left.some(({ entry }) => entry.legId === leg.legId))
    const taken = missing.filter((leg) => foreignClaimUnderWay(later, leg))
    for (const leg of taken) holdForClaim(later, leg)
    if (taken.length > 0) {
      parkLeft(later, left)
      again(later)
      return
    }
    bridgeTaken(later, plan, left, settled, accepted)
  })
}

/** The leg has answered: what was intended with it happens now, unless it was cancelled or must wait. */
export function fulfilIntent(ctx: StepContext, leg: Leg): void {
  const { intent } = leg
  if (intent === undefined || leg.state.at !== 'parked' || answerAudioRuns(leg)) return
  if (leg.referral !== undefined) completeReferral(ctx, leg)
  const other = ctx.living(intent.other)
  if (other === undefined || other.deferredEnd !== undefined) {
    dropIntent(ctx, leg)
    // Answered for somebody who is just going.
    if (intent.operation === 'transfer') ctx.endSoon(leg, ownHangup(leg))
    return
  }
  if (other.claim !== undefined || other.takenElsewhere || leg.claim !== undefined) return
  if (other.state.at === 'ringing-in' && intent.operation === 'transfer') answerLeg(ctx, other)
  if (other.state.at === 'ringing-in' || other.state.at === 'dialing') {
    dropIntent(ctx, leg)
    return
  }
  if (intent.preventDoubleBridge && other.state.at === 'bridged') {
    dropIntent(ctx, leg)
    ctx.endSoon(leg, ownHangup(leg))
    return
  }
  const ownIssue = intent.issuer === leg.legId
  const plan: BridgePlan = {
    issuer: ownIssue ? leg : other,
    other: ownIssue ? other : leg,
    settings: intent.settings,
    record: intent.record,
    stillWanted: () => leg.intent === intent,
  }
  const nobody = (): void => undefined
  takeAndBridge(ctx, plan, nobody, nobody, nobody)
}

function bridgeTaken(
  ctx: StepContext,
  plan: BridgePlan,
  left: readonly LeftEntry[],
  settled: (ctx: StepContext, answer: CommandAnswer) => void,
  accepted: (ctx: StepContext) => void,
): void {
  const { issuer, other } = plan
  if (plan.stillWanted?.() === false) {
    parkLeft(ctx, left)
    return
  }
  if (goingOrGone(issuer) || goingOrGone(other)) {
    parkLeft(ctx, left)
    settled(ctx, refusal({ code: goingOrGone(issuer) ? 'leg-ended' : 'other-leg-ended' }))
    return
  }
  accepted(ctx)
  makeBridge(ctx, plan, left)
  settled(ctx, done)
}

/** Entries taken for a bridge that does not happen: the legs are parked, the queue has let them go. */
export function parkLeft(ctx: StepContext, left: readonly LeftEntry[]): void {
  for (const entry of left) {
    const leg = ctx.living(entry.entry.legId)
    if (leg?.deferredEnd !== undefined && !moveUnderWay(ctx, leg)) {
      finishEnd(ctx, leg, entry)
      continue
    }
    tellDequeued(ctx, entry, 'bridging-in-process')
    if (leg?.state.at === 'queued') ctx.move(leg, { kind: 'parked' })
  }
}

export function goingOrGone(leg: Leg): boolean {
  return leg.state.at === 'ended' || leg.deferredEnd !== undefined
}

function entriesOf(outcome: KnownOutcome): readonly LeftEntry[] {
  if (outcome.kind === 'left') return [outcome.left]
  if (outcome.kind !== 'left-both') return []
  return [outcome.left, outcome.otherLeft].filter((left) => left !== undefined)
}
