// Reading and writing an INVITE of 1 kB: microseconds per message, the best of several stretches, because everything
// that disturbs a stretch makes it longer.

import { parseMessage } from '../src/sip/message/parse.ts'
import { serializeRequest } from '../src/sip/message/serialize.ts'
import type { SipRequest } from '../src/sip/message/types.ts'
import { printTable, round, type Figures } from './support/report.ts'

const messageBytes = 1024

function invite(): Uint8Array {
  const sdp =
    'v=0\r\no=- 3904885 3904885 IN IP4 192.0.2.17\r\ns=-\r\nc=IN IP4 192.0.2.17\r\nt=0 0\r\nm=audio 20038 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n'
  const head = (filler: string): string =>
    `INVITE sip:+15550100@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17:5062;branch=z9hG4bKnashds8-3f2a;rport\r\nMax-Forwards: 70\r\nFrom: "A Caller" <sip:+15550177@192.0.2.17>;tag=1928301774\r\nTo: <sip:+15550100@192.0.2.1>\r\nCall-ID: a84b4c76e66710@192.0.2.17\r\nCSeq: 314159 INVITE\r\nContact: <sip:+15550177@192.0.2.17:5062>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY\r\nSupported: timer, 100rel, replaces\r\nUser-Agent: bench\r\nP-Asserted-Identity: <sip:+15550177@192.0.2.17>\r\nX-Filler: ${filler}\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n`
  const missing = messageBytes - head('').length - sdp.length
  return Buffer.from(head('x'.repeat(missing)) + sdp, 'latin1')
}

function parsed(bytes: Uint8Array): SipRequest {
  const result = parseMessage(bytes)
  if (result.kind !== 'message' || result.message.kind !== 'request') throw new Error('no request')
  return result.message
}

/** Microseconds per run in the fastest of `stretches`. */
function fastest(stretches: number, runs: number, act: () => void): number {
  let best = Infinity
  for (let stretch = 0; stretch < stretches; stretch++) {
    const startMs = performance.now()
    for (let run = 0; run < runs; run++) act()
    best = Math.min(best, ((performance.now() - startMs) * 1000) / runs)
  }
  return best
}

export async function benchParse(full: boolean): Promise<Figures> {
  const bytes = invite()
  const request = parsed(bytes)
  const parts = {
    method: request.method,
    uri: request.uri,
    headers: [...request.headers.entries()],
    body: request.body,
  }
  const stretches = full ? 60 : 20
  const parse = fastest(stretches, 5000, () => void parsed(bytes))
  const serialize = fastest(stretches, 5000, () => void serializeRequest(parts))
  printTable(
    [`INVITE of ${bytes.length} bytes`, 'us', 'per second'],
    [
      ['parse', round(parse), Math.round(1e6 / parse)],
      ['serialize', round(serialize), Math.round(1e6 / serialize)],
    ],
  )
  return Promise.resolve({ parse_us: round(parse), serialize_us: round(serialize) })
}
