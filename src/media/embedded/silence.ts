// 20 ms of silence in each codec, as one frame that is sent again and again. G.722 and Opus have no byte of silence: it is
// what their encoders send after a second of it, when they have settled.

import { createEncoder, ENCODED_MAX, samplesPerFrame } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'

const frames = new Map<CodecName, Uint8Array>()
const SETTLED_FRAMES = 50

export function silenceOf(codec: CodecName): Uint8Array {
  return frames.get(codec) ?? make(codec)
}

function make(codec: CodecName): Uint8Array {
  const encoder = createEncoder(codec)
  const samples = new Int16Array(samplesPerFrame(codec))
  const room = new Uint8Array(ENCODED_MAX)
  let length = 0
  for (let i = 0; i < SETTLED_FRAMES; i++) length = encoder.encode(samples, room, 0)
  const frame = room.slice(0, length)
  frames.set(codec, frame)
  return frame
}
