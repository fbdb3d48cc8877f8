// switch-supervisor-role: from listening to speaking and back, for a call that was dialled to supervise another.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'
import { changeRole } from '../supervision.ts'

export function switchSupervisorRole(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'switch-supervisor-role' }>,
): CommandAnswer {
  if (leg.supervises === undefined) return refusal({ code: 'not-supervising' })
  accept(ctx, request, leg)
  changeRole(ctx, leg, command.role)
  return done
}
