// Bodies in several parts: the part that is asked for, cut out of whatever a peer calls multipart.

import { fieldsOf } from '../../src/sip/message/fields.ts'
import { bodyOfType } from '../../src/sip/message/multipart.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { multipartBody } from '../corpus.ts'
import { seedText, type FuzzTarget } from '../target.ts'

const types = [
  'multipart/mixed;boundary=b1',
  'multipart/alternative; boundary="b1"',
  'multipart/mixed;boundary="-"',
  'multipart/related;boundary=b1;start="<a@b>"',
]

export function multipartTarget(): FuzzTarget {
  return {
    name: 'multipart',
    seeds: seedText(
      multipartBody,
      '--b1\r\n\r\nplain\r\n--b1--',
      '--b1--',
      `--b1\r\nContent-Type: multipart/mixed;boundary=b2\r\n\r\n${multipartBody}\r\n--b1--\r\n`,
    ),
    shape: 'text',
    costMs: 5,
    bytesMax: 131_072,
    run(input, random) {
      const headers = fieldsOf([['Content-Type', random.pick(types)]])
      const message: SipMessage = {
        kind: 'request',
        method: 'INVITE',
        uri: 'sip:a@b',
        headers,
        body: input,
      }
      const part = bodyOfType(message, 'application/sdp')
      if (part !== undefined && part.length > input.length)
        throw new Error('a part larger than its body')
    },
  }
}
