// The fields that say words, the same for every command that has some, and what they mean. What could not be said is
// refused here, where whoever wrote it hears of it.

import type { SpeechReference } from '../ports/media-engine.ts'
import type { SpeechFault } from '../ports/speech.ts'
import type { ApiContext } from './context.ts'
import type { Problem } from './problems.ts'
import { Type } from './schema.ts'

/** The reference's limit; the published error text of 90010 says 5000 (C90). */
const payloadCharsMax = 3000

const languages = [
  ...['arb', 'cmn-CN', 'cy-GB', 'da-DK', 'de-DE', 'en-AU', 'en-GB', 'en-GB-WLS', 'en-IN', 'en-US'],
  ...['es-ES', 'es-MX', 'es-US', 'fr-CA', 'fr-FR', 'hi-IN', 'is-IS', 'it-IT', 'ja-JP', 'ko-KR'],
  ...['nb-NO', 'nl-NL', 'pl-PL', 'pt-BR', 'pt-PT', 'ro-RO', 'ru-RU', 'sv-SE', 'tr-TR'],
]

/** Text or SSML. */
export const payloadText = Type.String({
  minLength: 1,
  maxLength: payloadCharsMax,
  'x-own': 'payload-invalid',
  description: 'Text, or an SSML document.',
})

/** How it is said: everything but the payload. */
export const speechFields = {
  voice: Type.String({
    minLength: 1,
    maxLength: 255,
    'x-own': 'voice-invalid',
    description: '`female`, `male`, or a name such as `AWS.Polly.Joanna`.',
  }),
  payload_type: Type.Enum(['text', 'ssml'], { default: 'text', 'x-own': 'payload-type-invalid' }),
  service_level: Type.Enum(['basic', 'premium'], {
    default: 'premium',
    'x-own': 'service-level-invalid',
    description: '`basic`: `en-US` and plain text only.',
  }),
  language: Type.Optional(
    Type.Enum(languages, {
      'x-own': 'language-invalid',
      description: 'English is built in, the others need espeak-ng. Ignored with Polly voices.',
    }),
  ),
  voice_settings: Type.Optional(Type.Unknown({ description: 'Accepted and ignored.' })),
}

export interface SpeechParameters {
  readonly voice: string
  readonly payload_type: string
  readonly service_level: string
  readonly language?: string
}

/** The words of one payload field; `pointer`: where it stands. */
export function speechOf(
  context: ApiContext,
  payload: string,
  body: SpeechParameters,
  pointer = '/payload',
): { readonly speech: SpeechReference } | { readonly problem: Problem } {
  const { voice, language, payload_type: type } = body
  if (body.service_level === 'basic') {
    const detail = "The 'service_level' basic speaks en-US and plain text only."
    if (type === 'ssml') {
      return { problem: { name: 'payload-type-invalid', detail, pointer: '/payload_type' } }
    }
    if (language !== undefined && language !== 'en-US') {
      return { problem: { name: 'language-invalid', detail, pointer: '/language' } }
    }
  }
  const speech = { kind: 'speech', text: payload, ssml: type === 'ssml', voice, language } as const
  const fault = context.options.checkSpeech(speech)
  return fault === undefined ? { speech } : { problem: problemOf(fault, pointer) }
}

function problemOf({ field, why }: SpeechFault, payloadAt: string): Problem {
  const pointer = field === 'payload' ? payloadAt : `/${field}`
  const detail = `The '${pointer.slice(1)}' parameter ${why}.`
  return { name: `${field}-invalid`, detail, pointer }
}
