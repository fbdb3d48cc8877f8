// The media engine reports on playback.

import type { MediaInput } from '../../ports/media-engine.ts'
import type { StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

export function playbackInput(
  _ctx: StepContext,
  _leg: Leg,
  _input: Extract<MediaInput, { kind: 'playback-started' | 'playback-ended' }>,
): void {
  return
}
