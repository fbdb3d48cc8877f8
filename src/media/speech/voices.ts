// Which voice says it. Clients name voices of cloud services, of which this server has none: what such a name tells of sex
// and language chooses among the voices that are here. English is built in (Flite); other languages are spoken by the
// `espeak-ng` program where the machine has it.

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'

export type Speaker =
  | { readonly engine: 'flite'; readonly voice: FliteVoice }
  | { readonly engine: 'espeak'; readonly voice: string }

export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16'

export interface SpeakerFault {
  readonly field: 'voice' | 'language'
  readonly why: string
}

/** Published language tags and what espeak-ng calls them; English needs no program. */
const espeakLanguages: Readonly<Record<string, string>> = {
  ...{ arb: 'ar', 'cmn-CN': 'cmn', 'cy-GB': 'cy', 'da-DK': 'da', 'de-DE': 'de', 'es-ES': 'es' },
  ...{ 'es-MX': 'es-419', 'es-US': 'es-419', 'fr-CA': 'fr-fr', 'fr-FR': 'fr-fr', 'hi-IN': 'hi' },
  ...{ 'is-IS': 'is', 'it-IT': 'it', 'ko-KR': 'ko', 'nb-NO': 'nb', 'nl-NL': 'nl', 'pl-PL': 'pl' },
  ...{ 'pt-BR': 'pt-br', 'pt-PT': 'pt', 'ro-RO': 'ro', 'ru-RU': 'ru', 'sv-SE': 'sv' },
  ...{ 'tr-TR': 'tr', 'ja-JP': 'ja' },
}

const fliteVoices: readonly string[] = ['slt', 'rms', 'awb', 'kal16']
const english = /^en-/

/** Names of the Polly voices, men behind the bar; the language is part of what such a voice is. */
const polly: Readonly<Record<string, string>> = {
  arb: 'Zeina Hala | Zayd',
  'cmn-CN': 'Zhiyu |',
  'cy-GB': 'Gwyneth |',
  'da-DK': 'Naja Sofie | Mads',
  'de-DE': 'Marlene Vicki Hannah | Hans Daniel',
  'en-AU': 'Nicole Olivia | Russell',
  'en-GB': 'Amy Emma | Brian Arthur',
  'en-GB-WLS': '| Geraint',
  'en-IN': 'Aditi Raveena Kajal |',
  'en-US':
    'Danielle Ivy Joanna Kendra Kimberly Ruth Salli | Gregory Joey Justin Kevin Matthew Stephen',
  'es-ES': 'Conchita Lucia | Enrique Sergio Raul',
  'es-MX': 'Mia | Andres',
  'es-US': 'Lupe Penelope | Miguel Pedro',
  'fr-CA': 'Chantal Gabrielle | Liam',
  'fr-FR': 'Celine Lea | Mathieu Remi',
  'is-IS': 'Dora | Karl',
  'it-IT': 'Carla Bianca | Giorgio Adriano',
  'ja-JP': 'Mizuki Kazuha Tomoko | Takumi',
  'ko-KR': 'Seoyeon Jihye |',
  'nb-NO': 'Liv Ida |',
  'nl-NL': 'Lotte Laura | Ruben',
  'pl-PL': 'Ewa Maja Ola | Jacek Jan',
  'pt-BR': 'Camila Vitoria | Ricardo Thiago',
  'pt-PT': 'Ines | Cristiano',
  'ro-RO': 'Carmen |',
  'ru-RU': 'Tatyana | Maxim',
  'sv-SE': 'Astrid Elin |',
  'tr-TR': 'Filiz Burcu |',
}

/** Kokoro names begin with a letter for the language and one for the sex: `af_heart`, `bm`. */
const kokoro: Readonly<Record<string, string>> = {
  ...{ a: 'en-US', b: 'en-GB', e: 'es-ES', f: 'fr-FR', h: 'hi-IN', i: 'it-IT', j: 'ja-JP' },
  ...{ p: 'pt-BR', z: 'cmn-CN' },
}

