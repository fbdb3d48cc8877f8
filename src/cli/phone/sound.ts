// What the phone says and hears, between words and samples.

import { ingestAudio } from '../../media/audio/ingest.ts'
import { readUserFile } from '../../platform/user-files.ts'
import type { LabSound } from '../../lab/ear.ts'
import type { Voice } from '../../lab/line.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { toneOf } from './options.ts'

const rate = 8000
const bytesPerSample = 2
const wavHeaderBytes = 44

/** `silence`, a frequency such as `440`, or the path of a WAV or MP3 file. */
export async function voiceOf(text: string): Promise<Voice> {
  if (text === 'silence') return { kind: 'silence' }
  const hz = toneOf(text)
  if (hz !== undefined) return { kind: 'tone', hz }
  const file = readUserFile(text)
  const hint = 'It is `silence`, a frequency such as 440, or a WAV or MP3 file.'
  if (!file.ok) throw new CliError(exitCodes.usage, file.why, { hint })
  const clip = await ingestAudio(file.value)
  if (!clip.ok) throw new CliError(exitCodes.usage, `${text}: ${clip.why}`, { hint })
  return { kind: 'clip', clip: clip.value }
}

/** What is heard, in words. */
export function soundWords(heard: LabSound): string {
  switch (heard.kind) {
    case 'tone':
      return `a tone of ${heard.hz} Hz`
    case 'mix':
      return `tones of ${heard.hz.join(' and ')} Hz together`
    case 'silence':
      return 'silence'
    case 'nothing':
      return 'nothing: no audio arrives'
    case 'other':
      return 'speech, music or noise'
  }
}

/** For programs: the same name for the same sound. */
export function soundName(heard: LabSound): string {
  return heard.kind === 'tone' ? `tone ${heard.hz}` : heard.kind
}

/** A WAV file (PCM, 16 bits, mono, 8 kHz). */
export function wavFile(pieces: readonly Int16Array[]): Uint8Array {
  const samples = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const dataBytes = samples * bytesPerSample
  const file = Buffer.alloc(wavHeaderBytes + dataBytes)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(wavHeaderBytes - 8 + dataBytes, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * bytesPerSample, 28)
  file.writeUInt16LE(bytesPerSample, 32)
  file.writeUInt16LE(8 * bytesPerSample, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(dataBytes, 40)
  let at = wavHeaderBytes
  for (const piece of pieces) {
    for (const sample of piece) at = file.writeInt16LE(sample, at)
  }
  return file
}

/** An hour: 58 MB of memory. */
export const savedSamplesMax = 3600 * rate
