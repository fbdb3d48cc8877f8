// A clip in the leg's codec. Clips come in G.711 and G.722; for Opus they are encoded here, once per clip however many
// hear it, frame by frame as the first listener gets there: a tick encodes one frame of a clip (the first one also what
// leads to it), and what nobody plays costs nothing. A listener who joins a stream that others began, or starts the next
// loop, is back in step within some milliseconds.

import { createEncoder, ENCODED_MAX } from '../audio/codec.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { G722Decoder } from '../audio/g722.ts'
import type { RtpSender } from './sender.ts'

/** So much of a clip's end is encoded before its beginning: a loop goes on where its end left the decoder. */
const LEAD_FRAMES = 15

/** By clip: gone with the clip itself. */
const opusClips = new WeakMap<AudioClip, OpusClip>()
const wide = new Int16Array(2 * FRAME_SAMPLES)
const room = new Uint8Array(ENCODED_MAX)

/** Gives the sender 20 ms of the clip from the sample `position` on, a multiple of FRAME_SAMPLES. */
export function feedClip(
  sender: RtpSender,
  clip: AudioClip,
  position: number,
  nowMs: number,
): void {
  switch (sender.codec) {
    case 'PCMU':
      sender.feed(clip.pcmu, position, nowMs)
      return
    case 'PCMA':
      sender.feed(clip.pcma, position, nowMs)
      return
    case 'G722':
      sender.feed(clip.g722, position, nowMs)
      return
    case 'OPUS': {
      const frame = opusClip(clip).frame(position / FRAME_SAMPLES)
      sender.feed(frame, 0, nowMs, frame.length)
    }
  }
}

function opusClip(clip: AudioClip): OpusClip {
  let known = opusClips.get(clip)
  if (known === undefined) {
    known = new OpusClip(clip)
    opusClips.set(clip, known)
  }
  return known
}

class OpusClip {
  readonly #clip: AudioClip
  readonly #decoder = new G722Decoder()
  readonly #encoder = createEncoder('OPUS')
  readonly #frames: (Uint8Array | undefined)[] = []

  constructor(clip: AudioClip) {
    this.#clip = clip
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
    this.#decoder.decode(this.#clip.g722, index * FRAME_SAMPLES, FRAME_SAMPLES, wide)
    return this.#encoder.encode(wide, room, 0)
  }
}
