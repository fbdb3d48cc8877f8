// What each torture row means for this server, as a function of what was seen. Rows of the tables without a check here,
// and checks without a row, fail the suite.

import assert from 'node:assert/strict'
import { parseContacts } from '../../src/sip/message/headers/contact.ts'
import { parseAuth } from '../../src/sip/message/headers/auth.ts'
import { parseCSeq } from '../../src/sip/message/headers/cseq.ts'
import { parseMaxForwards } from '../../src/sip/message/headers/delta-seconds.ts'
import { parseNameAddr, tagOf } from '../../src/sip/message/headers/name-addr.ts'
import { parseVia } from '../../src/sip/message/headers/via.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { parseSipUri, sameUri, parseUri, unescapeUri } from '../../src/sip/message/uri.ts'
import type { Outcome } from './stack.ts'

export type Check = (outcome: Outcome) => void

/** The one request that went up. */
export function onlyRequest(outcome: Outcome): SipRequest {
  assert.equal(outcome.requests.length, 1, 'one request goes up')
  const [request] = outcome.requests
  assert.ok(request)
  return request
}

function onlyFinal(outcome: Outcome): SipResponse {
  assert.equal(outcome.requests.length, 0, 'nothing goes up')
  const finals = outcome.answers.filter(isFinal)
  const [first] = finals
  assert.ok(first, 'an answer is sent')
  assert.ok(finals.every(({ status }) => status === first.status))
  return first
}

function isFinal(message: SipMessage): message is SipResponse {
  return message.kind === 'response' && message.status >= 200
}

/** Parses, goes up, and `also` holds for the request. */
export function up(also: (request: SipRequest) => void = () => undefined): Check {
  return (outcome) => also(onlyRequest(outcome))
}

export function refused(
  status: number,
  also: (response: SipResponse) => void = () => undefined,
): Check {
  return (outcome) => {
    const response = onlyFinal(outcome)
    assert.equal(response.status, status)
    assert.ok(response.headers.has('via'), 'the answer echoes Via')
    also(response)
  }
}

/** 400 whose reason phrase says what was wrong. */
export function bad(fault: RegExp): Check {
  return refused(400, ({ reason }) => assert.match(reason, fault))
}

export const discarded: Check = (outcome) => {
  assert.equal(outcome.requests.length + outcome.stray2xx.length + outcome.answers.length, 0)
}

function contactUris(request: SipRequest): readonly string[] {
  const contacts = parseContacts(request.headers)
  assert.ok(contacts?.kind === 'list')
  return contacts.contacts.map(({ uriText }) => uriText)
}

function sip(text: string) {
  const uri = parseSipUri(text)
  assert.ok(uri, `${text} is a SIP URI`)
  return uri
}

