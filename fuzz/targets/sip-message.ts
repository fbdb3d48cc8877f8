// The SIP parser with everything that is done to every message before anybody is asked who sent it: reading its headers, finding
// its transaction, echoing it in an answer. What was read must survive being written and read again.

import { isDeepStrictEqual } from 'node:util'
import { parseContacts } from '../../src/sip/message/headers/contact.ts'
import { parseCSeq } from '../../src/sip/message/headers/cseq.ts'
import { parseDeltaSeconds } from '../../src/sip/message/headers/delta-seconds.ts'
import { accepts, parseMediaType } from '../../src/sip/message/headers/media-type.ts'
import { parseNameAddr, tagOf } from '../../src/sip/message/headers/name-addr.ts'
import { parseRAck } from '../../src/sip/message/headers/rack.ts'
import { parseReplaces } from '../../src/sip/message/headers/replaces.ts'
import { parseMinSe, parseSessionExpires } from '../../src/sip/message/headers/session-expires.ts'
import { parseVia } from '../../src/sip/message/headers/via.ts'
import { defaultMessageLimits } from '../../src/sip/message/limits.ts'
import { bodyOfType } from '../../src/sip/message/multipart.ts'
import { parseMessage, type ParseError } from '../../src/sip/message/parse.ts'
import {
  serializeRequest,
  serializeResponse,
  UnsafeMessageError,
} from '../../src/sip/message/serialize.ts'
import type { HeaderFields, SipMessage } from '../../src/sip/message/types.ts'
import { checkRequest, defaultUasRules } from '../../src/sip/transaction/check-request.ts'
import { echoLines, echoOf } from '../../src/sip/transaction/echo.ts'
import { mergedKey, serverKey } from '../../src/sip/transaction/matching.ts'
import { sipMessages } from '../corpus.ts'
import type { FuzzTarget } from '../target.ts'

const flow = {
  transport: 'UDP',
  remoteAddress: '127.0.0.9',
  remotePort: 5070,
  localAddress: '127.0.0.1',
  localPort: 5060,
  connectionId: undefined,
} as const

export function sipMessageTarget(): FuzzTarget {
  return {
    name: 'sip-message',
    seeds: sipMessages(),
    shape: 'text',
    costMs: 5,
    bytesMax: 65_535,
    run(input) {
      const result = parseMessage(input)
      switch (result.kind) {
        case 'incomplete':
          throw new Error('a datagram is never incomplete')
        case 'error':
          answerUnreadable(result)
          return
        case 'message':
          readHeaders(result.message)
          writeAgain(result.message)
      }
    },
  }
}

/** A line as long as we read it, with what we add to it (received, rport, tag); nothing else may make it longer. */
const echoedLineBytes = defaultMessageLimits.headerLineBytes + 256

/** As the transaction layer answers what it could read only partly. */
function answerUnreadable({ method, headers, status, reason }: ParseError): void {
  if (method === undefined) return
  const lines = echoLines(echoOf(headers, flow), 'tag')
  serializeResponse({ status, reason, headers: [] }, lines)
}

function readHeaders(message: SipMessage): void {
  const { headers } = message
  readWell(headers)
  bodyOfType(message, 'application/sdp')
  if (message.kind === 'response') return
  const via = parseVia(headers.values('via')[0] ?? '')
  if (via === undefined) throw new Error('a message without a top Via was let through')
  serverKey(message, via, message.method)
  mergedKey(message)
  const refusal = checkRequest(message, defaultUasRules) ?? { status: 200, headers: [] }
  const answer = parseMessage(serializeResponse(refusal, echoLines(echoOf(headers, flow), 'tag')), {
    stream: false,
    limits: { ...defaultMessageLimits, headerLineBytes: echoedLineBytes },
  })
  // What we answer must be readable, whatever we were sent.
  if (answer.kind !== 'message') throw new Error(`our own answer can not be read`)
}

function readWell(headers: HeaderFields): void {
  for (const name of ['from', 'to', 'refer-to', 'referred-by', 'diversion', 'p-asserted-identity'])
    for (const value of headers.values(name)) {
      parseNameAddr(value)
      tagOf(value)
    }
  parseContacts(headers)
  parseCSeq(headers.first('cseq') ?? '')
  parseDeltaSeconds(headers.first('expires') ?? '')
  parseMediaType(headers.first('content-type') ?? '')
  accepts(headers, 'application/sdp')
  parseRAck(headers.first('rack') ?? '')
  parseReplaces(headers.first('replaces') ?? '')
  parseSessionExpires(headers.first('session-expires') ?? '')
  parseMinSe(headers.first('min-se') ?? '')
}

function writeAgain(message: SipMessage): void {
  const headers = [...message.headers.entries()]
  let bytes: Uint8Array
  try {
    bytes =
      message.kind === 'request'
        ? serializeRequest({ ...message, headers })
        : serializeResponse({ ...message, headers })
  } catch (error) {
    // A NUL may stand in what we read and never in what we write.
    if (error instanceof UnsafeMessageError) return
    throw error
  }
  const again = parseMessage(bytes, { stream: true })
  // Written as UTF-8 a Latin-1 message may have grown over a limit.
  if (again.kind === 'error' && /too (?:long|large|many)/i.test(again.reason)) return
  if (again.kind !== 'message') throw new Error('what was read is unreadable when written')
  if (
    !isDeepStrictEqual(essence(again.message), essence(message)) ||
    Buffer.compare(again.message.body, message.body) !== 0
  )
    throw new Error('what was read reads differently when written')
}

function essence(message: SipMessage): unknown {
  const headers = [...message.headers.entries()].filter(
    ([name]) => !/^(?:content-length|l)$/i.test(name),
  )
  const first =
    message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason]
  return [first, headers]
}
