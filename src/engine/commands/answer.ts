// answer: 200 to the inbound caller. The matrix lets it through only while the call rings.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import { answerLeg } from '../answer-leg.ts'
import type { Request } from '../answers.ts'
import { accepted, done, type StepContext } from '../context.ts'
import { recordLeg } from '../recordings.ts'
import type { Leg } from '../state.ts'
import { startStream } from '../streams.ts'
import { accept } from '../command-legs.ts'

export function answer(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'answer' }>,
): CommandAnswer {
  accept(ctx, request, leg)
  if (command.webhooks !== undefined) leg.webhooks = command.webhooks
  answerLeg(ctx, leg, [...command.customHeaders, ...command.sipHeaders], command.codecs)
  if (command.stream !== undefined) startStream(ctx, leg, command.stream)
  if (command.record === undefined) return done
  recordLeg(ctx, leg, command.record)
  return accepted({ kind: 'recording-started', recordingId: command.record.recordingId })
}
