// The speak command: words are one more track in the audio queue that playback uses, with events of their own.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import type { StepContext } from '../context.ts'
import type { Leg } from '../state.ts'
import { playbackStart } from './playback-start.ts'

/** Queued, stopped and sent to other legs like any audio; the words are made into sound when their turn comes. */
export function speak(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'speak' }>,
): CommandAnswer | undefined {
  const { legId, playbackId, speech, loops, stop, targetLegs } = command
  return playbackStart(ctx, request, leg, {
    kind: 'playback-start',
    ...{ legId, playbackId, audio: speech, loops },
    ...{ overlay: false, stop, targetLegs },
  })
}
