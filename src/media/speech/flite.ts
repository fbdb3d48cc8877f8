// The built-in English synthesiser: Flite, compiled to WebAssembly. Each sentence gets a fresh instance, because the
// program keeps state and ends after one run; that costs some 25 ms, of which the voices' data are most.

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { FliteVoice } from './voices.ts'
import { runProgram } from './wasi.ts'

/** Five minutes at 16 kHz: 200 digits, slowly. */
const outputBytesMax = 300 * 32_000

/** WAV of a text in plain English letters. */
export type Flite = (voice: FliteVoice, text: string, rate: number) => Result<Uint8Array, string>

/** Compiles the program; `wasm` is the file of the package. */
export function createFlite(wasm: Uint8Array<ArrayBuffer>): Flite {
  const module = new WebAssembly.Module(wasm)
  return (voice, text, rate) => {
    const stretch = (1 / rate).toFixed(3)
    const options = ['-voice', voice, '--setf', `duration_stretch=${stretch}`]
    const args = ['flite', ...options, '-t', text, '-o', '/out.wav']
    try {
      const { status, output } = runProgram(module, args, outputBytesMax)
      return status === 0 && output.length > 0
        ? ok(output)
        : refused(`the synthesiser ended with ${status}`)
    } catch (error) {
      return refused(error instanceof Error ? error.message : String(error))
    }
  }
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
