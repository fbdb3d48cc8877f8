// One sentence to a clip, inside the speech thread.

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ingestAudio } from '../audio/ingest.ts'
import type { Flite } from './flite.ts'
import type { SpeechWork } from './speech.ts'

/** Bounds for the program that speaks other languages. */
export interface ProgramLimits {
  readonly timeoutMs: number
  readonly outputBytesMax: number
}

/** Runs a program without a shell; its standard output. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  input: string,
  limits: ProgramLimits,
) => Promise<Result<Uint8Array, string>>

const wordsPerMinute = 160
const limits: ProgramLimits = { timeoutMs: 8_000, outputBytesMax: 16 * 1024 * 1024 }
const secondsMax = 300

export async function saySentence(
  { speaker, text, rate, program }: SpeechWork,
  flite: Flite,
  run: RunProgram,
): Promise<Result<AudioClip, string>> {
  let sound: Result<Uint8Array, string>
  if (speaker.engine === 'flite') sound = flite(speaker.voice, text, rate)
  else {
    const speed = String(Math.min(450, Math.max(80, Math.round(wordsPerMinute * rate))))
    // `-b 1`: the text is UTF-8.
    const args = ['-v', speaker.voice, '-s', speed, '-b', '1', '--stdin', '--stdout']
    sound = await run(program, args, text, limits)
  }
  if (!sound.ok) return refused(sound.why)
  const clip = await ingestAudio(sound.value, { bytesMax: limits.outputBytesMax, secondsMax })
  return clip.ok ? ok(clip.value) : refused(`the synthesiser made no sound: ${clip.why}`)
}
