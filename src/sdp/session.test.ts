import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseDescription, SDP_LIMITS } from './parse.ts'
import type { RemoteDescription } from './parse.ts'
import { acceptAnswer, answerOffer, makeOffer, newSdpState, offeredCodecs } from './session.ts'
import type { LocalEnd } from './session.ts'

const end: LocalEnd = {
  address: '192.0.2.1',
  port: 20_000,
  codecs: ['PCMU', 'PCMA'],
  ordered: false,
}
const wide: LocalEnd = { ...end, codecs: ['PCMU', 'PCMA', 'G722', 'OPUS'] }
const head = ['v=0', 'o=- 1 1 IN IP4 198.51.100.2', 's=-', 'c=IN IP4 198.51.100.2', 't=0 0']

function parsed(...lines: string[]): RemoteDescription {
  const result = parseDescription([...head, ...lines].join('\r\n'))
  assert.ok(result.ok, result.ok ? '' : result.why)
  return result.value
}

function answer(lines: string[], local: LocalEnd = end) {
  return answerOffer(newSdpState(7), parsed(...lines), local)
}

const events = 'a=rtpmap:96 telephone-event/8000'

const accepted: Record<
  string,
  { offer: string[]; local?: LocalEnd; says: RegExp[]; not?: RegExp }
> = {
  'the offer’s order decides': {
    offer: ['m=audio 4000 RTP/AVP 8 0'],
    says: [/m=audio 20000 RTP\/AVP 8\r\n/, /a=rtpmap:8 PCMA\/8000/, /a=sendrecv/, /a=ptime:20/],
  },
  'our order decides when it is given': {
    offer: ['m=audio 4000 RTP/AVP 8 0'],
    local: { ...end, ordered: true },
    says: [/RTP\/AVP 0\r\n/],
  },
  'payload types of the offer are kept': {
    offer: ['m=audio 4000 RTP/AVP 18 97 96', 'a=rtpmap:97 pcma/8000', events],
    says: [/RTP\/AVP 97 96\r\n/, /a=rtpmap:97 PCMA\/8000/, /a=rtpmap:96 telephone-event\/8000/],
  },
  'telephone-event at another rate is not taken': {
    offer: ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/48000'],
    says: [/RTP\/AVP 0\r\n/],
  },
  'foreign fmtp is not echoed': {
    offer: ['m=audio 4000 RTP/AVP 0 96', events, 'a=fmtp:96 0-11,66', 'a=fmtp:0 mode=x'],
    says: [/a=fmtp:96 0-15\r\n/],
    not: /mode=x|66/,
  },
  'G.722 is taken where the peer prefers it, its static type without rtpmap': {
    offer: ['m=audio 4000 RTP/AVP 9 0'],
    local: wide,
    says: [/RTP\/AVP 9\r\n/, /a=rtpmap:9 G722\/8000\r\n/],
  },
  'RFC 3551 §4.5.2: G.722 of another clock is another codec': {
    offer: ['m=audio 4000 RTP/AVP 97 0', 'a=rtpmap:97 G722/16000'],
    local: wide,
    says: [/RTP\/AVP 0\r\n/],
  },
  'Opus is taken last when nobody asked for it': {
    offer: ['m=audio 4000 RTP/AVP 111 9 0', 'a=rtpmap:111 opus/48000/2'],
    local: wide,
    says: [/RTP\/AVP 9\r\n/],
  },
  'RFC 7587: Opus alone, with telephone-event of its clock': {
    offer: [
      'm=audio 4000 RTP/AVP 111 96 110',
      'a=rtpmap:111 OPUS/48000/2',
      'a=rtpmap:96 telephone-event/8000',
      'a=rtpmap:110 telephone-event/48000',
    ],
    local: wide,
    says: [
      /RTP\/AVP 111 110\r\n/,
      /a=rtpmap:111 opus\/48000\/2\r\n/,
      /a=rtpmap:110 telephone-event\/48000\r\n/,
      /a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0\r\n/,
    ],
  },
  'Opus first when our order says so': {
    offer: ['m=audio 4000 RTP/AVP 0 111', 'a=rtpmap:111 opus/48000/2'],
    local: { ...wide, codecs: ['OPUS', 'PCMU'], ordered: true },
    says: [/RTP\/AVP 111\r\n/],
  },
  'RFC 3389: comfort noise is taken when it is offered': {
    offer: ['m=audio 4000 RTP/AVP 8 13 96', events],
    says: [/RTP\/AVP 8 13 96\r\n/, /a=rtpmap:13 CN\/8000/],
  },
  'RFC 3264 §6: other m-lines are refused in their places': {
    offer: [
      'm=video 5000 RTP/AVP 96 97',
      'm=audio 5002 RTP/SAVP 0',
      'm=audio 4000 RTP/AVP 0',
      'm=image 6000 udptl t38',
    ],
    says: [
      /m=video 0 RTP\/AVP 96 97\r\nm=audio 0 RTP\/SAVP 0\r\nm=audio 20000 RTP\/AVP 0\r\n/,
      /m=image 0 udptl t38\r\n$/,
    ],
  },
  'RFC 5761: rtcp-mux is answered when offered': {
    offer: ['m=audio 4000 RTP/AVP 0', 'a=rtcp-mux'],
    says: [/a=rtcp-mux/],
  },
  'AVPF without keys is plain RTP': { offer: ['m=audio 4000 RTP/AVPF 0'], says: [/RTP\/AVPF 0/] },
  'sendonly is answered recvonly': {
    offer: ['m=audio 4000 RTP/AVP 0', 'a=sendonly'],
    says: [/a=recvonly/],
  },
  'RFC 3264 §8.4: 0.0.0.0 is hold': {
    offer: ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'],
    says: [/a=recvonly/],
  },
  'ptime is honoured in whole 10 ms': {
    offer: ['m=audio 4000 RTP/AVP 0', 'a=ptime:35', 'a=maxptime:40'],
    says: [/a=ptime:30/],
  },
  'a port count and odd blanks are forgiven': {
    offer: ['m=audio  4000/2 RTP/AVP  0 ', 'A=x', 'a=SENDONLY '],
    says: [/RTP\/AVP 0\r\n/, /a=recvonly/],
  },
}

