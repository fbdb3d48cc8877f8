// DELETE of a finished recording: its row and its file. One that is still under way is not there yet.

import type { CommandAnswer, RecordingCommand } from '../../ports/commands.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { viewOfRecording } from '../recording-state.ts'
import { deleteRecording } from '../recordings.ts'

export function recordingDelete(ctx: StepContext, command: RecordingCommand): CommandAnswer {
  const recording = ctx.state.recordings.get(command.recordingId)
  const view = recording === undefined ? undefined : viewOfRecording(recording)
  if (recording === undefined || view === undefined) return refusal({ code: 'recording-unknown' })
  deleteRecording(ctx, recording)
  return accepted({ kind: 'recording', recording: view })
}
