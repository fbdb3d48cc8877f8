// client_state_update: nothing but what every accepted command does.

import type { CommandAnswer } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { done, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'
import { accept } from '../command-legs.ts'

export function clientStateUpdate(ctx: StepContext, request: Request, leg: Leg): CommandAnswer {
  accept(ctx, request, leg)
  return done
}
