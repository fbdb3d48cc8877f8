// One sentence to a clip, inside the speech thread.

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { clipFrom, clipFromWide, FRAME_SAMPLES } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ulawToLinear } from '../audio/g711.ts'
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
/** Samples of 16 bits: the breath before a word is louder. */
const quietest = 100

export async function saySentence(
  { speaker, text, rate, program }: SpeechWork,
  flite: Flite,
  run: RunProgram,
): Promise<Result<AudioClip, string>> {
  if (speaker.engine === 'flite') {
    const said = flite(speaker.voice, text, rate)
    return said.ok ? ok(withoutDelay(clipFromWide(said.value))) : refused(said.why)
  }
  const speed = String(Math.min(450, Math.max(80, Math.round(wordsPerMinute * rate))))
  // `-b 1`: the text is UTF-8.
  const args = ['-v', speaker.voice, '-s', speed, '-b', '1', '--stdin', '--stdout']
  const sound = await run(program, args, text, limits)
  if (!sound.ok) return refused(sound.why)
  const clip = await ingestAudio(sound.value, { bytesMax: limits.outputBytesMax, secondsMax })
  return clip.ok
    ? ok(withoutDelay(clip.value))
    : refused(`the synthesiser made no sound: ${clip.why}`)
}

/** Without the fifth of a second of silence that comes before the words: whoever waits for them waits for it too. */
function withoutDelay(clip: AudioClip): AudioClip {
  const loud = clip.pcmu.findIndex((byte) => Math.abs(ulawToLinear[byte] ?? 0) > quietest)
  const frames = Math.max(0, Math.floor(loud / FRAME_SAMPLES) - 1)
  return frames === 0 ? clip : clipFrom(clip, frames * FRAME_SAMPLES)
}
