// The codecs as the rest of the media thread sees them: 20 ms of samples in, bytes out, and back. G.711 works at 8 kHz,
// G.722 and Opus at 16 kHz. G.711 and G.722 send one byte per tick of an 8 kHz RTP clock (G.722's clock is 8 kHz by an
// old mistake, RFC 3551 §4.5.2), so they can be cut anywhere; Opus packets are whole.

import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from './g711.ts'
import { G722Decoder, G722Encoder } from './g722.ts'
import type { FrameDecoder, FrameEncoder } from './frame-codec.ts'
import { createOpusDecoder, createOpusEncoder } from './opus.ts'

export type CodecName = 'PCMU' | 'PCMA' | 'G722' | 'OPUS'

/** The largest encoded frame: RFC 6716 §3.2.1 bounds an Opus packet of one frame. */
export const ENCODED_MAX = 1276

/** Whether the codec carries 16 kHz sound. */
export function isWide(codec: CodecName): boolean {
  return codec === 'G722' || codec === 'OPUS'
}

/** Samples of 20 ms at the codec's rate. */
export function samplesPerFrame(codec: CodecName): number {
  return isWide(codec) ? 320 : 160
}

/** RTP clock in ticks per millisecond. */
export function clockPerMs(codec: CodecName): number {
  return codec === 'OPUS' ? 48 : 8
}

/** Whether a packet of one codec can go out to a leg of the other without being decoded. */
export function passes(from: CodecName, to: CodecName): boolean {
  return from === to || (!isWide(from) && !isWide(to))
}

/** A new encoder; Opus throws when its package is missing, which negotiation excludes. */
export function createEncoder(codec: CodecName): FrameEncoder {
  switch (codec) {
    case 'PCMU':
      return ulawEncoder
    case 'PCMA':
      return alawEncoder
    case 'G722':
      return new G722Encoder()
    case 'OPUS':
      return createOpusEncoder()
  }
}

/** A new decoder; see `createEncoder`. */
export function createDecoder(codec: CodecName): FrameDecoder {
  switch (codec) {
    case 'PCMU':
      return ulawDecoder
    case 'PCMA':
      return alawDecoder
    case 'G722':
      return new G722Decoder()
    case 'OPUS':
      return createOpusDecoder()
  }
}

// G.711 has no state: all legs share these.
const ulawEncoder: FrameEncoder = {
  encode(samples, into, at) {
    encodeUlaw(samples, into, at)
    return samples.length
  },
}
const alawEncoder: FrameEncoder = {
  encode(samples, into, at) {
    encodeAlaw(samples, into, at)
    return samples.length
  },
}
const ulawDecoder: FrameDecoder = {
  decode(bytes, at, length, into) {
    decodeUlaw(bytes, into, at, length)
    return length
  },
}
const alawDecoder: FrameDecoder = {
  decode(bytes, at, length, into) {
    decodeAlaw(bytes, into, at, length)
    return length
  },
}
