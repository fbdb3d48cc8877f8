// reject: 486 or 603 to a ringing inbound caller.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { done, type StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { rejected } from '../leg-ends.ts'
import type { Leg } from '../state.ts'
import { accept } from '../command-legs.ts'

export function reject(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'reject' }>,
): CommandAnswer {
  accept(ctx, request, leg)
  endLeg(ctx, leg, rejected(command.cause))
  return done
}
