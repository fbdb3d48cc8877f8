// What mutations start from: SIP messages as phones and carriers send them every day, traffic that was recorded between this
// server, baresip and SIPp (recorded.json: one of each kind of message, with their RTP and RTCP), and the torture messages
// of RFC 4475 and RFC 5118 where their files lie beside the project.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { seedText } from './target.ts'

const offer = [
  ...['v=0', 'o=- 3941 3941 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
  ...['m=audio 40000 RTP/AVP 0 8 101', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000'],
  ...['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=ptime:20', 'a=sendrecv', ''],
].join('\r\n')

const videoOffer = [
  ...['v=0', 'o=alice 2890844526 2890844527 IN IP6 ::1', 's=call', 'c=IN IP6 ::1', 't=0 0'],
  ...[
    'm=audio 49170/2 RTP/SAVP 96 0',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:96 useinbandfec=1;stereo=1',
  ],
  ...[
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32',
  ],
  ...[
    'a=rtcp:49171 IN IP6 ::1',
    'a=rtcp-mux',
    'a=inactive',
    'm=video 0 RTP/AVP 31',
    'a=ssrc:1 cname:x',
  ],
  ...[
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host',
    'b=AS:64',
    '',
  ],
].join('\r\n')

/** Texts of SIP messages; packets in hexadecimal. */
interface Recorded {
  readonly sip: readonly string[]
  readonly rtp: readonly string[]
  readonly rtcp: readonly string[]
  readonly events: readonly string[]
}

// Our own file.
const recorded = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
) as Recorded

const packets = (hex: readonly string[]): readonly Uint8Array[] =>
  hex.map((one) => Uint8Array.from(Buffer.from(one, 'hex')))

export const recordedMessages = seedText(...recorded.sip)
export const recordedRtp = packets([...recorded.rtp, ...recorded.events])
export const recordedRtcp = packets(recorded.rtcp)
/** What telephone-event packets hold behind their header of 12 bytes. */
export const recordedEvents = packets(recorded.events).map((one) => one.subarray(12))

/** Values of that header in recorded messages. */
export const recordedHeader = (name: string): readonly string[] =>
  recorded.sip.flatMap((text) => new RegExp(`^${name}: *(.*)\r$`, 'im').exec(text)?.[1] ?? [])

const recordedBodies = recorded.sip.flatMap((text) => {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  return body.startsWith('v=0') ? [body] : []
})

export const descriptions = [offer, videoOffer, ...recordedBodies]

function message(start: string, headers: readonly string[], body = ''): string {
  return [start, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

const common = [
  'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKf0aa;rport',
  'Max-Forwards: 70',
  'From: "Alice \\"A\\" Doe" <sip:alice@localhost;user=phone>;tag=1928301774',
  'To: <sip:+15550100@localhost>',
  'Call-ID: a84b4c76e66710@127.0.0.1',
]

export const digestLine =
  'Digest username="alice", realm="localhost", nonce="m1.aB3.xY9.0123456789abcdef", uri="sip:localhost", ' +
  'response="6629fae49393a05397450978507c4ef1", algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b", opaque="5ccc"'

export const multipartBody = [
  ...['--b1', 'Content-Type: application/sdp', '', offer, '--b1'],
  ...[
    'Content-Type: application/resource-lists+xml',
    'Content-ID: <a@b>',
    '',
    '<x/>',
    '--b1--',
    '',
  ],
].join('\r\n')

const builtIn: readonly string[] = [
  message(
    'INVITE sip:+15550100@localhost;transport=udp SIP/2.0',
    [
      ...[
        ...common,
        'CSeq: 314159 INVITE',
        'Contact: <sip:alice@127.0.0.1:5070>;+sip.instance="<urn:uuid:1>"',
      ],
      ...[
        'Supported: 100rel, timer, replaces',
        'Session-Expires: 1800;refresher=uac',
        'Min-SE: 90',
      ],
      ...[
        'Diversion: <sip:+15550199@localhost>;reason=unconditional',
        'X-Tenant: 7',
        'Content-Type: application/sdp',
      ],
    ],
    offer,
  ),
  message(
    'INVITE sip:q@[::1]:5060 SIP/2.0',
    [
      ...[
        'v: SIP / 2.0 / TCP [::1]:5071 ;branch = z9hG4bKx , SIP/2.0/UDP proxy.example;branch=z9hG4bKy;received=10.0.0.1',
      ],
      ...[
        'f: sip:bob@localhost;tag=9',
        't: "" <sip:q@localhost>',
        'i: i1',
        'CSeq: 0 INVITE',
        'm: <sips:b@h>;q=0.7;expires=60',
      ],
      ...[
        'c: multipart/mixed;boundary=b1',
        'Record-Route: <sip:p1.example;lr>,<sip:p2.example;lr>',
        'Replaces: c@1;to-tag=a;from-tag=b;early-only',
      ],
    ],
    multipartBody,
  ),
  message('REGISTER sip:localhost SIP/2.0', [
    ...[
      ...common,
      'CSeq: 2 REGISTER',
      `Authorization: ${digestLine}`,
      'Expires: 3600',
      'Path: <sip:edge.example;lr>',
    ],
    'Contact: <sip:alice@127.0.0.1:5070;transport=tcp>;expires=60;q=0.5, <tel:+1-555-0100;phone-context=example.com>',
  ]),
  message(
    'SIP/2.0 200 OK',
    [
      ...[
        ...common.slice(0, 1),
        ...common.slice(2, 3),
        'To: <sip:+15550100@localhost>;tag=a6c85cf',
        'Call-ID: x@y',
        'CSeq: 314159 INVITE',
      ],
      ...[
        'Contact: <sip:holdfast@127.0.0.1:5060>',
        'RSeq: 1',
        'Require: 100rel',
        'Content-Type: application/sdp',
      ],
    ],
    offer,
  ),
  message('SIP/2.0 401 Unauthorized', [
    ...[...common, 'CSeq: 2 REGISTER', 'Retry-After: 18000;duration=3600 (I am, busy)'],
    'WWW-Authenticate: Digest realm="localhost", nonce="n", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE',
  ]),
  message('PRACK sip:h@127.0.0.1 SIP/2.0', [...common, 'CSeq: 3 PRACK', 'RAck: 776656 1 INVITE']),
  message('REFER sip:h@127.0.0.1 SIP/2.0', [
    ...[
      ...common,
      'CSeq: 4 REFER',
      'Refer-To: <sip:bob@localhost?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>',
      'Referred-By: <sip:a@b>',
    ],
    'Reason: SIP;cause=200;text="Call completed elsewhere", Q.850;cause=16',
  ]),
  message(
    'NOTIFY sip:h@127.0.0.1 SIP/2.0',
    [
      ...[
        ...common,
        'CSeq: 5 NOTIFY',
        'Event: refer;id=4',
        'Subscription-State: terminated;reason=noresource',
      ],
      'Content-Type: message/sipfrag;version=2.0',
    ],
    'SIP/2.0 200 OK\r\n',
  ),
  message(
    'INFO sip:h@127.0.0.1 SIP/2.0',
    [...common, 'CSeq: 6 INFO', 'Content-Type: application/dtmf-relay'],
    'Signal=5\r\nDuration=160\r\n',
  ),
  message('OPTIONS tel:+1-201-555-0123;phone-context=x.y SIP/2.0', [
    ...common,
    'CSeq: 7 OPTIONS',
    'Accept: application/sdp;q=0.5, */*',
  ]),
]

/** Messages that the torture suite knows; none when its files are not there. */
function tortureMessages(): readonly Uint8Array[] {
  const folder = new URL('../../shared/sip-torture/', import.meta.url)
  if (!existsSync(folder)) return []
  return ['rfc4475', 'rfc5118'].flatMap((rfc) =>
    readdirSync(new URL(rfc, folder))
      .filter((name) => !name.endsWith('.tsv') && !name.endsWith('.md'))
      .sort()
      .map((name) => Uint8Array.from(readFileSync(new URL(`${rfc}/${name}`, folder)))),
  )
}

export const builtInMessages = seedText(...builtIn)

export function sipMessages(): readonly Uint8Array[] {
  return [...builtInMessages, ...recordedMessages, ...tortureMessages()]
}
