// hangup: the end by command, in every state. The answer does not wait for the store: the end is certain.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { done, type StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { ownHangup } from '../leg-ends.ts'
import type { Leg } from '../state.ts'
import { accept } from '../command-legs.ts'

export function hangup(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'hangup' }>,
): CommandAnswer {
  accept(ctx, request, leg)
  endLeg(ctx, leg, ownHangup(leg, command.customHeaders))
  return done
}
