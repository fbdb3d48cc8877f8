// Commands that take a leg out of its queue towards something else than a bridge (transfer, refer, conference): first the
// store gives the entry, then the command goes on with it in the same step, so that leaving and arriving are one.

import type { CommandAnswer } from '../ports/commands.ts'
import type { LeftEntry } from '../ports/store.ts'
import { settle, type Request } from './answers.ts'
import { runAgain } from './command-legs.ts'
import { refusal, type StepContext } from './context.ts'
import { foreignClaimUnderWay, holdForClaim } from './end-leg.ts'
import { goingOrGone, parkLeft, withPeer } from './make-bridge.ts'
import type { Leg } from './state.ts'

/** Goes on with the command; `left` is the entry just taken, to be told by `tellDequeued` or `parkLeft`. */
export type GoOn = (ctx: StepContext, left: LeftEntry | undefined) => CommandAnswer

/**
 * Runs `goOn` with the leg in no queue of the store any more, and settles the request with its answer: at once for a leg
 * that is in none (then the answer is returned), else in the step of the store's outcome.
 */
export function takeOut(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  goOn: GoOn,
): CommandAnswer | undefined {
  if (leg.state.at !== 'queued') return goOn(ctx, undefined)
  const verb = { kind: 'leave', legId: leg.legId, nowMs: ctx.nowMs } as const
  ctx.verb(withPeer(ctx, leg), verb, (later, outcome) => {
    const left = outcome.kind === 'left' ? outcome.left : undefined
    if (left === undefined && foreignClaimUnderWay(later, leg)) {
      // Somebody's bridge on the queue may have taken this very entry: what becomes of the leg is decided there first.
      holdForClaim(later, leg)
      runAgain(later, request)
      return
    }
    if (goingOrGone(leg)) {
      parkLeft(later, left === undefined ? [] : [left])
      settle(later, request, refusal({ code: 'leg-ended' }))
      return
    }
    settle(later, request, goOn(later, left))
  })
  return undefined
}
