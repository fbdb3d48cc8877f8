// WAV bytes to mono samples. wavefile does the sample formats; it is shown only what we checked: a file rebuilt from
// the fmt chunk and a slice of the data chunk. Given a whole file it also reads every optional chunk, and a few dozen
// nested LIST chunks or a false cue count keep it busy for ever. Slices also bound the memory of its wide copies.

import wavefile from 'wavefile'
import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { alawToLinear, ulawToLinear } from './g711.ts'

/** Mono audio at the file's own rate, full scale is 1. */
export interface DecodedAudio {
  readonly samples: Float32Array
  readonly rate: number
}

interface Format {
  readonly code: 'pcm' | 'float' | 'alaw' | 'ulaw'
  readonly channels: number
  readonly rate: number
  readonly bits: number
}

const CHANNELS_MAX = 16
/** The rates that any recording has; the bounds also keep the resampler within its ratio. */
const RATE_MIN = 1000
const RATE_MAX = 384_000
const CHUNKS_MAX = 1000
const SLICE_FRAMES = 65_536
const HEADER_BYTES = 44

/** True when the bytes begin like a RIFF WAVE file. */
export function looksLikeWav(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && tag(bytes, 0) === 'RIFF' && tag(bytes, 8) === 'WAVE'
}

/** Decodes PCM of 8 to 32 bits, float and G.711. A data chunk cut short, or of unknown length, is taken as far as it goes. */
export function decodeWav(bytes: Uint8Array, secondsMax: number): Result<DecodedAudio, string> {
  const chunks = findChunks(bytes)
  if (chunks.format === undefined) return refused('WAV file without a complete fmt chunk')
  if (chunks.sound === undefined) return refused('WAV file without a data chunk')
  const format = readFormat(chunks.format)
  if (!format.ok) return format
  const { channels, rate, bits } = format.value
  const frames = Math.floor(chunks.sound.length / ((channels * bits) / 8))
  if (frames === 0) return refused('WAV file without audio')
  if (frames > rate * secondsMax) return refused(`audio is longer than ${secondsMax} s`)
  return ok({ samples: mono(format.value, chunks.sound, frames), rate })
}

function findChunks(bytes: Uint8Array): { format?: Uint8Array; sound?: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: Uint8Array | undefined
  let at = 12
  for (let count = 0; count < CHUNKS_MAX && at + 8 <= bytes.length; count++) {
    const size = view.getUint32(at + 4, true)
    const body = bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + size))
    const name = tag(bytes, at)
    if (name === 'fmt ' && body.length >= 16 && format === undefined) format = body
    if (name === 'data') return format === undefined ? { sound: body } : { format, sound: body }
    at += 8 + size + (size % 2)
  }
  return format === undefined ? {} : { format }
}

function readFormat(chunk: Uint8Array): Result<Format, string> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const first = view.getUint16(0, true)
  // 0xfffe, "extensible": the real code begins the sub-format GUID.
  const number = first === 0xfffe && chunk.length >= 26 ? view.getUint16(24, true) : first
  const channels = view.getUint16(2, true)
  const rate = view.getUint32(4, true)
  const bits = view.getUint16(14, true)
  const code = formatCode(number, bits)
  if (code === undefined) return refused(`WAV format ${number} with ${bits} bits is not supported`)
  if (channels < 1 || channels > CHANNELS_MAX) return refused(`WAV file of ${channels} channels`)
  if (rate < RATE_MIN || rate > RATE_MAX) return refused(`WAV file of ${rate} samples per second`)
  return ok({ code, channels, rate, bits })
}

function formatCode(number: number, bits: number): Format['code'] | undefined {
  if (number === 1 && [8, 16, 24, 32].includes(bits)) return 'pcm'
  if (number === 3 && [32, 64].includes(bits)) return 'float'
  if (number === 6 && bits === 8) return 'alaw'
  if (number === 7 && bits === 8) return 'ulaw'
  return undefined
}

function mono(format: Format, sound: Uint8Array, frames: number): Float32Array {
  const { channels } = format
  const frameBytes = (channels * format.bits) / 8
  const out = new Float32Array(frames)
  for (let start = 0; start < frames; start += SLICE_FRAMES) {
    const end = Math.min(frames, start + SLICE_FRAMES)
    const values = sliceValues(format, sound.subarray(start * frameBytes, end * frameBytes))
    for (let i = start; i < end; i++) {
      let sum = 0
      for (let c = 0; c < channels; c++) sum += values[(i - start) * channels + c]!
      out[i] = finite(sum / channels)
    }
  }
  return out
}

/** Interleaved samples of one slice, full scale 1. */
function sliceValues(format: Format, slice: Uint8Array): Float32Array {
  if (format.code === 'alaw' || format.code === 'ulaw') {
    const table = format.code === 'alaw' ? alawToLinear : ulawToLinear
    return Float32Array.from(slice, (byte) => table[byte]! / 32768)
  }
  const file = new wavefile.WaveFile()
  file.fromBuffer(wrap(format, slice))
  const values = Float32Array.from(file.getSamples(true, Float64Array))
  if (format.code === 'float') return values
  // 8-bit PCM is unsigned with its zero at 128, the others are signed.
  const zero = format.bits === 8 ? 128 : 0
  const full = 2 ** (format.bits - 1)
  return values.map((value) => (value - zero) / full)
}

/** A plain WAV file around a slice of samples. */
function wrap(format: Format, slice: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + slice.length)
  const view = new DataView(bytes.buffer)
  const frameBytes = (format.channels * format.bits) / 8
  putTag(bytes, 0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  putTag(bytes, 8, 'WAVE')
  putTag(bytes, 12, 'fmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, format.code === 'float' ? 3 : 1, true)
  view.setUint16(22, format.channels, true)
  view.setUint32(24, format.rate, true)
  view.setUint32(28, format.rate * frameBytes, true)
  view.setUint16(32, frameBytes, true)
  view.setUint16(34, format.bits, true)
  putTag(bytes, 36, 'data')
  view.setUint32(40, slice.length, true)
  bytes.set(slice, HEADER_BYTES)
  return bytes
}

/** Float files may hold anything; what is not a number is silence. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
}

function putTag(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = text.charCodeAt(i)
}
