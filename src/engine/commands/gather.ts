// The gather commands: with a prompt (a file or words) or without, one rule for all three; and the one that ends it.

import { playbackTracksMax, trackCount } from '../../calls/playback.ts'
import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { endGather, startGather } from '../gathers.ts'
import type { Leg } from '../state.ts'

/** One that runs ends first, as cancelled (C100). */
export function gather(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'gather' }>,
): CommandAnswer | undefined {
  const { gatherId, playbackId, rules, prompt, invalidPrompt } = command
  if (prompt !== undefined && trackCount(leg.audio) >= playbackTracksMax) {
    return refusal({ code: 'audio-queue-full', tracksMax: playbackTracksMax })
  }
  accept(ctx, request, leg)
  startGather(ctx, leg, { gatherId, playbackId, rules, prompt, invalidPrompt })
  return done
}

/** Nothing to stop is no error, like playback-stop. */
export function gatherStop(ctx: StepContext, request: Request, leg: Leg): CommandAnswer {
  accept(ctx, request, leg)
  endGather(ctx, leg, 'cancelled')
  return done
}
