// The one way a conference gets into memory and onto disk.

import { conferenceRow, type LiveConference } from './conference-state.ts'
import type { StepContext } from './context.ts'

/** Keeps it, its row with this step's commit. */
export function rememberConference(ctx: StepContext, live: LiveConference): void {
  ctx.state.conferences.put(live)
  ctx.put('conference', live.machine.conferenceId, conferenceRow(live))
}
