// Commands on conferences, one file each beside this one.

import type { CommandAnswer, ConferenceCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

/** `leg` is the living leg of create, join and leave. */
export function conferenceCommand(
  _ctx: StepContext,
  _request: Request,
  _command: ConferenceCommand,
  _leg: Leg | undefined,
): CommandAnswer | undefined {
  return refusal({ code: 'unavailable', why: 'not built', retryAfterSecs: 1 })
}
