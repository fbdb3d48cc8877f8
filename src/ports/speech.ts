// Whether a text can be said, asked before a command is accepted: the one who sent it hears of a fault by the answer.

import type { SpeechReference } from './media-engine.ts'

export interface SpeechFault {
  readonly field: 'payload' | 'voice' | 'language'
  /** The rest of a sentence that begins with the parameter. */
  readonly why: string
}

/** Undefined: it can be said. */
export type CheckSpeech = (speech: SpeechReference) => SpeechFault | undefined