for (const [name, { offer, local, says, not }] of Object.entries(accepted)) {
  test(`answer: ${name}`, () => {
    const result = answer(offer, local)
    assert.ok(result.ok, result.ok ? '' : result.why)
    for (const pattern of says) assert.match(result.value.sdp, pattern)
    if (not !== undefined) assert.doesNotMatch(result.value.sdp, not)
    assert.match(result.value.sdp, /^v=0\r\no=- 7 1 IN IP4 192\.0\.2\.1\r\ns=-\r\nc=IN IP4 192/)
  })
}

const refusedOffers: Record<string, string[]> = {
  'SRTP only': ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x'],
  'DTLS only': ['m=audio 9 UDP/TLS/RTP/SAVPF 0'],
  'ICE only': ['m=audio 9 RTP/AVP 0', 'a=ice-ufrag:abcd'],
  'no common codec': ['m=audio 4000 RTP/AVP 18 9'],
  'wide-band under our name': ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMU/16000'],
  'no audio': ['m=video 4000 RTP/AVP 96'],
  'audio switched off': ['m=audio 0 RTP/AVP 0'],
  'IPv6 towards an IPv4 engine': ['m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::1'],
  multicast: ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127'],
  'a name': ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example'],
}
for (const [name, offer] of Object.entries(refusedOffers)) {
  test(`refused: ${name}`, () => assert.equal(answer(offer).ok, false))
}

test('IPv6 is spoken when we have it, addresses compared in one form', () => {
  const local = { ...end, address: '2001:db8::2' }
  const result = answer(['m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:DB8:0:0::1'], local)
  assert.ok(result.ok)
  assert.match(result.value.sdp, /c=IN IP6 2001:db8::2/)
  assert.equal(result.value.state.agreement?.address, '2001:db8::1')
})

test('RFC 3264 §8: version + 1 per change, the same text otherwise; a refused offer changes nothing', () => {
  const offer = parsed('m=audio 4000 RTP/AVP 0')
  const first = answerOffer(newSdpState(7), offer, end)
  assert.ok(first.ok)
  const again = answerOffer(first.value.state, offer, end)
  assert.ok(again.ok)
  assert.equal(again.value.sdp, first.value.sdp)
  const hold = answerOffer(again.value.state, parsed('m=audio 4000 RTP/AVP 0', 'a=inactive'), end)
  assert.ok(hold.ok)
  assert.match(hold.value.sdp, /o=- 7 2 /)
  assert.equal(hold.value.state.agreement?.peerReceives, false)
  assert.equal(hold.value.state.agreement?.peerSends, false)
  const ask = makeOffer(hold.value.state, end)
  assert.match(ask.sdp, /o=- 7 3 [^]*a=sendrecv/)
  assert.equal(answerOffer(ask.state, parsed('m=audio 4000 RTP/AVP 18'), end).ok, false)
})

