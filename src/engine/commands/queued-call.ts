// One call in a queue, by the queue's path: keep_after_hangup (A.8) and forced removal (A.9, C19).

import type { CommandAnswer, QueueCommand } from '../../ports/commands.ts'
import type { LeftEntry, VerbRefusal } from '../../ports/store.ts'
import { settle, type Request } from '../answers.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { foreignClaimUnderWay, holdForClaim } from '../end-leg.ts'
import { releaseKept } from '../legs.ts'
import { tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { runAgain } from '../command-legs.ts'

/** keep_after_hangup; taking it from a dead call ends its stay at once. */
export function queuedCallUpdate(
  ctx: StepContext,
  request: Request,
  command: Extract<QueueCommand, { kind: 'queued-call-update' }>,
): CommandAnswer | undefined {
  const { queueName, legId, keepAfterHangup } = command
  const leg = ctx.state.legs.get(legId)
  if (keepAfterHangup === undefined) {
    const waits = leg?.state.at === 'queued' && leg.state.queueName === queueName
    return waits || leg?.kept === queueName ? done : refusal({ code: 'queued-call-unknown' })
  }
  const verb = { kind: 'set-keep', queueName, legId, keepAfterHangup, nowMs: ctx.nowMs } as const
  ctx.verb(heldBy(leg), verb, (later, outcome) => {
    if (outcome.kind !== 'keep-set') {
      settle(later, request, missing(outcome))
      return
    }
    if (outcome.removed !== undefined) {
      tellDequeued(later, outcome.removed, 'hangup')
      if (leg !== undefined) releaseKept(later, leg)
    }
    settle(later, request, done)
  })
  return undefined
}

/** A live call is parked as if it had left; a dead one has hung up. */
export function queuedCallRemove(
  ctx: StepContext,
  request: Request,
  command: Extract<QueueCommand, { kind: 'queued-call-remove' }>,
): undefined {
  const { queueName, legId } = command
  const leg = ctx.state.legs.get(legId)
  const verb = { kind: 'remove-entry', queueName, legId, nowMs: ctx.nowMs } as const
  ctx.verb(heldBy(leg), verb, (later, outcome) => {
    if (outcome.kind === 'left') {
      removed(later, request, outcome.left)
      return
    }
    if (leg !== undefined && foreignClaimUnderWay(later, leg)) {
      holdForClaim(later, leg)
      runAgain(later, request)
      return
    }
    settle(later, request, missing(outcome))
  })
  return undefined
}

function removed(ctx: StepContext, request: Request, left: LeftEntry): void {
  const leg = ctx.state.legs.get(left.entry.legId)
  tellDequeued(ctx, left, left.alive ? 'leave' : 'hangup')
  if (leg?.state.at === 'queued' && leg.state.queueName === left.queueName) {
    ctx.move(leg, { kind: 'parked' })
  } else if (leg?.kept !== undefined) releaseKept(ctx, leg)
  settle(ctx, request, done)
}

/**
 * A living leg is held, queued or not: it must not enter the line, nor leave it, while a store that answers late is asked
 * about its place there. A dead one's entry has nobody who could move it.
 */
function heldBy(leg: Leg | undefined): readonly Leg[] {
  return leg === undefined || leg.state.at === 'ended' ? [] : [leg]
}

function missing(outcome: { readonly kind: string; readonly why?: VerbRefusal }): CommandAnswer {
  return refusal({
    code: outcome.why === 'queue-unknown' ? 'queue-unknown' : 'queued-call-unknown',
  })
}
