// Audio laid over other audio for one leg: the sum of both, held within range, at 16 kHz where the leg's codec and what lies
// below have it. Every other leg is fed bytes that were encoded once for all; only a leg with an overlay pays for decoding
// and encoding of its own.

import { FRAME_SAMPLES } from '../audio/clip.ts'
import { samplesPerFrame } from '../audio/codec.ts'
import type { ClipPlayer } from './clip-player.ts'
import type { RtpSender } from './sender.ts'
import type { Layer } from './voice-layer.ts'

interface Layers {
  readonly lower: Int16Array
  readonly upper: Int16Array
}

const narrow = layersOf(FRAME_SAMPLES)
const wide = layersOf(2 * FRAME_SAMPLES)

/** The next 20 ms of `overlay` over those of `below`: a playback, a frame of a mix, or (undefined) silence. */
export function feedOverlay(
  sender: RtpSender,
  overlay: Layer,
  below: ClipPlayer | Int16Array | undefined,
  nowMs: number,
): void {
  const isMix = below instanceof Int16Array
  const length = isMix ? below.length : samplesPerFrame(sender.codec)
  const { lower, upper } = length === FRAME_SAMPLES ? narrow : wide
  if (below === undefined) lower.fill(0)
  else if (isMix) lower.set(below)
  else below.read(lower)
  overlay.read(upper)
  for (let i = 0; i < length; i++) {
    lower[i] = Math.max(-32_768, Math.min(32_767, lower[i]! + upper[i]!))
  }
  sender.feedLinear(lower, nowMs)
}

function layersOf(length: number): Layers {
  return { lower: new Int16Array(length), upper: new Int16Array(length) }
}
