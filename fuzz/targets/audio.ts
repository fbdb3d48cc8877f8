// Audio files that somebody else names: told apart by their content and decoded in this process, which the server leaves to a
// thread of its own that can be ended. A refusal or a clip, within the limits, and never a fault.

import { readFileSync } from 'node:fs'
import { ingestAudio } from '../../src/media/audio/ingest.ts'
import type { FuzzTarget } from '../target.ts'

function wav(format: number, channels: number, rate: number, bits: number): Uint8Array {
  const sound = 800
  const bytes = Buffer.alloc(44 + sound, 0x55)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + sound, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(format, 20)
  bytes.writeUInt16LE(channels, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE((rate * channels * bits) / 8, 28)
  bytes.writeUInt16LE((channels * bits) / 8, 32)
  bytes.writeUInt16LE(bits, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(sound, 40)
  return Uint8Array.from(bytes)
}

const limits = { bytesMax: 256 * 1024, secondsMax: 5 }

export function audioTarget(): FuzzTarget {
  const mp3 = readFileSync(new URL('../../test/fixtures/tone-1000hz.mp3', import.meta.url))
  return {
    name: 'audio',
    seeds: [
      wav(1, 1, 8000, 16),
      wav(1, 2, 44_100, 8),
      wav(1, 1, 48_000, 24),
      wav(3, 1, 16_000, 32),
      wav(7, 1, 8000, 8),
      wav(6, 2, 8000, 8),
      wav(0xfffe, 1, 8000, 16),
      Uint8Array.from(mp3.subarray(0, 4000)),
    ],
    shape: 'bytes',
    costMs: 1000,
    bytesMax: 65_535,
    async run(input) {
      const made = await ingestAudio(input, limits)
      // 8,000 bytes of G.711 are one second; the resampler's ends are within it.
      if (made.ok && made.value.pcmu.length > (limits.secondsMax + 1) * 8000)
        throw new Error('a clip longer than its limit')
    },
  }
}