/** RFC 4475, by file. */
export const checks4475: Readonly<Record<string, Check>> = {
  'wsinv.dat': up((request) => {
    const { headers } = request
    const vias = headers.values('via').map((value) => parseVia(value))
    assert.deepEqual(
      vias.map((via) => [via?.transport, via?.host, via?.branch]),
      [
        ['UDP', '192.0.2.2', '390skdjuw'],
        ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
        ['UDP', '192.168.255.111', 'z9hG4bK30239'],
      ],
    )
    assert.deepEqual(parseCSeq(headers.first('cseq') ?? ''), { number: 9, method: 'INVITE' })
    assert.equal(parseMaxForwards(headers.first('max-forwards') ?? ''), 68)
    assert.equal(headers.first('NewFangledHeader'), 'newfangled value continued newfangled value')
    assert.equal(parseNameAddr(headers.first('from') ?? '')?.displayName, 'J Rosenberg \\"')
    assert.equal(tagOf(headers.first('to')), '1918181833n')
    assert.equal(request.body.length, 150)
  }),
  'intmeth.dat': refused(501, ({ headers }) => {
    assert.ok(headers.has('allow'))
    assert.ok(headers.first('to')?.includes('NUL:\\\0'), 'a quoted NUL is echoed')
  }),
  'esc01.dat': up((request) => {
    const { user, host } = sip(request.uri)
    assert.equal(user, 'sips%3Auser%40example.com')
    assert.equal(unescapeUri(user), 'sips:user@example.com')
    assert.equal(host, 'example.net')
    const to = parseNameAddr(request.headers.first('to') ?? '')?.uri
    const plain = parseUri('sip:user@example.com')
    assert.ok(to && plain && sameUri(to, plain))
    const [contact = ''] = contactUris(request)
    const { parameters } = sip(contact)
    assert.deepEqual([...parameters.keys()], ['lr', 'name'])
    assert.equal(unescapeUri(parameters.get('name') ?? ''), 'value%41')
  }),
  'escnull.dat': up((request) => {
    assert.deepEqual(contactUris(request), [
      'sip:%00@host5.example.com',
      'sip:%00%00@host5.example.com',
    ])
    const users = contactUris(request).map((text) => unescapeUri(sip(text).user ?? ''))
    assert.deepEqual(users, ['\0', '\0\0'])
    const to = parseNameAddr(request.headers.first('to') ?? '')
    assert.equal(to?.uriText, 'sip:null-%00-null@example.com')
  }),
  'esc02.dat': refused(501, ({ headers }) => {
    assert.equal(parseCSeq(headers.first('cseq') ?? '')?.method, 'RE%47IST%45R')
  }),
  'lwsdisp.dat': up(({ headers }) => {
    assert.equal(parseNameAddr(headers.first('from') ?? '')?.displayName, 'caller')
  }),
  'longreq.dat': up(({ headers, body }) => {
    assert.equal(headers.values('via').length, 34)
    assert.equal(body.length, 150)
  }),
  'dblreq.dat': up(({ method, body }) => {
    assert.equal(method, 'REGISTER')
    assert.equal(body.length, 0)
  }),
  'semiuri.dat': up(({ uri, headers }) => {
    assert.equal(sip(uri).user, 'user;par=u%40example.net')
    assert.equal(sip(uri).parameters.size, 0)
    assert.equal(headers.values('accept').length, 6)
  }),
  'transports.dat': up(({ headers }) => {
    const names = headers.values('via').map((value) => parseVia(value)?.transport)
    assert.deepEqual(names, ['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP'])
  }),
  // MESSAGE is a method we know and do not serve; the parser test looks at the body.
  'mpart01.dat': refused(405, ({ headers }) => assert.ok(headers.has('allow'))),
  'unreason.dat': discarded,
  'noreason.dat': discarded,
  'badinv01.dat': bad(/Via/),
  'clerr.dat': bad(/Content-Length/),
  'ncl.dat': bad(/Content-Length/),
  'scalar02.dat': bad(/CSeq/),
  'scalarlg.dat': discarded,
  'quotbal.dat': bad(/To/),
  'ltgtruri.dat': bad(/Request-URI/),
  'lwsruri.dat': bad(/Request-Line/),
  'lwsstart.dat': bad(/Request-Line/),
  'trws.dat': up(),
  'escruri.dat': bad(/Request-URI/),
  'baddate.dat': up(),
  'regbadct.dat': bad(/Contact/),
  'badaspec.dat': up(({ headers }) => {
    assert.equal(parseNameAddr(headers.first('to') ?? '')?.uriText, 'sip:t.watson@example.org')
  }),
  'baddn.dat': up(({ headers }) => {
    assert.equal(parseNameAddr(headers.first('from') ?? '')?.displayName, 'Bell, Alexander')
  }),
  'badvers.dat': refused(505),
  'mismatch01.dat': bad(/CSeq/),
  'mismatch02.dat': bad(/CSeq/),
  'bigcode.dat': discarded,
  'badbranch.dat': up(),
  'insuf.dat': bad(/Missing/),
  'unkscm.dat': refused(416),
  'novelsc.dat': refused(416),
  // The registrar refuses the foreign AOR; here the message only has to arrive whole.
  'unksm2.dat': up(({ headers }) => {
    assert.equal(parseNameAddr(headers.first('to') ?? '')?.uriText, 'isbn:2983792873')
  }),
  'bext01.dat': refused(420, ({ headers }) => {
    assert.deepEqual(headers.values('unsupported'), [
      'nothingSupportsThis',
      'nothingSupportsThisEither',
      'noProxiesSupportThis',
      'norDoAnyProxiesSupportThis',
    ])
  }),
  'invut.dat': refused(415, ({ headers }) =>
    assert.ok(headers.values('accept').includes('application/sdp')),
  ),
  'regaut01.dat': up(({ headers }) => {
    assert.equal(parseAuth(headers.first('authorization') ?? '')?.scheme, 'nooneknowsthisscheme')
  }),
  'multi01.dat': bad(/Repeated/),
  'mcl01.dat': bad(/Content-Length/),
  'bcast.dat': discarded,
  'zeromf.dat': up(({ headers }) => assert.equal(headers.first('max-forwards'), '0')),
  'cparam01.dat': up(({ headers }) => {
    const contacts = parseContacts(headers)
    assert.ok(contacts?.kind === 'list')
    assert.equal(contacts.contacts[0]?.uriText, 'sip:+19725552222@gw1.example.net')
    assert.ok(contacts.contacts[0]?.parameters.has('unknownparam'))
  }),
  'cparam02.dat': up((request) => {
    const [contact = ''] = contactUris(request)
    assert.ok(sip(contact).parameters.has('unknownparam'))
  }),
  'regescrt.dat': up((request) => {
    const [contact = ''] = contactUris(request)
    assert.equal(sip(contact).headers, 'Route=%3Csip:sip.example.com%3E')
  }),
  'sdp01.dat': refused(406),
  'inv2543.dat': up(({ headers }) => assert.equal(tagOf(headers.first('from')), undefined)),
}

