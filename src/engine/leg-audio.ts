// What an application plays to a leg. Ends with the leg (status call_hangup) and wherever media is joined (cancelled, C6).

import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

export type LegAudio = Record<string, never>

export function emptyAudio(): LegAudio {
  return {}
}

/** Ends everything that is played or waits to be played to the leg, with one `playback-ended` each. */
export function stopAudio(
  _ctx: StepContext,
  _leg: Leg,
  _status: 'cancelled' | 'call_hangup',
): void {
  return
}

/** The leg has answered: plays what dial or transfer asked for. True when the bridge must wait for its end. */
export function playAnswerAudio(_ctx: StepContext, _leg: Leg): boolean {
  return false
}
