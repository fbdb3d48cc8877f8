// leave_queue: out of the queue, parked, alive; audio and pending bridges go on (C6).

import type { CommandAnswer } from '../../ports/commands.ts'
import { settle, type Request } from '../answers.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { foreignClaimUnderWay, holdForClaim } from '../end-leg.ts'
import { tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { accept, runAgain } from '../command-legs.ts'

export function leaveQueue(
  ctx: StepContext,
  request: Request,
  leg: Leg,
): CommandAnswer | undefined {
  ctx.verb([leg], { kind: 'leave', legId: leg.legId, nowMs: ctx.nowMs }, (later, outcome) => {
    if (outcome.kind === 'left') {
      accept(later, request, leg)
      tellDequeued(later, outcome.left, 'leave')
      later.move(leg, { kind: 'parked' })
      settle(later, request, done)
      return
    }
    if (foreignClaimUnderWay(later, leg)) {
      holdForClaim(later, leg)
      runAgain(later, request)
      return
    }
    settle(later, request, refusal({ code: 'not-queued', legId: leg.legId }))
  })
  return undefined
}
