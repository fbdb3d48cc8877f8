// Opus (RFC 6716, RFC 7587) by the optional package @evan/opus, loaded when it is first needed. Without the package the
// codec is neither offered nor accepted. Everything runs at 16 kHz mono, whatever rate the far end works at: an Opus
// stream has no rate of its own, and nothing here has more than 16 kHz to give (C177).

import { createRequire } from 'node:module'
import type { FrameDecoder, FrameEncoder } from './frame-codec.ts'

/** What is used of the package. */
interface OpusModule {
  readonly Encoder: new (options: CodecOptions) => {
    encode(pcm: Int16Array): Uint8Array
    complexity: number
    bitrate: number
    inband_fec: boolean
  }
  readonly Decoder: new (options: CodecOptions) => { decode(packet: Uint8Array): Uint8Array }
}

interface CodecOptions {
  readonly channels: 1
  readonly sample_rate: 16000
  readonly application?: 'voip'
}

const options = { channels: 1, sample_rate: 16000 } as const
/** Half the work of the default (9), by ear the same for speech. */
const COMPLEXITY = 5
/** Bits per second: wide-band speech (RFC 7587 §3.1.1 names 16 to 20 kbit/s; music needs a little more). */
const BITRATE = 24_000
/** RFC 6716 §3.1: the longest packet. */
const SAMPLES_MAX = 1920

let loaded: OpusModule | undefined
let tried = false

/** Whether the package is installed and works on this machine. */
export function opusIsAvailable(): boolean {
  return load() !== undefined
}

function load(): OpusModule | undefined {
  if (tried) return loaded
  tried = true
  try {
    const found: unknown = createRequire(import.meta.url)('@evan/opus')
    if (isOpus(found)) loaded = found
  } catch {
    loaded = undefined
  }
  return loaded
}

function isOpus(found: unknown): found is OpusModule {
  return typeof found === 'object' && found !== null && 'Encoder' in found && 'Decoder' in found
}

/** 20 ms of 16 kHz to one packet. Throws without the package. */
export function createOpusEncoder(): FrameEncoder {
  const opus = load()
  if (opus === undefined) throw new Error('the package @evan/opus is not installed')
  const encoder = new opus.Encoder({ ...options, application: 'voip' })
  encoder.complexity = COMPLEXITY
  encoder.bitrate = BITRATE
  return {
    encode(samples, into, at) {
      const packet = encoder.encode(samples)
      into.set(packet, at)
      return packet.length
    },
  }
}

/** One packet of 2.5 to 120 ms to 16 kHz samples; a damaged one gives none. Throws without the package. */
export function createOpusDecoder(): FrameDecoder {
  const opus = load()
  if (opus === undefined) throw new Error('the package @evan/opus is not installed')
  const decoder = new opus.Decoder(options)
  return {
    decode(bytes, at, length, into) {
      try {
        const pcm = decoder.decode(bytes.subarray(at, at + length))
        const count = Math.min(pcm.length >> 1, SAMPLES_MAX, into.length)
        for (let i = 0; i < count; i++) into[i] = pcm[2 * i]! | (pcm[2 * i + 1]! << 8)
        return count
      } catch {
        return 0
      }
    },
  }
}
