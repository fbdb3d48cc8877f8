// DELETE of a finished recording: its row and its file. One that is still under way is not there yet.

import type { CommandAnswer, RecordingCommand } from '../../ports/commands.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { deleteRecording } from '../recordings.ts'

export function recordingDelete(ctx: StepContext, command: RecordingCommand): CommandAnswer {
  const { recording } = command
  const isUnderWay = ctx.state.recordings.get(recording.recordingId) !== undefined
  if (isUnderWay || !deleteRecording(ctx, recording)) return refusal({ code: 'recording-unknown' })
  return accepted({ kind: 'recording', recording })
}
