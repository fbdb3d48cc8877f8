// Session descriptions: read, answered, and the answer read by the same reader. Our own text must always be readable.

import { parseDescription } from '../../src/sdp/parse.ts'
import {
  acceptAnswer,
  answerOffer,
  makeOffer,
  newSdpState,
  offeredCodecs,
  type LocalEnd,
} from '../../src/sdp/session.ts'
import { descriptions } from '../corpus.ts'
import { seedText, textOf, type FuzzTarget } from '../target.ts'

const end: LocalEnd = {
  address: '127.0.0.1',
  port: 20_000,
  codecs: ['PCMU', 'PCMA'],
  ordered: false,
}

export function sdpTarget(): FuzzTarget {
  return {
    name: 'sdp',
    seeds: seedText(...descriptions),
    shape: 'text',
    costMs: 5,
    bytesMax: 65_535,
    run(input) {
      const offer = parseDescription(textOf(input))
      if (!offer.ok) return
      offeredCodecs(offer.value)
      const answer = answerOffer(newSdpState(7), offer.value, end)
      if (answer.ok) {
        const own = parseDescription(answer.value.sdp)
        if (!own.ok) throw new Error(`our answer can not be read: ${own.why}`)
        if (own.value.media.length !== offer.value.media.length)
          throw new Error('our answer has other m-lines than the offer')
      }
      acceptAnswer(makeOffer(newSdpState(8), end).state, offer.value, end)
    },
  }
}
