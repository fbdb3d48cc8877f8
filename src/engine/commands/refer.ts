// refer: asks the far end of the leg to call somebody else. A queued leg leaves its queue at acceptance and stays parked
// whatever comes of it (C7). A bridge or conference stays until the far end acts: it usually hangs up when its new call is
// there, and when it refuses the REFER both can go on talking; unbridging first would hang up the peer for nothing.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { cancelIntents } from '../intents.ts'
import { tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { takeOut } from '../take-out.ts'

export function refer(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'refer' }>,
): CommandAnswer | undefined {
  if (leg.referring) {
    // The reports of two REFERs on one leg could not be told apart.
    return refusal({ code: 'unavailable', why: 'a REFER is under way', retryAfterSecs: 5 })
  }
  return takeOut(ctx, request, leg, (later, left) => {
    accept(later, request, leg)
    if (left !== undefined) {
      tellDequeued(later, left, 'bridging-in-process')
      later.move(leg, { kind: 'parked' })
    }
    cancelIntents(later, leg)
    leg.referring = true
    later.signal({
      kind: 'refer',
      legId: leg.legId,
      target: command.target,
      headers: [...command.customHeaders, ...command.sipHeaders],
      credentials: command.credentials,
    })
    later.emit({ type: 'refer-started', leg: later.facts(leg), sipStatus: 100 })
    return done
  })
}
