// bridge: with the head of a queue (the claim is the store's), with an answered leg at once, or with a dialling leg when
// it answers. C1, C2, C7, C9, C33.

import type { LegId } from '../../base/ids.ts'
import type { BridgeSettings } from '../../calls/bridge.ts'
import type { CommandAnswer, KeptCaller, LegCommand, Refusal } from '../../ports/commands.ts'
import type { LeftEntry } from '../../ports/store.ts'
import { settle, type Request } from '../answers.ts'
import { done, refusal, type KnownOutcome, type PendingVerb, type StepContext } from '../context.ts'
import {
  enqueueUnderWay,
  finishEnd,
  foreignClaimUnderWay,
  holdForClaim,
  moveUnderWay,
} from '../end-leg.ts'
import { cancelIntents, setIntent } from '../intents.ts'
import { releaseKept } from '../legs.ts'
import { goingOrGone, makeBridge, parkLeft, takeAndBridge, withPeer } from '../make-bridge.ts'
import { releaseBridge, tellDequeued, waitedBy } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { accept, runAgain } from '../command-legs.ts'

type BridgeCommand = Extract<LegCommand, { kind: 'bridge' }>
type QueueTarget = Extract<BridgeCommand['target'], { kind: 'queue' }>

interface Asked {
  readonly request: Request
  readonly issuer: Leg
  readonly command: BridgeCommand
}

export function bridge(
  ctx: StepContext,
  request: Request,
  issuer: Leg,
  command: BridgeCommand,
): CommandAnswer | undefined {
  const asked: Asked = { request, issuer, command }
  const { target } = command
  if (target.kind === 'leg') return bridgeWithLeg(ctx, asked, target.legId)
  // C2: the vendor's tutorial sends both; the queue wins unless the id names another live leg.
  const { legIdToo } = target
  if (legIdToo !== undefined && legIdToo !== issuer.legId && ctx.living(legIdToo)) {
    return refusal({ code: 'queue-and-leg' })
  }
  claimHead(ctx, asked, target)
  return undefined
}

function claimHead(ctx: StepContext, asked: Asked, target: QueueTarget): void {
  const { queueName } = target
  const issuer = asked.issuer.legId
  const verb = { kind: 'claim-head', queueName, issuer, nowMs: ctx.nowMs } as const
  ctx.verb(withPeer(ctx, asked.issuer), verb, (later, outcome) => {
    if (outcome.kind === 'claimed') claimed(later, asked, target, outcome)
    else settle(later, asked.request, refusal({ code: 'queue-empty', queueName }))
  })
}

function claimed(
  ctx: StepContext,
  asked: Asked,
  target: QueueTarget,
  outcome: Extract<KnownOutcome, { kind: 'claimed' }>,
): void {
  const { request, issuer, command } = asked
  const { claimed: head, issuerLeft } = outcome
  if (!head.alive) {
    settle(ctx, request, refusal({ code: 'kept-caller-gone', caller: takeKept(ctx, head) }))
    return
  }
  const left = issuerLeft === undefined ? [head] : [head, issuerLeft]
  const caller = ctx.living(head.entry.legId)
  const arrival = enqueueUnderWay(ctx, caller, head) ?? claimOfIssuer(ctx, issuer, issuerLeft)
  if (arrival !== undefined) {
    ctx.afterVerb(arrival, withPeer(ctx, issuer), (later) => claimed(later, asked, target, outcome))
    return
  }
  if (goingOrGone(issuer)) {
    parkLeft(ctx, left)
    settle(ctx, request, refusal({ code: 'leg-ended' }))
    return
  }
  if (caller === undefined || goingOrGone(caller)) {
    // The caller hung up while the claim was on its way: told as such, and the next one is taken.
    // A move of it that is still on its way finds it going, and ends it when its outcome is here.
    if (caller === undefined || moveUnderWay(ctx, caller)) tellDequeued(ctx, head, 'hangup')
    else finishEnd(ctx, caller, head)
    if (issuerLeft !== undefined) parkLeft(ctx, [issuerLeft])
    claimHead(ctx, asked, target)
    return
  }
  if (caller.state.at !== 'queued' || caller.state.queueName !== head.queueName) {
    // The caller was claimed and then moved by its own command, whose outcome was known first.
    tellDequeued(ctx, head, 'leave')
    if (issuerLeft !== undefined) parkLeft(ctx, [issuerLeft])
    claimHead(ctx, asked, target)
    return
  }
  accept(ctx, request, issuer)
  const plan = { issuer, other: caller, settings: settingsOf(command), record: command.record }
  makeBridge(ctx, plan, left)
  settle(ctx, request, done)
}

/**
 * The issuer stood in line, and its entry did not leave with this claim: an earlier claim has taken it, whose outcome is
 * not known here yet. That one is told first (distributed stores only). Earlier in the store, so nobody waits in a circle.
 */
