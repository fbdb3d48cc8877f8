// From the bytes of a file somebody named to a clip that can be sent. Runs once per file, in a worker thread, because a
// minute of music costs a second of CPU. The kind of file is told by its content: names and content types lie.

import libsamplerate from '@alexanderolsen/libsamplerate-js'
import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { clipFromSamples, clipFromWide, SAMPLE_RATE, WIDE_SAMPLE_RATE } from './clip.ts'
import type { AudioClip } from './clip.ts'
import { decodeMp3, looksLikeMp3 } from './mp3.ts'
import { decodeWav, looksLikeWav } from './wav.ts'
import type { DecodedAudio } from './wav.ts'

export interface IngestLimits {
  /** Largest file. */
  readonly bytesMax: number
  /** Longest playing time. */
  readonly secondsMax: number
}

export const defaultIngestLimits: IngestLimits = { bytesMax: 32 * 1024 * 1024, secondsMax: 1800 }

/** A clip, or a sentence for the person whose file it is. */
export type Ingest = (bytes: Uint8Array) => Promise<Result<AudioClip, string>>

/** Decodes WAV or MP3 of any rate and channel count to a clip; whatever the bytes are, it never throws. */
export async function ingestAudio(
  bytes: Uint8Array,
  limits: IngestLimits = defaultIngestLimits,
): Promise<Result<AudioClip, string>> {
  if (bytes.length === 0) return refused('file is empty')
  if (bytes.length > limits.bytesMax) return refused(`file is larger than ${limits.bytesMax} bytes`)
  const decoded = await decode(bytes, limits.secondsMax)
  if (!decoded.ok) return decoded
  // What has more than a telephone carries keeps it for the legs that do.
  const isWide = decoded.value.rate > SAMPLE_RATE
  const samples = await atRate(decoded.value, isWide ? WIDE_SAMPLE_RATE : SAMPLE_RATE)
  return ok(isWide ? clipFromWide(toInt16(samples)) : clipFromSamples(toInt16(samples)))
}

async function decode(
  bytes: Uint8Array,
  secondsMax: number,
): Promise<Result<DecodedAudio, string>> {
  if (looksLikeWav(bytes)) return decodeWav(bytes, secondsMax)
  if (looksLikeMp3(bytes)) return decodeMp3(bytes, secondsMax)
  return refused('file is neither WAV nor MP3')
}

/** libsamplerate keeps its last few milliseconds to itself until more input comes; this much silence brings them out. */
const FLUSH_SECONDS = 0.2

async function atRate(audio: DecodedAudio, wanted: number): Promise<Float32Array> {
  const { samples, rate } = audio
  if (rate === wanted) return samples
  const padded = new Float32Array(samples.length + Math.ceil(rate * FLUSH_SECONDS))
  padded.set(samples)
  const resampler = await libsamplerate.create(1, rate, wanted, {
    converterType: libsamplerate.ConverterType.SRC_SINC_FASTEST,
  })
  try {
    const length = Math.max(1, Math.round((samples.length * wanted) / rate))
    // The result lies in the library's own memory: copy what is kept before it is destroyed.
    return resampler.simple(padded).slice(0, length)
  } finally {
    resampler.destroy()
  }
}

function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) =>
    Math.max(-32768, Math.min(32767, Math.round(value * 32767))),
  )
}
