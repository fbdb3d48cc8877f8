// Audio laid over other audio for one leg: the sum of both, held within range. Every other leg is fed bytes that were
// encoded once for all; only a leg with an overlay pays for decoding and encoding of its own.

import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { ClipPlayer } from './clip-player.ts'
import type { RtpSender } from './sender.ts'

const lower = new Int16Array(FRAME_SAMPLES)
const upper = new Int16Array(FRAME_SAMPLES)

/** The next 20 ms of `overlay` over those of `below`: a playback, a frame of a mix, or (undefined) silence. */
export function feedOverlay(
  sender: RtpSender,
  overlay: ClipPlayer,
  below: ClipPlayer | Int16Array | undefined,
  nowMs: number,
): void {
  if (below === undefined) lower.fill(0)
  else if (below instanceof Int16Array) lower.set(below)
  else below.read(lower)
  overlay.read(upper)
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    lower[i] = Math.max(-32_768, Math.min(32_767, lower[i]! + upper[i]!))
  }
  sender.feedLinear(lower, nowMs)
}
