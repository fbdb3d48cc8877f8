// The sound of a stream in the codecs that a client may ask for: out of 8 kHz samples, and back.

import libsamplerate from '@alexanderolsen/libsamplerate-js'
import type { StreamCodecName, StreamOrder } from '../../ports/streaming.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { createDecoder, createEncoder, ENCODED_MAX, isWide } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import { Doubler, Halver } from '../audio/resample.ts'

/** As the `start` message says it. G.722 is 16 kHz sound on an 8 kHz clock (RFC 3551 §4.5.2); L16 has 16 kHz (C201). */
export function mediaFormat(codec: StreamCodecName) {
  const sample_rate = codec === 'OPUS' || codec === 'L16' ? 16_000 : 8000
  return { encoding: codec, sample_rate, channels: 1 }
}

/** 20 ms of 8 kHz to the bytes of one message; the buffer is used again for the next. */
export type EncodeFrame = (samples: Int16Array) => Uint8Array

export function createFrameEncoder(codec: StreamCodecName): EncodeFrame {
  const wide = new Int16Array(2 * FRAME_SAMPLES)
  const doubler = new Doubler()
  if (codec === 'L16') {
    const bytes = Buffer.alloc(2 * wide.length)
    return (samples) => {
      doubler.double(samples, wide)
      for (let i = 0; i < wide.length; i++) bytes.writeInt16LE(wide[i]!, 2 * i)
      return bytes
    }
  }
  const encoder = createEncoder(codec)
  const room = new Uint8Array(ENCODED_MAX)
  if (!isWide(codec)) return (samples) => room.subarray(0, encoder.encode(samples, room, 0))
  return (samples) => {
    doubler.double(samples, wide)
    return room.subarray(0, encoder.encode(wide, room, 0))
  }
}

/** The payload of one message to 8 kHz samples of its own. */
export interface BackDecoder {
  /** Playing time of so many bytes in ms; 0 where only decoding tells. */
  durationMs(bytes: number): number
  decode(bytes: Uint8Array): Int16Array
  close(): void
}

export async function createBackDecoder(
  order: Pick<StreamOrder, 'backCodec' | 'backRate'>,
): Promise<BackDecoder> {
  const { backCodec, backRate } = order
  return backCodec === 'L16' ? await linearDecoder(backRate) : codedDecoder(backCodec)
}

/** Bytes of G.722 that are decoded at a time, and samples of the longest Opus packet. */
const PIECE = 160
const OPUS_MAX = 1920

function codedDecoder(codec: CodecName): BackDecoder {
  const decoder = createDecoder(codec)
  const halver = new Halver()
  const wide = new Int16Array(codec === 'OPUS' ? OPUS_MAX : 2 * PIECE)
  const halved = (count: number): Int16Array => {
    const out = new Int16Array(count >> 1)
    halver.halve(wide.subarray(0, out.length * 2), out)
    return out
  }
  return {
    durationMs: (bytes) => (codec === 'OPUS' ? 0 : bytes / 8),
    decode(bytes) {
      if (codec === 'OPUS') return halved(decoder.decode(bytes, 0, bytes.length, wide))
      const out = new Int16Array(bytes.length)
      if (!isWide(codec)) {
        decoder.decode(bytes, 0, bytes.length, out)
        return out
      }
      for (let at = 0; at < bytes.length; at += PIECE) {
        const count = Math.min(PIECE, bytes.length - at)
        out.set(halved(decoder.decode(bytes, at, count, wide)), at)
      }
      return out
    },
    close: () => undefined,
  }
}

/** Resampled in pieces of 100 ms: the library has room for four megabytes. */
async function linearDecoder(rate: number): Promise<BackDecoder> {
  const resampler =
    rate === 8000
      ? undefined
      : await libsamplerate.create(1, rate, 8000, {
          converterType: libsamplerate.ConverterType.SRC_SINC_FASTEST,
        })
  return {
    durationMs: (bytes) => bytes / 2 / (rate / 1000),
    decode(bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const samples = new Int16Array(bytes.length >> 1)
      for (let i = 0; i < samples.length; i++) samples[i] = buffer.readInt16LE(2 * i)
      if (resampler === undefined) return samples
      const parts: number[] = []
      for (let at = 0; at < samples.length; at += rate / 10) {
        const piece = Float32Array.from(samples.subarray(at, at + rate / 10), (one) => one / 32_768)
        for (const one of resampler.full(piece)) {
          parts.push(Math.max(-32_768, Math.min(32_767, Math.round(one * 32_768))))
        }
      }
      return Int16Array.from(parts)
    },
    close: () => resampler?.destroy(),
  }
}