test('our offer and its answers', () => {
  const made = makeOffer(newSdpState(7), end)
  assert.match(made.sdp, /m=audio 20000 RTP\/AVP 0 8 101\r\n/)
  const taken = acceptAnswer(
    made.state,
    parsed('m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000', 'a=rtcp-mux'),
    end,
  )
  assert.ok(taken.ok)
  const { agreement } = taken.value
  assert.equal(agreement?.codec, 'PCMA')
  assert.equal(agreement.eventPayloadType, 101)
  assert.equal(agreement.rtcpMux, false, 'not offered, so not in force')
  assert.equal(agreement.rtcpPort, 4001)
  assert.equal(acceptAnswer(made.state, parsed('m=audio 0 RTP/AVP 0'), end).ok, false)
  assert.equal(acceptAnswer(made.state, parsed('m=video 1 RTP/AVP 0'), end).ok, false)
  assert.equal(makeOffer(taken.value, end).sdp, made.sdp)
})

test('codec names of an offer', () => {
  const offer = parsed('m=audio 1 RTP/AVP 9 0 96', 'a=rtpmap:9 G722/8000', events)
  assert.deepEqual(offeredCodecs(offer), ['G722', 'PCMU'])
})

test('limits and rubbish are values, never exceptions', () => {
  const line = 'm=audio 4000 RTP/AVP 0'
  const texts = [
    '',
    '\0'.repeat(100),
    'm=',
    'm=audio',
    'm=audio x RTP/AVP 0',
    'm=audio 70000 RTP/AVP 0',
    'm=audio -1 RTP/AVP 0',
    'x'.repeat(SDP_LIMITS.characters + 1),
    `m=audio 1 RTP/AVP ${'0 '.repeat(600)}`,
    `${line}\n`.repeat(SDP_LIMITS.media + 1),
    `m=audio 1 RTP/AVP ${'0 '.repeat(SDP_LIMITS.formats + 1)}`,
    `${line}\n${'a=x\n'.repeat(SDP_LIMITS.lines)}`,
  ]
  for (const text of texts) assert.equal(parseDescription(text).ok, false, text.slice(0, 40))
  const good = [...head, line, events, 'a=rtcp:5 IN IP4 1.2.3.4', 'a=ptime:20'].join('\r\n')
  for (let at = 0; at < good.length; at++) {
    parseDescription(good.slice(0, at))
    for (const byte of ['\0', '9', ' ', ':', '\n', '=']) {
      const result = parseDescription(good.slice(0, at) + byte + good.slice(at + 1))
      if (result.ok) answerOffer(newSdpState(1), result.value, end)
    }
  }
})

test('an m-line without a transport is refused: our answer could not repeat it', () => {
  const text = [...head, 'm=a 4 \u00d2', 'm=audio 4000 RTP/AVP 8'].join('\n')
  assert.equal(parseDescription(text).ok, false)
})

test('our offer names what it is given, in that order; Opus with both kinds of telephone-event', () => {
  const plain = makeOffer(newSdpState(7), { ...end, codecs: ['PCMU', 'PCMA', 'G722'] }).sdp
  assert.match(plain, /RTP\/AVP 0 8 9 101\r\na=rtpmap:0 PCMU\/8000\r\n/)
  const full = makeOffer(newSdpState(7), { ...end, codecs: ['OPUS', 'G722', 'PCMU'] })
  assert.match(full.sdp, /RTP\/AVP 96 9 0 101 97\r\n/)
  assert.match(full.sdp, /a=rtpmap:97 telephone-event\/48000\r\n/)
  const answered = parsed(
    'm=audio 4000 RTP/AVP 96 97',
    'a=rtpmap:96 opus/48000/2',
    'a=rtpmap:97 telephone-event/48000',
  )
  const agreed = acceptAnswer(full.state, answered, { ...end, codecs: ['OPUS', 'G722', 'PCMU'] })
  assert.ok(agreed.ok)
  assert.equal(agreed.value.agreement?.codec, 'OPUS')
  assert.equal(agreed.value.agreement?.eventPayloadType, 97)
})
