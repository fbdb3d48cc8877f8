// record_start, record_stop, record_pause and record_resume on a call. Commands on a running recording move nobody and
// are told by no event; the end of the file is (C113).

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { accepted, type StepContext } from '../context.ts'
import { commandRecordings, recordLeg, refuseRecording } from '../recordings.ts'
import type { Leg } from '../state.ts'

export function recordStart(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'record-start' }>,
): CommandAnswer {
  const why = refuseRecording(ctx, { kind: 'leg', legId: leg.legId })
  if (why !== undefined) return why
  accept(ctx, request, leg)
  recordLeg(ctx, leg, command.order)
  return accepted({ kind: 'recording-started', recordingId: command.order.recordingId })
}

export function recordChange(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'record-stop' | 'record-pause' | 'record-resume' }>,
): CommandAnswer {
  const of = { kind: 'leg', legId: leg.legId } as const
  const answer = commandRecordings(ctx, of, command.recordingId, inputs[command.kind])
  if (answer.ok) accept(ctx, request, leg)
  return answer
}

const inputs = {
  'record-stop': 'stop',
  'record-pause': 'pause',
  'record-resume': 'resume',
} as const
