// MP3 bytes to mono samples, by mpg123 compiled to WebAssembly. It is fed in pieces, so that a small file that unpacks
// to hours is stopped at the limit and never held as a whole in stereo.

import type { MPEGDecoder } from 'mpg123-decoder'
import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { DecodedAudio } from './wav.ts'

const PIECE_BYTES = 32_768
/** A damaged frame is skipped; a file of damaged frames is refused. */
const ERRORS_MAX = 50
/** Up to this many bytes of rubbish, as some editors leave, are allowed before the first frame. */
const SEARCH_BYTES = 4096

/** True when the bytes begin with an ID3 tag, or hold two MPEG audio frame headers in the right distance near the start. */
export function looksLikeMp3(bytes: Uint8Array): boolean {
  if (bytes.length > 10 && bytes[0] === 0x49 && bytes[1] === 0x44 && bytes[2] === 0x33) return true
  const end = Math.min(bytes.length - 4, SEARCH_BYTES)
  for (let at = 0; at < end; at++) {
    const length = frameBytes(bytes, at)
    if (length === 0) continue
    // One frame may be the whole file; otherwise the next header proves the first.
    if (at + length === bytes.length || frameBytes(bytes, at + length) > 0) return true
  }
  return false
}

/** Decodes any MPEG layer III stream; what follows damage is resumed at the next good frame. */
export async function decodeMp3(
  bytes: Uint8Array,
  secondsMax: number,
): Promise<Result<DecodedAudio, string>> {
  // Read with the first MP3: the main thread looks at files, too, and decodes none.
  const { MPEGDecoder } = await import('mpg123-decoder')
  const decoder = new MPEGDecoder()
  await decoder.ready
  try {
    return decodePieces(decoder, bytes, secondsMax)
  } catch (error) {
    return refused(`MP3 decoder: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    decoder.free()
  }
}

function decodePieces(
  decoder: MPEGDecoder,
  bytes: Uint8Array,
  secondsMax: number,
): Result<DecodedAudio, string> {
  const parts: Float32Array[] = []
  let rate = 0
  let length = 0
  let errors = 0
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const {
      channelData,
      samplesDecoded,
      sampleRate,
      errors: met,
    } = decoder.decode(bytes.subarray(at, at + PIECE_BYTES))
    errors += met.length
    if (errors > ERRORS_MAX) return refused('MP3 file is damaged')
    if (samplesDecoded === 0) continue
    if (rate !== 0 && sampleRate !== rate) return refused('MP3 file changes its sample rate')
    rate = sampleRate
    length += samplesDecoded
    if (length > rate * secondsMax) return refused(`audio is longer than ${secondsMax} s`)
    parts.push(average(channelData, samplesDecoded))
  }
  if (length === 0) return refused('MP3 file without audio')
  const samples = new Float32Array(length)
  let start = 0
  for (const part of parts) {
    samples.set(part, start)
    start += part.length
  }
  return ok({ samples, rate })
}

function average(channels: readonly Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length)
  for (const channel of channels) {
    for (let i = 0; i < length; i++) out[i] = out[i]! + (channel[i] ?? 0) / channels.length
  }
  return out
}

// ISO 11172-3 §2.4.2.3: kbit/s of layer III by index, for MPEG 1 and for MPEG 2 and 2.5.
const KBITS_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBITS_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const RATES_V1 = [44100, 48000, 32000]

/** Length of the layer III frame whose header lies at `at`; 0 when there is none. */
function frameBytes(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return 0
  const version = (bytes[at + 1]! >> 3) & 3 // 3 is MPEG 1, 2 MPEG 2, 0 MPEG 2.5, 1 reserved.
  const layer = (bytes[at + 1]! >> 1) & 3 // 1 is layer III.
  const kbits = (version === 3 ? KBITS_V1 : KBITS_V2)[bytes[at + 2]! >> 4] ?? 0
  const baseRate = RATES_V1[(bytes[at + 2]! >> 2) & 3] ?? 0
  if (version === 1 || layer !== 1 || kbits === 0 || baseRate === 0) return 0
  const rate = version === 3 ? baseRate : version === 2 ? baseRate / 2 : baseRate / 4
  const padding = (bytes[at + 2]! >> 1) & 1
  return Math.floor(((version === 3 ? 144 : 72) * kbits * 1000) / rate) + padding
}
