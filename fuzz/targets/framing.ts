// A TCP stream of SIP messages, cut at random places: whatever the cuts, the same frames must come out.

import { StreamFramer, type Frame } from '../../src/sip/transport/framing.ts'
import { defaultMessageLimits } from '../../src/sip/message/limits.ts'
import { builtInMessages, recordedMessages } from '../corpus.ts'
import type { FuzzRandom } from '../random.ts'
import { seedText, type FuzzTarget } from '../target.ts'

const cutsMax = 200

export function framingTarget(): FuzzTarget {
  const pairs = [...builtInMessages, ...recordedMessages.slice(0, 10)].map((one) =>
    Buffer.concat([one, Buffer.from('\r\n\r\n'), one]),
  )
  return {
    name: 'tcp-framing',
    seeds: [
      ...pairs,
      ...seedText('\r\n\r\n', 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\n12345'),
    ],
    shape: 'text',
    // Twice through, and with up to 200 cuts.
    costMs: 10,
    bytesMax: 131_072,
    run(input, random) {
      const whole = new StreamFramer(defaultMessageLimits)
      const cut = new StreamFramer(defaultMessageLimits)
      const expected = whole.push(input)
      const frames = pieces(input, random).flatMap((piece) => cut.push(piece))
      if (frames.map(summary).join('\n') !== expected.map(summary).join('\n'))
        throw new Error('the cuts of a stream changed its frames')
    },
  }
}

function pieces(input: Uint8Array, random: FuzzRandom): Uint8Array[] {
  const cuts = Array.from({ length: random.below(cutsMax) }, () => random.below(input.length + 1))
  const places = [0, ...cuts.sort((a, b) => a - b), input.length]
  return places.slice(1).map((to, index) => input.slice(places[index], to))
}

function summary(frame: Frame): string {
  switch (frame.kind) {
    case 'ping':
      return 'ping'
    case 'error':
      return `error ${frame.error.status} ${frame.error.consumed === undefined}`
    case 'message': {
      const { message } = frame
      const start = message.kind === 'request' ? message.method : message.status
      return `${start} ${[...message.headers.entries()].length} ${message.body.length}`
    }
  }
}
