// Which codecs a leg may use, best first (C171, C172). Names are those of `preferred_codecs`; codecs that this engine does not have are
// passed over. Opus is there when its package is.

import type { RemoteDescription } from '../../sdp/parse.ts'
import { answerOffer, AUDIO_CODECS } from '../../sdp/session.ts'
import type { AudioCodec, Described, LocalEnd, SdpState } from '../../sdp/session.ts'
import { isWide } from '../audio/codec.ts'
import { opusIsAvailable } from '../audio/opus.ts'

const KNOWN: readonly AudioCodec[] = [...AUDIO_CODECS, 'OPUS']

/**
 * `names` undefined: all that we would offer, and for an offer of the peer (`answering`) Opus, too; when it is known whom
 * the leg will talk to, what that leg has stands first, and what would be wider than it is left out: translating costs
 * and gains nothing. With names those alone, in their order; without one that is known: none.
 */
export function allowedCodecs(
  names: readonly string[] | undefined,
  answering: boolean,
  partner?: AudioCodec,
): readonly AudioCodec[] {
  if (names === undefined) {
    if (answering) return opusIsAvailable() ? KNOWN : AUDIO_CODECS
    return partner === undefined ? AUDIO_CODECS : forPartner(partner)
  }
  const wanted = names.map((name) => name.toUpperCase())
  return KNOWN.filter(
    (codec) => wanted.includes(codec) && (codec !== 'OPUS' || opusIsAvailable()),
  ).sort((a, b) => wanted.indexOf(a) - wanted.indexOf(b))
}

function forPartner(partner: AudioCodec): readonly AudioCodec[] {
  const others = AUDIO_CODECS.filter((codec) => codec !== partner)
  const fitting = isWide(partner) ? others.toReversed() : others.filter((codec) => !isWide(codec))
  return partner === 'OPUS' && !opusIsAvailable() ? fitting : [partner, ...fitting]
}

/** The answers that an offer could get, by codec. */
export type AnswerChoices = Readonly<Record<string, Described>>

/** An answer for each codec that the offer and we have; undefined without a choice. `state`: before any answer. */
export function answerChoices(
  state: SdpState,
  offer: RemoteDescription,
  end: LocalEnd,
): AnswerChoices | undefined {
  const choices: Record<string, Described> = {}
  for (const codec of end.codecs) {
    const rest = end.codecs.filter((other) => other !== codec)
    const answered = answerOffer(state, offer, { ...end, codecs: [codec, ...rest], ordered: true })
    if (answered.ok && answered.value.state.agreement?.codec === codec) {
      choices[codec] = answered.value
    }
  }
  return Object.keys(choices).length > 1 ? choices : undefined
}

/** What would be sent. */
export function textsOf(
  choices: AnswerChoices | undefined,
): Readonly<Record<string, string>> | undefined {
  if (choices === undefined) return undefined
  return Object.fromEntries(Object.entries(choices).map(([codec, { sdp }]) => [codec, sdp]))
}
