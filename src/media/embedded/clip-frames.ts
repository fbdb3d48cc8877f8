// A clip in the leg's codec. Clips come in both laws of G.711; for G.722 and Opus they are encoded here, once per clip
// and codec however many hear it, frame by frame as the first listener gets there: a tick never encodes more than one
// frame of a clip, and what nobody plays costs nothing. A listener who joins a stream that others began, or starts the
// next loop, is back in step within some milliseconds.

import { createEncoder, ENCODED_MAX } from '../audio/codec.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { decodeUlaw } from '../audio/g711.ts'
import type { FrameEncoder } from '../audio/frame-codec.ts'
import { Doubler } from '../audio/resample.ts'
import type { RtpSender } from './sender.ts'

type WideCodec = 'G722' | 'OPUS'

/** So much of a clip's end is encoded before its beginning: a loop goes on where its end left the decoder. */
const LEAD_FRAMES = 15

/** By clip: gone with the clip itself. */
const encodedClips = new WeakMap<AudioClip, Partial<Record<WideCodec, EncodedClip>>>()
const narrow = new Int16Array(FRAME_SAMPLES)
const wide = new Int16Array(2 * FRAME_SAMPLES)
const room = new Uint8Array(ENCODED_MAX)

/** Gives the sender 20 ms of the clip from the sample `position` on, a multiple of FRAME_SAMPLES. */
export function feedClip(
  sender: RtpSender,
  clip: AudioClip,
  position: number,
  nowMs: number,
): void {
  const { codec } = sender
  if (codec === 'PCMU') {
    sender.feed(clip.pcmu, position, nowMs)
  } else if (codec === 'PCMA') {
    sender.feed(clip.pcma, position, nowMs)
  } else {
    const frame = encodedClip(clip, codec).frame(position / FRAME_SAMPLES)
    sender.feed(frame, 0, nowMs, frame.length)
  }
}

function encodedClip(clip: AudioClip, codec: WideCodec): EncodedClip {
  let known = encodedClips.get(clip)
  if (known === undefined) {
    known = {}
    encodedClips.set(clip, known)
  }
  return (known[codec] ??= new EncodedClip(clip, codec))
}

class EncodedClip {
  readonly #clip: AudioClip
  readonly #encoder: FrameEncoder
  readonly #doubler = new Doubler()
  readonly #frames: (Uint8Array | undefined)[] = []

  constructor(clip: AudioClip, codec: WideCodec) {
    this.#clip = clip
    this.#encoder = createEncoder(codec)
    const frames = clip.samples / FRAME_SAMPLES
    for (let i = Math.max(0, frames - LEAD_FRAMES); i < frames; i++) this.#encode(i)
  }

  frame(index: number): Uint8Array {
    const known = this.#frames[index]
    if (known !== undefined) return known
    const made = room.slice(0, this.#encode(index))
    this.#frames[index] = made
    return made
  }

  /** Into `room`; gives the number of bytes. */
  #encode(index: number): number {
    decodeUlaw(this.#clip.pcmu, narrow, index * FRAME_SAMPLES, FRAME_SAMPLES)
    this.#doubler.double(narrow, wide)
    return this.#encoder.encode(wide, room, 0)
  }
}
