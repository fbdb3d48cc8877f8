// The send-dtmf command: keys pressed towards the far end of this leg. No event tells of it.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, type StepContext } from '../context.ts'
import { pressKeys } from '../press-keys.ts'
import type { Leg } from '../state.ts'

export function sendDtmf(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'send-dtmf' }>,
): CommandAnswer {
  accept(ctx, request, leg)
  pressKeys(ctx, leg, command.digits, command.durationMs)
  return done
}
