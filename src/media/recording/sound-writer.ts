// Samples into a file that can be played at any moment: what was flushed is heard, also when the process dies between two
// flushes. WAV: the samples are appended first, then the sizes in the header grow. MP3: frames of constant bit rate, which
// need no header at all and all have the same size.

import { createMp3Encoder } from 'wasm-media-encoders'
import type { WritableRecording } from '../../ports/recorder.ts'
import { FRAME_SAMPLES, SAMPLE_RATE } from '../audio/clip.ts'

/** Frames gathered between two flushes at the most; more are flushed by themselves. */
const GATHER_FRAMES = 50
const HEADER_BYTES = 44
const SIZE_MAX = 0xffffffff
/** Kilobits per second and channel: telephone sound and nothing else. */
const MP3_KBITS = 32
/** 576 samples, as in every layer III of less than 32 kHz. */
const MP3_FRAME_MS = 576 / (SAMPLE_RATE / 1000)

export interface SoundWriter {
  /** Of what is in the file. */
  readonly durationMs: number
  /** One frame of 20 ms, channels interleaved; copied. */
  write(frame: Int16Array): void
  /** What was written is in the file from here on; throws what the disk says. */
  flush(): void
  /** Flushes; no more can be written. */
  finish(): void
}

/** Goes on at the end of a file that has sound already. */
export async function createSoundWriter(
  format: 'wav' | 'mp3',
  channels: 1 | 2,
  file: WritableRecording,
): Promise<SoundWriter> {
  return format === 'wav' ? new WavWriter(channels, file) : mp3Writer(channels, file)
}

class WavWriter implements SoundWriter {
  readonly #file: WritableRecording
  readonly #channels: 1 | 2
  readonly #gathered: Int16Array
  #filled = 0

  constructor(channels: 1 | 2, file: WritableRecording) {
    this.#file = file
    this.#channels = channels
    this.#gathered = new Int16Array(GATHER_FRAMES * FRAME_SAMPLES * channels)
    if (file.sizeBytes < HEADER_BYTES) {
      file.truncate(0)
      file.append(wavHeader(channels, 0))
      return
    }
    // Whole sample pairs only, whatever the former process was writing.
    file.truncate(HEADER_BYTES + this.#dataBytes - (this.#dataBytes % (2 * channels)))
    this.#fixHeader()
  }

  get durationMs(): number {
    return Math.round((this.#dataBytes / (2 * this.#channels * SAMPLE_RATE)) * 1000)
  }

  get #dataBytes(): number {
    return this.#file.sizeBytes - HEADER_BYTES
  }

  write(frame: Int16Array): void {
    this.#gathered.set(frame, this.#filled)
    this.#filled += frame.length
    if (this.#filled === this.#gathered.length) this.flush()
  }

  flush(): void {
    if (this.#filled === 0) return
    const bytes = Buffer.allocUnsafe(2 * this.#filled)
    for (let i = 0; i < this.#filled; i++) bytes.writeInt16LE(this.#gathered[i]!, 2 * i)
    // What the disk does not take is lost, not tried again with the next second.
    this.#filled = 0
    this.#file.append(bytes)
    this.#fixHeader()
  }

  finish(): void {
    this.flush()
  }

  #fixHeader(): void {
    this.#file.patch(0, wavHeader(this.#channels, this.#dataBytes))
  }
}

/** RIFF, fmt and the head of data: 16-bit samples at 8 kHz. */
export function wavHeader(channels: 1 | 2, dataBytes: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(Math.min(SIZE_MAX, dataBytes + HEADER_BYTES - 8), 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(SAMPLE_RATE, 24)
  header.writeUInt32LE(SAMPLE_RATE * 2 * channels, 28)
  header.writeUInt16LE(2 * channels, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(Math.min(SIZE_MAX, dataBytes), 40)
  return header
}

type Mp3Encoder = Awaited<ReturnType<typeof createMp3Encoder>>

async function mp3Writer(channels: 1 | 2, file: WritableRecording): Promise<SoundWriter> {
  const encoder = await createMp3Encoder()
  const bitrate = channels === 2 ? 64 : MP3_KBITS
  encoder.configure({ sampleRate: SAMPLE_RATE, channels, bitrate })
  return new Mp3Writer(channels, bitrate, encoder, file)
}

class Mp3Writer implements SoundWriter {
  readonly #file: WritableRecording
  readonly #encoder: Mp3Encoder
  readonly #bitsPerMs: number
  readonly #sound: readonly Float32Array[]
  #filled = 0

  constructor(channels: 1 | 2, kbits: number, encoder: Mp3Encoder, file: WritableRecording) {
    this.#file = file
    this.#encoder = encoder
    this.#bitsPerMs = kbits
    // An encoder leaves the end of its last frame to the sound to come. A frame that ends with another encoder's sound is
    // noise, and the one after it, too.
    const frameBytes = (kbits * MP3_FRAME_MS) / 8
    file.truncate(file.sizeBytes - (file.sizeBytes % frameBytes))
    const length = GATHER_FRAMES * FRAME_SAMPLES
    this.#sound = Array.from({ length: channels }, () => new Float32Array(length))
  }

  get durationMs(): number {
    return Math.round((this.#file.sizeBytes * 8) / this.#bitsPerMs)
  }

  write(frame: Int16Array): void {
    const channels = this.#sound.length
    for (const [channel, sound] of this.#sound.entries()) {
      for (let i = 0; i < FRAME_SAMPLES; i++) {
        sound[this.#filled + i] = frame[i * channels + channel]! / 32_768
      }
    }
    this.#filled += FRAME_SAMPLES
    if (this.#filled === GATHER_FRAMES * FRAME_SAMPLES) this.flush()
  }

  flush(): void {
    if (this.#filled === 0) return
    const sound = this.#sound.map((one) => one.subarray(0, this.#filled))
    this.#filled = 0
    this.#file.append(this.#encoder.encode(sound))
  }

  finish(): void {
    this.flush()
    this.#file.append(this.#encoder.finalize())
  }
}
