// Words to clips: what is to be said is cut into sentences, each is made by the speech thread, and they are joined. A
// speech asks for its next sentence when the one before is there, so that those of several calls take turns. The clip
// loader keeps what was made and lets equal requests share it.

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { SpeechReference } from '../../ports/media-engine.ts'
import type { SpeechFault } from '../../ports/speech.ts'
import type { Timers } from '../../ports/timers.ts'
import { joinClips, silentClip } from '../audio/clip.ts'
import type { AudioClip } from '../audio/clip.ts'
import { WorkerJobs } from '../audio/worker-jobs.ts'
import type { JobReply, JobRequest, JobThread, JobThreadCallbacks } from '../audio/worker-jobs.ts'
import { plainEnglish } from './flite.ts'
import { wordsOf } from './script.ts'
import type { Piece } from './script.ts'
import { readSsml } from './ssml.ts'
import { speakerFor } from './voices.ts'
import type { Speaker } from './voices.ts'

/** One sentence. */
export interface SpeechWork {
  readonly speaker: Speaker
  readonly text: string
  readonly rate: number
  /** The espeak-ng program. */
  readonly program: string
}

export type SpeechRequest = JobRequest<SpeechWork>
export type SpeechReply = JobReply<AudioClip>

export interface SpeechOptions {
  readonly spawn: (callbacks: JobThreadCallbacks) => JobThread<SpeechWork>
  readonly timers: Timers
  /** Path of the espeak-ng program; undefined: English only. */
  readonly espeak: string | undefined
  /** Longest that one sentence may take. */
  readonly timeoutMs: number
  /** Sentences that may wait, one of each speech; more are refused. */
  readonly waitingMax: number
}

export interface Speech {
  /** `onPiece` gets every piece of the clip as soon as it is made. */
  speak(
    speech: SpeechReference,
    onPiece?: (clip: AudioClip) => void,
  ): Promise<Result<AudioClip, string>>
  /** Why it cannot be said; undefined: it can. */
  check(speech: SpeechReference): SpeechFault | undefined
  /** Has the thread load its program and say something to nobody, so that the first caller does not wait for that. */
  warm(): void
  close(): void
}

interface Script {
  readonly speaker: Speaker
  readonly pieces: readonly Piece[]
}

const pausesMsMax = 300_000
const words = { whole: 'speech', doing: 'synthesis', doer: 'synthesiser', things: 'texts' }

export function createSpeech(options: SpeechOptions): Speech {
  const { espeak, ...rest } = options
  const jobs = new WorkerJobs<SpeechWork, AudioClip>({ ...rest, words })
  const program = espeak ?? ''
  return {
    async speak(speech, onPiece = () => undefined) {
      const script = scriptOf(speech, espeak !== undefined)
      if (!script.ok) return refused(script.why.why)
      const { speaker, pieces } = script.value
      const clips: AudioClip[] = []
      for (const piece of pieces) {
        const made =
          piece.kind === 'pause'
            ? ok(silentClip(piece.ms))
            : await jobs.run({ speaker, program, text: piece.text, rate: piece.rate })
        if (!made.ok) return made
        clips.push(made.value)
        onPiece(made.value)
      }
      return ok(clips.length === 1 && clips[0] !== undefined ? clips[0] : joinClips(clips))
    },
    check(speech) {
      const script = scriptOf(speech, espeak !== undefined)
      return script.ok ? undefined : script.why
    },
    warm() {
      const speaker = { engine: 'flite', voice: 'slt' } as const
      void jobs.run({ speaker, program, text: 'Hello, you are number two.', rate: 1 })
    },
    close: () => jobs.close(),
  }
}

function scriptOf(speech: SpeechReference, espeak: boolean): Result<Script, SpeechFault> {
  const chosen = speakerFor(speech.voice, speech.language, espeak)
  if (!chosen.ok) return chosen
  const speaker = chosen.value
  const english = speaker.engine === 'flite'
  const read = speech.ssml ? readSsml(speech.text, english) : ok(wordsOf(speech.text, 1))
  if (!read.ok) return fault(`is not valid SSML: ${read.why}`)
  const pieces = english ? read.value.flatMap(inEnglish) : read.value
  if (!pieces.some(({ kind }) => kind === 'words')) return fault('has nothing to say')
  const pausesMs = pieces.reduce((sum, piece) => sum + (piece.kind === 'pause' ? piece.ms : 0), 0)
  if (pausesMs > pausesMsMax) return fault(`has pauses of more than ${pausesMsMax / 1000} s`)
  return ok({ speaker, pieces })
}

/** The built-in voices read plain letters alone; nothing is left of other scripts. */
function inEnglish(piece: Piece): readonly Piece[] {
  if (piece.kind === 'pause') return [piece]
  const text = plainEnglish(piece.text)
  return /[A-Za-z0-9]/.test(text) ? [{ ...piece, text }] : []
}

function fault(why: string): Result<never, SpeechFault> {
  return refused({ field: 'payload', why })
}