function claimOfIssuer(
  ctx: StepContext,
  issuer: Leg,
  issuerLeft: LeftEntry | undefined,
): PendingVerb | undefined {
  if (issuer.state.at !== 'queued' || issuerLeft !== undefined) return undefined
  const { queueName } = issuer.state
  return [...ctx.verbs.values()].find(
    ({ verb }) => verb.kind === 'claim-head' && verb.queueName === queueName,
  )
}

/** C9: the entry is gone, the application learns whom to call back. */
function takeKept(ctx: StepContext, head: LeftEntry): KeptCaller {
  const leg = ctx.state.legs.get(head.entry.legId)
  tellDequeued(ctx, head, 'bridging-in-process')
  // A dead entry whose leg still stands in line: the outcome of its end is on the way, and will find nothing to do.
  if (leg?.state.at === 'queued') finishEnd(ctx, leg, undefined)
  else if (leg !== undefined) releaseKept(ctx, leg)
  const { entry, queueName } = head
  return {
    legId: entry.legId,
    legUuid: entry.legUuid,
    sessionId: entry.sessionId,
    applicationId: entry.applicationId,
    from: entry.from,
    to: entry.to,
    clientState: leg === undefined ? entry.clientState : leg.clientState,
    queueName,
    waitSecs: waitedBy(ctx, head),
  }
}

function bridgeWithLeg(ctx: StepContext, asked: Asked, otherId: LegId): CommandAnswer | undefined {
  const { request, issuer, command } = asked
  const refused = refuseOther(ctx, asked, otherId)
  const other = ctx.living(otherId)
  if (refused !== undefined || other === undefined) {
    return refusal(refused ?? { code: 'other-leg-ended' })
  }
  if (other.state.at === 'dialing') return bridgeWhenAnswered(ctx, asked, other)
  takeAndBridge(
    ctx,
    { issuer, other, settings: settingsOf(command), record: command.record },
    (later, answer) => settle(later, request, answer),
    (later) => runAgain(later, request),
    (later) => accept(later, request, issuer),
  )
  return undefined
}

function settingsOf(command: BridgeCommand): BridgeSettings {
  const { parkAfterUnbridge, holdAfterUnbridge, muteDtmf } = command
  return { parkAfterUnbridge, holdAfterUnbridge, muteDtmf }
}

function refuseOther(ctx: StepContext, asked: Asked, otherId: LegId): Refusal | undefined {
  if (otherId === asked.issuer.legId) return { code: 'bridge-with-self' }
  const other = ctx.state.legs.get(otherId)
  if (other === undefined || !other.told) return { code: 'other-leg-unknown' }
  switch (other.state.at) {
    case 'ended':
      return { code: 'other-leg-ended' }
    case 'ringing-in':
      return { code: 'other-leg-not-answered' }
    case 'bridged':
      return asked.command.preventDoubleBridge ? { code: 'already-bridged' } : undefined
    case 'dialing':
    case 'parked':
    case 'queued':
    case 'in-conference':
      return undefined
  }
}

/** A dialling partner: the issuer leaves where it is now (C7) and waits, hearing ringback when asked for. */
function bridgeWhenAnswered(ctx: StepContext, asked: Asked, other: Leg): CommandAnswer | undefined {
  const { request, issuer } = asked
  if (issuer.state.at !== 'queued') {
    waitForAnswer(ctx, asked, other, undefined)
    return done
  }
  const verb = { kind: 'leave', legId: issuer.legId, nowMs: ctx.nowMs } as const
  ctx.verb([issuer, other], verb, (later, outcome) => {
    if (outcome.kind !== 'left') {
      if (foreignClaimUnderWay(later, issuer)) {
        holdForClaim(later, issuer)
        runAgain(later, request)
      } else settle(later, request, refusal({ code: 'not-queued', legId: issuer.legId }))
      return
    }
    if (goingOrGone(issuer) || goingOrGone(other)) {
      parkLeft(later, [outcome.left])
      const code = goingOrGone(issuer) ? 'leg-ended' : 'other-leg-ended'
      settle(later, request, refusal({ code }))
      return
    }
    waitForAnswer(later, asked, other, outcome.left)
    settle(later, request, done)
  })
  return undefined
}

function waitForAnswer(
  ctx: StepContext,
  asked: Asked,
  other: Leg,
  left: LeftEntry | undefined,
): void {
  const { request, issuer, command } = asked
  accept(ctx, request, issuer)
  if (left !== undefined) tellDequeued(ctx, left, 'bridging-in-process')
  cancelIntents(ctx, issuer)
  cancelIntents(ctx, other)
  if (issuer.state.at === 'queued') ctx.move(issuer, { kind: 'parked' })
  else releaseBridge(ctx, issuer)
  setIntent(ctx, other, {
    operation: 'bridge',
    other: issuer.legId,
    issuer: issuer.legId,
    settings: settingsOf(command),
    preventDoubleBridge: command.preventDoubleBridge,
    earlyMedia: false,
    record: command.record,
  })
  if (!command.playRingtone) return
  const source = { kind: 'ringback', country: command.ringtone } as const
  ctx.media({ kind: 'hear', legId: issuer.legId, source })
}
