// The playback-start command.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

export function playbackStart(
  _ctx: StepContext,
  _request: Request,
  _leg: Leg,
  _command: Extract<LegCommand, { kind: 'playback-start' }>,
): CommandAnswer | undefined {
  return refusal({ code: 'unavailable', why: 'not built', retryAfterSecs: 1 })
}
