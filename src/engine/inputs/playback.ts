// The media engine reports on playback.

import type { MediaInput } from '../../ports/media-engine.ts'
import { brandAs, type PlaybackId } from '../../base/ids.ts'
import type { StepContext } from '../context.ts'
import { answerAudioRuns, stepAudio, stepOverlay } from '../leg-audio.ts'
import { fulfilPlans } from '../planned-join.ts'
import type { Leg } from '../state.ts'

/** The end of what was played to an answered leg also makes the bridge that waited for it. */
export function playbackInput(
  ctx: StepContext,
  leg: Leg,
  input: Extract<MediaInput, { kind: 'playback-started' | 'playback-ended' }>,
): void {
  const waited = answerAudioRuns(leg)
  const playbackId = brandAs<PlaybackId>(input.playbackId)
  const { overlay } = leg
  const top = overlay.at === 'idle' ? overlay.background : overlay.current
  const step = top?.playbackId === playbackId ? stepOverlay : stepAudio
  if (input.kind === 'playback-started') step(ctx, leg, { kind: 'media-started', playbackId })
  else {
    const { status, detail } = input
    step(ctx, leg, { kind: 'media-ended', playbackId, status, detail })
  }
  if (waited && !answerAudioRuns(leg)) fulfilPlans(ctx, leg)
}
