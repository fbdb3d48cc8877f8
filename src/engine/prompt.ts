// Where a gather meets the audio queue: the queue says when the prompt is no longer in it, whatever took it out.

import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

/** The prompt of the leg's gather is being played, or waits for its turn. */
export function promptStands({ gather, audio }: Leg): boolean {
  const promptId = gather?.promptId
  if (promptId === undefined) return false
  if (audio.at !== 'idle' && audio.current.playbackId === promptId) return true
  return audio.waiting.some(({ playbackId }) => playbackId === promptId)
}

/** After every step of the audio queue. The gather goes on in a step of its own: this one may be about anything. */
export function watchPrompt(ctx: StepContext, leg: Leg): void {
  if (leg.gather?.promptId !== undefined && !promptStands(leg)) ctx.arm('gather', leg.legId, 0)
}
