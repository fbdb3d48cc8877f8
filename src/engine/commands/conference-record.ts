// Recording of a conference: what everybody says, until it is stopped or the conference ends.

import type { CommandAnswer, ConferenceCommand } from '../../ports/commands.ts'
import type { LiveConference } from '../conference-state.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { commandRecordings, refuseRecording, startRecording } from '../recordings.ts'

type ConferenceRecord = Extract<
  ConferenceCommand,
  {
    kind:
      | 'conference-record-start'
      | 'conference-record-stop'
      | 'conference-record-pause'
      | 'conference-record-resume'
  }
>

export function conferenceRecord(
  ctx: StepContext,
  live: LiveConference,
  command: ConferenceRecord,
): CommandAnswer {
  const { conferenceId, status } = live.machine
  const of = { kind: 'conference', conferenceId } as const
  if (command.kind !== 'conference-record-start') {
    return commandRecordings(ctx, of, command.recordingId, inputs[command.kind])
  }
  if (status === 'completed') return refusal({ code: 'conference-ended' })
  const why = refuseRecording(ctx, of)
  if (why !== undefined) return why
  const first = live.creator.legId
  startRecording(ctx, { ...of, first }, live.creator, command.order)
  return accepted({ kind: 'recording-started', recordingId: command.order.recordingId })
}

const inputs = {
  'conference-record-stop': 'stop',
  'conference-record-pause': 'pause',
  'conference-record-resume': 'resume',
} as const
