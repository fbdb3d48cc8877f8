// The transfer command.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

export function transfer(
  _ctx: StepContext,
  _request: Request,
  _leg: Leg,
  _command: Extract<LegCommand, { kind: 'transfer' }>,
): CommandAnswer | undefined {
  return refusal({ code: 'unavailable', why: 'not built', retryAfterSecs: 1 })
}
