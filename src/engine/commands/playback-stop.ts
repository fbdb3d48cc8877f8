// The playback-stop command. Nothing playing is no error (C6): many applications stop by hand before they bridge.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, type StepContext } from '../context.ts'
import { answerAudioRuns, stepAudio, stepOverlay } from '../leg-audio.ts'
import { fulfilPlans } from '../planned-join.ts'
import type { Leg } from '../state.ts'

/** Stopping what an answered leg hears before its bridge makes the bridge. */
export function playbackStop(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'playback-stop' }>,
): CommandAnswer | undefined {
  accept(ctx, request, leg)
  if (command.overlay) {
    stepOverlay(ctx, leg, { kind: 'stop', which: command.stop })
    return done
  }
  const waited = answerAudioRuns(leg)
  stepAudio(ctx, leg, { kind: 'stop', which: command.stop })
  if (waited && !answerAudioRuns(leg)) fulfilPlans(ctx, leg)
  return done
}
