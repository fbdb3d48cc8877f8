// Which codecs a leg may use, best first. Names are those of `preferred_codecs`; codecs that this engine does not have are
// passed over. Opus is there when its package is.

import { AUDIO_CODECS } from '../../sdp/session.ts'
import type { AudioCodec } from '../../sdp/session.ts'
import { opusIsAvailable } from '../audio/opus.ts'

const KNOWN: readonly AudioCodec[] = [...AUDIO_CODECS, 'OPUS']

/**
 * `names` undefined: all that we would offer, and for an offer of the peer (`answering`) Opus, too. With names those
 * alone, in their order; without one that is known: none.
 */
export function allowedCodecs(
  names: readonly string[] | undefined,
  answering: boolean,
): readonly AudioCodec[] {
  if (names === undefined) {
    return answering && opusIsAvailable() ? KNOWN : AUDIO_CODECS
  }
  const wanted = names.map((name) => name.toUpperCase())
  return KNOWN.filter(
    (codec) => wanted.includes(codec) && (codec !== 'OPUS' || opusIsAvailable()),
  ).sort((a, b) => wanted.indexOf(a) - wanted.indexOf(b))
}
