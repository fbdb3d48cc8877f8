// Tones over a conference: nobody's tracks, told to nobody, and their ends mean nothing to us.

import { brandAs, type ConferenceId, type PlaybackId } from '../base/ids.ts'
import type { StepContext } from './context.ts'

/** Over whatever is heard, by everybody who hears the conference. */
export function beepConference(
  ctx: StepContext,
  conferenceId: ConferenceId,
  which: 'enter' | 'exit' | 'record',
): void {
  const audio = { kind: 'beep', which } as const
  ctx.media({ kind: 'mix-play', conferenceId, playbackId: beepId(ctx), audio, loops: 1 })
}

export function beepId(ctx: StepContext): PlaybackId {
  return brandAs<PlaybackId>(`beep-${ctx.freshName()}`)
}