const providers = /^(AWS|Polly|Telnyx|Azure|ElevenLabs|Minimax|Rime|Resemble|Inworld|xAI)\./i

interface Wanted {
  readonly male: boolean
  /** What the name of the voice says; it goes before the language of the request. */
  readonly language: string | undefined
  readonly own?: FliteVoice
}

/** True for a tag that the hosted service lists. */
export function isKnownLanguage(tag: string): boolean {
  return english.test(tag) ? Object.hasOwn(polly, tag) : Object.hasOwn(espeakLanguages, tag)
}

/** The speaker for a voice as the client named it. `espeak`: the machine has the program. */
export function speakerFor(
  voice: string,
  language: string | undefined,
  espeak: boolean,
): Result<Speaker, SpeakerFault> {
  const wanted = wantedBy(voice)
  if (wanted === undefined) {
    const why = 'must be female, male, or a name such as AWS.Polly.Joanna'
    return refused({ field: 'voice', why })
  }
  const tag = wanted.language ?? language ?? 'en-US'
  const field = wanted.language === undefined ? 'language' : 'voice'
  if (!isKnownLanguage(tag)) return refused({ field, why: `names no known language: ${tag}` })
  if (english.test(tag))
    return ok({ engine: 'flite', voice: wanted.own ?? englishVoice(wanted, tag) })
  if (!espeak) return refused({ field, why: `needs espeak-ng on the server for ${tag}` })
  const variant = wanted.male ? '' : '+f3'
  return ok({ engine: 'espeak', voice: `${espeakLanguages[tag] ?? ''}${variant}` })
}

/** The one British voice is a Scotsman; everybody else is American. */
function englishVoice({ male }: Wanted, tag: string): FliteVoice {
  if (!male) return 'slt'
  return tag.startsWith('en-GB') ? 'awb' : 'rms'
}

function wantedBy(voice: string): Wanted | undefined {
  if (voice === 'female' || voice === 'male') return { male: voice === 'male', language: undefined }
  const own = /^Flite\.(\w+)$/i.exec(voice)?.[1]?.toLowerCase()
  if (own !== undefined && isFlite(own)) return { male: false, language: 'en-US', own }
  if (!providers.test(voice)) return undefined
  const name = voice.slice(voice.lastIndexOf('.') + 1)
  if (name === '') return undefined
  return pollyVoice(name) ?? kokoroVoice(voice, name) ?? localeVoice(voice, name)
}

function pollyVoice(name: string): Wanted | undefined {
  const plain = name.replace(/-(Neural|Generative|Long-Form)$/i, '').toLowerCase()
  for (const [language, names] of Object.entries(polly)) {
    const [women = '', men = ''] = names.toLowerCase().split('|')
    const male = men.split(' ').includes(plain)
    if (male || women.split(' ').includes(plain)) return { male, language }
  }
  return undefined
}

function kokoroVoice(voice: string, name: string): Wanted | undefined {
  const match = /^([a-z])([fm])(?:_|$)/.exec(name)
  const language = /kokoro/i.test(voice) ? kokoro[match?.[1] ?? ''] : undefined
  return language === undefined ? undefined : { male: match?.[2] === 'm', language }
}

/** Others: a locale in the name is the language (`Azure.de-DE-KatjaNeural`), anything else says nothing. */
function localeVoice(voice: string, name: string): Wanted {
  const language = /(?:^|\.)([a-z]{2,3}-[A-Z]{2})-/.exec(voice)?.[1]
  const male = /(?:^|[^a-z])male|guy|davis|ryan|conrad/i.test(name)
  return {
    male,
    language: language !== undefined && isKnownLanguage(language) ? language : undefined,
  }
}

function isFlite(name: string): name is FliteVoice {
  return fliteVoices.includes(name)
}
