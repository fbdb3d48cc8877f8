// What a stolen API key can cost: how many calls over trunks may be up at one time and begin within a minute. The limits are
// the server's, not a key's or an application's: whoever makes the calls, the carrier's bill is one (C80). A call counts when
// it is made, whatever becomes of it; the minute is forgotten over a restart, calls that are up are not.

import type { Refusal } from '../ports/commands.ts'
import type { StepContext } from './context.ts'

const minuteMs = 60_000

/** Why no further call to `to` may begin now. Nothing is counted yet. */
export function refuseByLimits(ctx: StepContext, to: string): Refusal | undefined {
  const { concurrentMax, perMinuteMax } = ctx.settings.outboundLimits
  if ((concurrentMax === 0 && perMinuteMax === 0) || !ctx.world.usesTrunk(to)) return undefined
  if (concurrentMax > 0 && callsUp(ctx) >= concurrentMax)
    return { code: 'outbound-concurrent-limit', limit: concurrentMax }
  if (perMinuteMax === 0) return undefined
  const begun = withinMinute(ctx)
  const [oldest] = begun
  if (oldest === undefined || begun.length < perMinuteMax) return undefined
  const waitMs = oldest + minuteMs - ctx.monotonicMs
  return {
    code: 'outbound-rate-limit',
    limit: perMinuteMax,
    retryAfterSecs: Math.max(1, Math.ceil(waitMs / 1000)),
  }
}

/** A call to `to` begins. */
export function countOutbound(ctx: StepContext, to: string): void {
  if (ctx.settings.outboundLimits.perMinuteMax > 0 && ctx.world.usesTrunk(to))
    withinMinute(ctx).push(ctx.monotonicMs)
}

/** Looked at only where a limit is set, and never longer than `limits.calls`. */
function callsUp(ctx: StepContext): number {
  let up = 0
  for (const { state, dial } of ctx.state.legs.values()) {
    if (state.at !== 'ended' && dial !== undefined && ctx.world.usesTrunk(dial.options.to)) up += 1
  }
  return up
}

function withinMinute(ctx: StepContext): number[] {
  const { outboundBegun } = ctx.state
  const first = outboundBegun.findIndex((atMs) => atMs > ctx.monotonicMs - minuteMs)
  outboundBegun.splice(0, first < 0 ? outboundBegun.length : first)
  return outboundBegun
}
