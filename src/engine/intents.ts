// Pending bridges. The unanswered leg holds the intent (at most one), the leg it waits for knows who waits. Any accepted
// command that moves either leg, or its end, cancels: a transfer's new leg is CANCELed, a dialled one goes on unbridged.

import type { StepContext } from './context.ts'
import { cancelledDial, ownHangup } from './leg-ends.ts'
import type { BridgeIntent, Leg } from './state.ts'
import { stopSupervising } from './supervision.ts'

/** `dialing` will be bridged with `intent.other` when it answers. Cancels what it intended before. */
export function setIntent(ctx: StepContext, dialing: Leg, intent: BridgeIntent): void {
  dropIntent(ctx, dialing)
  dialing.intent = intent
  ctx.living(intent.other)?.awaiting.add(dialing.legId)
  ctx.touch(dialing)
}

/** Takes the intent away from its holder without judging; returns it. */
export function dropIntent(ctx: StepContext, holder: Leg): BridgeIntent | undefined {
  const { intent } = holder
  if (intent === undefined) return undefined
  holder.intent = undefined
  ctx.touch(holder)
  const other = ctx.living(intent.other)
  other?.awaiting.delete(holder.legId)
  return intent
}

/** The leg moves by a command, or ends: nothing that was intended with it happens any more. */
export function cancelIntents(ctx: StepContext, leg: Leg): void {
  stopSupervising(ctx, leg)
  if (leg.joins !== undefined) {
    leg.joins = undefined
    ctx.touch(leg)
  }
  const own = dropIntent(ctx, leg)
  const waiter = own === undefined ? undefined : ctx.living(own.other)
  if (own !== undefined && waiter !== undefined && own.operation !== 'bridge-on-answer') {
    quiet(ctx, waiter)
  }
  if (leg.awaiting.size === 0) return
  for (const legId of [...leg.awaiting]) {
    const dialing = ctx.living(legId)
    const intent = dialing === undefined ? undefined : dropIntent(ctx, dialing)
    if (dialing === undefined || intent?.operation !== 'transfer') continue
    // Answered already when it is being played to before the bridge.
    const answered = dialing.answeredAtMs !== undefined
    ctx.endSoon(dialing, answered ? ownHangup(dialing) : cancelledDial())
  }
  leg.awaiting.clear()
  quiet(ctx, leg)
}

/** Ringback or early media of a bridge that will not be. Legs that are linked or mixed hear that instead. */
function quiet(ctx: StepContext, leg: Leg): void {
  if (leg.state.at !== 'parked' && leg.state.at !== 'queued') return
  ctx.media({ kind: 'hear', legId: leg.legId, source: { kind: 'silence' } })
}