function viaReceived({ headers }: SipRequest): void {
  assert.equal(parseVia(headers.first('via') ?? '')?.received, '2001:db8::9:255')
}

/** RFC 5118, by file. */
export const checks5118: Readonly<Record<string, Check>> = {
  'ipv6-good': up((request) => {
    assert.equal(sip(request.uri).host, '[2001:db8::10]')
    assert.equal(parseVia(request.headers.first('via') ?? '')?.host, '[2001:db8::9:1]')
    assert.deepEqual(contactUris(request), ['sip:caller@[2001:db8::1]'])
  }),
  'ipv6-bad': bad(/Request-URI/),
  'port-ambiguous': up(({ uri }) => {
    assert.deepEqual([sip(uri).host, sip(uri).port], ['[2001:db8::10:5070]', undefined])
  }),
  'port-unambiguous': up(({ uri }) => {
    assert.deepEqual([sip(uri).host, sip(uri).port], ['[2001:db8::10]', 5070])
  }),
  'via-received-param-with-delim': up(viaReceived),
  'via-received-param-no-delim': up(viaReceived),
  'ipv6-in-sdp': up(({ body }) =>
    assert.match(Buffer.from(body).toString(), /IN IP6 2001:db8::20/),
  ),
  'mult-ip-in-header': up(({ headers }) => {
    const hosts = headers.values('via').map((value) => parseVia(value)?.host)
    assert.deepEqual(hosts, ['[2001:db8::9:1]', '192.0.2.1', '[2001:db8::9:255]'])
  }),
  'mult-ip-in-sdp': up(({ body }) => assert.equal(body.length, 181)),
  'ipv4-mapped-ipv6': up(({ headers }) => {
    assert.equal(parseVia(headers.first('via') ?? '')?.host, '[::ffff:192.0.2.10]')
  }),
  'ipv6-bug-abnf-3-colons': bad(/Request-URI/),
  'ipv6-correct-abnf-2-colons': up(({ uri }) =>
    assert.equal(sip(uri).host, '[2001:db8::192.0.2.1]'),
  ),
}
