// The built-in English synthesiser: Flite, compiled to WebAssembly. Each sentence gets a fresh instance, because the
// program keeps state and ends after one run; that costs some 25 ms, of which the voices' data are most.

import { assert } from '../../base/assert.ts'
import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { FliteVoice } from './voices.ts'
import { runProgram } from './wasi.ts'

const headerBytes = 44
const rateHz = 16_000
/** Five minutes: 200 digits, slowly. */
const outputBytesMax = 300 * 32_000

/** Samples at 16 kHz of a text in plain English letters. */
export type Flite = (voice: FliteVoice, text: string, rate: number) => Result<Int16Array, string>

/** Compiles the program; `wasm` is the file of the package. */
export function createFlite(wasm: Uint8Array<ArrayBuffer>): Flite {
  const module = new WebAssembly.Module(wasm)
  return (voice, text, rate) => {
    const stretch = (1 / rate).toFixed(3)
    const options = ['-voice', voice, '--setf', `duration_stretch=${stretch}`]
    const args = ['flite', ...options, '-t', text, '-o', '/out.wav']
    try {
      const { status, output } = runProgram(module, args, outputBytesMax)
      if (status !== 0) return refused(`the synthesiser ended with ${status}`)
      return ok(samplesOf(output))
    } catch (error) {
      return refused(error instanceof Error ? error.message : String(error))
    }
  }
}

/** It writes a WAV file of the plainest kind: 44 bytes, then 16-bit samples. The decoder for files costs ten times more. */
function samplesOf(wav: Uint8Array): Int16Array {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength)
  assert(wav.length > headerBytes && view.getUint32(24, true) === rateHz, 'a WAV file of 16 kHz')
  const samples = new Int16Array((wav.length - headerBytes) >> 1)
  for (let i = 0; i < samples.length; i++) {
    samples[i] = view.getInt16(headerBytes + 2 * i, true)
  }
  return samples
}

/** What the synthesiser can read: it knows ASCII alone, and stumbles over the rest. */
export function plainEnglish(text: string): string {
  return text
    .replace(/[‘’‚]/gu, "'")
    .replace(/[“”„]/gu, '"')
    .replace(/[–—]/gu, ', ')
    .replace(/…/gu, '.')
    .replace(/€/gu, ' euros ')
    .replace(/£/gu, ' pounds ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/gu, 'ss')
    .replace(/[^\x20-\x7e]/gu, ' ')
    .trim()
}
