// Outcomes of store verbs, and what waited for them. In order: the verb's own continuation, ends that came meanwhile,
// answered legs whose bridge was waiting, then the commands in the line. `unknown` repeats the same operation.

import { endLeg, foreignClaimUnderWay } from './end-leg.ts'
import type { PendingVerb, StepContext } from './context.ts'
import type { OperationId } from '../base/ids.ts'
import { fulfilIntent, withPeer } from './make-bridge.ts'
import type { VerbOutcome } from '../ports/store.ts'
import type { Leg } from './state.ts'

/** Steps one outcome. Returns the legs that are free again, so that their waiting commands run. */
export function takeOutcome(
  ctx: StepContext,
  operationId: OperationId,
  outcome: VerbOutcome,
): readonly Leg[] {
  const pending = ctx.verbs.get(operationId)
  if (pending === undefined) return []
  if (outcome.kind === 'unknown') {
    ctx.arm('repeat-verb', operationId, ctx.settings.repeatVerbMs)
    return []
  }
  ctx.verbs.delete(operationId)
  const held = pending.legs.map((legId) => ctx.state.legs.get(legId))
  const legs = held.filter((leg) => leg !== undefined)
  const around = peersOf(ctx, legs)
  for (const leg of legs) if (leg.claim === operationId) leg.claim = undefined
  pending.then(ctx, outcome)
  const free = [...legs, ...letGoTaken(ctx, pending)].filter((leg) => letGo(ctx, leg))
  return [...new Set([...free, ...around, ...peersOf(ctx, free)])]
}

/** Commands on a counterpart wait too, and it may have become one, or ceased to be, by this very outcome. */
function peersOf(ctx: StepContext, legs: readonly Leg[]): readonly Leg[] {
  return legs.flatMap((leg) => withPeer(ctx, leg))
}

/** A verb of unknown outcome is asked again. */
export function repeatVerb(ctx: StepContext, operationId: OperationId): void {
  const pending = ctx.verbs.get(operationId)
  if (pending !== undefined) ctx.repeat(pending)
}

/** After a claim's outcome: legs that waited for it, when no other claim can still hold their entry. */
function letGoTaken(ctx: StepContext, pending: PendingVerb): Leg[] {
  if (pending.verb.kind !== 'claim-head') return []
  const free: Leg[] = []
  for (const legId of [...ctx.state.taken]) {
    const leg = ctx.state.legs.get(legId)
    if (leg !== undefined && foreignClaimUnderWay(ctx, leg)) continue
    ctx.state.taken.delete(legId)
    if (leg === undefined) continue
    leg.takenElsewhere = false
    free.push(leg)
  }
  return free
}

/** False while something else decides over the leg. */
function letGo(ctx: StepContext, leg: Leg): boolean {
  if (leg.claim !== undefined || leg.takenElsewhere) return false
  if (leg.state.at === 'ended') return true
  if (leg.deferredEnd !== undefined) {
    endLeg(ctx, leg, leg.deferredEnd)
    return true
  }
  for (const legId of [...leg.awaiting]) {
    const waiting = ctx.living(legId)
    if (waiting !== undefined && waiting.state.at !== 'dialing') fulfilIntent(ctx, waiting)
  }
  fulfilIntent(ctx, leg)
  return true
}
