// The parser: limits, framing, survival of any bytes. The torture suite covers the grammar.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom } from '../../../test/support/virtual.ts'
import { defaultMessageLimits } from './limits.ts'
import { parseMessage, type ParseError } from './parse.ts'
import { parseContacts } from './headers/contact.ts'
import { serializeRequest, serializeResponse } from './serialize.ts'
import type { SipMessage } from './types.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function invite(
  extra = '',
  options: { uri?: string; body?: string; length?: string } = {},
): Uint8Array {
  const { uri = 'sip:bob@example.com', body = '', length = String(body.length) } = options
  return bytesOf(
    `INVITE ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n` +
      `To: <sip:b@x>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n${extra}Content-Length: ${length}\r\n\r\n${body}`,
  )
}

function message(bytes: Uint8Array, stream = false): SipMessage {
  const result = parseMessage(bytes, { stream })
  assert.ok(result.kind === 'message', JSON.stringify(result))
  return result.message
}

function error(bytes: Uint8Array, stream = false): ParseError {
  const result = parseMessage(bytes, { stream })
  assert.ok(result.kind === 'error')
  return result
}

describe('parseMessage', () => {
  it('RFC 3261 §7.3.3: every compact form is its long header', () => {
    const compact =
      'm: <sip:a@h>\r\nk: timer\r\nc: application/sdp\r\nx: 90\r\nr: <sip:r@x>\r\nb: <sip:b@x>\r\ns: hi\r\n'
    const { headers } = message(invite(compact))
    const names = [
      'contact',
      'supported',
      'content-type',
      'session-expires',
      'refer-to',
      'referred-by',
      'subject',
    ]
    assert.ok(names.every((name) => headers.has(name)))
    assert.equal(headers.first('m'), '<sip:a@h>')
  })

  it('RFC 3261 §7.3.1: comma lists and repeated lines are one list; quotes and brackets protect commas', () => {
    const { headers } = message(
      invite('Contact: "A, B" <sip:a,b@h>;q=1, <sip:c@h>\r\nContact: <sip:d@h>\r\n'),
    )
    assert.deepEqual(headers.values('contact'), [
      '"A, B" <sip:a,b@h>;q=1',
      '<sip:c@h>',
      '<sip:d@h>',
    ])
    assert.equal(headers.all('contact').length, 2)
  })

  it('RFC 3261 §20.10: the parameters of a second Contact stay its own', () => {
    const { headers } = message(
      invite('Contact: <sip:a@h>;expires=60;q=0.5, <sip:b@h>;expires=0\r\n'),
    )
    const contacts = parseContacts(headers)
    assert.ok(contacts?.kind === 'list')
    const [first, second] = contacts.contacts
    assert.deepEqual([first?.parameters.get('expires'), first?.parameters.get('q')], ['60', '0.5'])
    assert.deepEqual([second?.parameters.get('expires'), second?.parameters.has('q')], ['0', false])
  })

  it('RFC 3261 §10.2.2: Contact * is read, beside others or malformed it is refused, and None is no crash', () => {
    assert.deepEqual(parseContacts(message(invite('Contact: *\r\n')).headers), { kind: 'all' })
    assert.equal(error(invite('Contact: *, <sip:a@h>\r\n')).reason, 'Bad Contact')
    assert.equal(error(invite('Contact: None\r\n')).reason, 'Bad Contact')
  })

  it('RFC 3261 §20.14: on a datagram Content-Length cuts, its absence takes the rest', () => {
    assert.equal(message(invite('', { body: 'abcdef', length: '3' })).body.length, 3)
    const without = Buffer.from(invite('', { body: 'abc' }))
      .toString()
      .replace(/Content-Length: 3\r\n/, '')
    assert.equal(message(bytesOf(without)).body.length, 3)
    assert.match(error(bytesOf(without), true).reason, /Missing Content-Length/)
  })

  it('RFC 3261 §18.3: a huge Content-Length is refused at once and allocates nothing', () => {
    for (const length of [
      '131073',
      '4294967296',
      '99999999999999999999999',
      '-1',
      '+3',
      '0x10',
      '3 4',
    ]) {
      const result = error(invite('', { length }), true)
      assert.ok(result.status === 413 || result.status === 400)
      assert.equal(result.consumed, undefined, 'the stream must be closed')
    }
  })

  it('RFC 3261 §7.5: leading CRLFs are skipped and the rest of a stream is left', () => {
    const first = invite('', { body: 'xyz' })
    const both = Buffer.concat([bytesOf('\r\n\r\n'), first, invite()])
    const result = parseMessage(both, { stream: true })
    assert.ok(result.kind === 'message')
    assert.equal(result.consumed, 4 + first.length)
  })

  it('RFC 3261 §18.3: every prefix of a message on a stream is incomplete', () => {
    const bytes = invite('Subject: x\r\n', { body: 'hello' })
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(parseMessage(bytes.subarray(0, length), { stream: true }).kind, 'incomplete')
    }
    assert.equal(parseMessage(bytes, { stream: true }).kind, 'message')
  })

  it('RFC 3261 §25.1: a CR or LF alone is a fault', () => {
    for (const evil of ['Subject: a\nRoute: <sip:x>\r\n', 'Subject: a\rb\r\n']) {
      assert.equal(error(invite(evil)).reason, 'CR or LF alone')
    }
  })

  it('RFC 3261 §8.1.1.5: CSeq is below 2^31, Max-Forwards at most 255', () => {
    const seq = (n: string) =>
      bytesOf(Buffer.from(invite()).toString().replace('CSeq: 1', `CSeq: ${n}`))
    assert.equal(parseMessage(seq('2147483647')).kind, 'message')
    assert.equal(error(seq('2147483648')).reason, 'Bad CSeq')
    assert.equal(parseMessage(invite('Max-Forwards: 255\r\n')).kind, 'message')
    assert.equal(error(invite('Max-Forwards: 256\r\n')).reason, 'Bad Max-Forwards')
  })

  it('RFC 3261 §7: every limit answers with its fault', () => {
    assert.equal(error(invite('', { uri: `sip:${'a'.repeat(9_000)}@x` })).status, 414)
    assert.match(error(invite(`X: ${'a'.repeat(17_000)}\r\n`)).reason, /line too long/)
    assert.match(error(invite('X: a\r\n'.repeat(300))).reason, /Too many headers/)
    assert.match(error(invite('Via: SIP/2.0/UDP h\r\n'.repeat(70))).reason, /Too many Via/)
    assert.match(error(invite(`Via: ${'SIP/2.0/UDP h,'.repeat(80)}\r\n`)).reason, /Too many Via/)
    const limits = { ...defaultMessageLimits, bodyBytes: 10 }
    const result = parseMessage(invite('', { body: 'x'.repeat(11) }), { stream: false, limits })
    assert.ok(result.kind === 'error' && result.status === 413)
    const endless = bytesOf(`INVITE sip:a@b SIP/2.0\r\n${'X: y\r\n'.repeat(60_000)}`)
    assert.ok(endless.length > defaultMessageLimits.streamBytes)
    assert.equal(error(endless, true).consumed, undefined)
  })

  it('RFC 3261 §7.1: a folded header of many short lines is bounded too', () => {
    const folded = `X: a\r\n${' b\r\n'.repeat(10_000)}`
    assert.match(error(invite(folded)).reason, /line too long/)
  })

  it('RFC 4475 §3: any byte string, also a damaged message, gives a result and no exception', () => {
    const random = new SeededRandom(11)
    const seed = invite(
      'Contact: "q\\"uo" <sip:%41@[::1]:5060;lr?a=b>;q=0.1\r\nRoute: <sip:x>\r\n',
      { body: 'v=0' },
    )
    for (let round = 0; round < 3_000; round++) {
      const bytes = round % 3 === 0 ? random.bytes(random.below(300)) : seed.slice()
      for (let hit = random.below(8); hit > 0 && bytes.length > 0; hit--)
        bytes[random.below(bytes.length)] = random.below(256)
      const cut = bytes.subarray(0, random.below(bytes.length + 1))
      for (const stream of [false, true]) {
        const result = parseMessage(cut, { stream })
        if (result.kind === 'message') [...result.message.headers.entries()]
      }
    }
  })

  it('RFC 3261 §25: a kilobyte of INVITE with its top headers takes well under a millisecond', () => {
    const bytes = invite(
      'Max-Forwards: 70\r\nContact: <sip:a@192.0.2.1:5060;transport=udp>\r\nAllow: INVITE, ACK, BYE\r\n' +
        `Supported: timer, 100rel\r\nUser-Agent: test/1.0\r\nX-Fill: ${'f'.repeat(300)}\r\n`,
      { body: 'v=0\r\n'.repeat(60) },
    )
    const rounds = 2_000
    const before = process.cpuUsage() // Not the clock: others may have the machine.
    for (let i = 0; i < rounds; i++) message(bytes)
    const { user, system } = process.cpuUsage(before)
    const microseconds = (user + system) / rounds
    // The target is 20 µs; the bound only catches a parser gone quadratic.
    assert.ok(microseconds < 500, `${microseconds.toFixed(1)} µs`)
  })
})

describe('serializer', () => {
  it('RFC 3261 §7: what is written is read back', () => {
    const headers = [
      ['Via', 'SIP/2.0/UDP h;branch=z9hG4bK1'],
      ['From', '"Ü" <sip:a@x>;tag=1'],
      ['To', '<sip:b@x>'],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
    ] as const
    const request = message(
      serializeRequest({ method: 'INVITE', uri: 'sip:b@x', headers, body: bytesOf('hello') }),
    )
    assert.equal(request.headers.first('from'), '"Ü" <sip:a@x>;tag=1')
    assert.equal(Buffer.from(request.body).toString(), 'hello')
    const response = message(serializeResponse({ status: 200, headers }))
    assert.ok(response.kind === 'response' && response.reason === 'OK')
  })

  it('RFC 3261 §25.1: CR, LF and NUL are refused in every place', () => {
    const request = (name: string, value: string) => () =>
      serializeRequest({ method: 'INVITE', uri: 'sip:b@x', headers: [[name, value]] })
    for (const evil of ['a\r\nB: c', 'a\nb', 'a\rb', 'a\0b']) {
      assert.throws(request('X', evil), { code: 'SIP_UNSAFE_MESSAGE' })
      assert.throws(request(evil, 'x'), { code: 'SIP_UNSAFE_MESSAGE' })
      assert.throws(() => serializeRequest({ method: evil, uri: 'sip:b@x', headers: [] }), /method/)
      assert.throws(
        () => serializeRequest({ method: 'BYE', uri: `sip:${evil}@x`, headers: [] }),
        /URI/,
      )
      assert.throws(() => serializeResponse({ status: 200, reason: evil, headers: [] }), /reason/)
    }
    assert.throws(request('Bad Name', 'x'), /token/)
    assert.throws(
      () => serializeRequest({ method: 'BYE', uri: 'sip:a@b SIP/2.0', headers: [] }),
      /URI/,
    )
    assert.throws(() => serializeResponse({ status: 700, headers: [] }), /status/)
  })

  it('RFC 3261 §20.14: a Content-Length of the caller never stands beside the true one', () => {
    const bytes = serializeResponse({
      status: 200,
      headers: [
        ['l', '99'],
        ['content-length', '98'],
      ],
    })
    assert.equal(Buffer.from(bytes).toString(), 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
})

describe('RFC 3261 §25: what strangers send costs little', () => {
  const cpuMs = (run: () => void): number => {
    let best = Infinity
    for (let left = 5; left > 0 && best > 5; left--) {
      const before = process.threadCpuUsage()
      run()
      const { user, system } = process.threadCpuUsage(before)
      best = Math.min(best, (user + system) / 1000)
    }
    return best
  }
  const heads = {
    'a start line of spaces': `R${' '.repeat(65_000)}`,
    'spaces between method and URI': `R${' '.repeat(30_000)}${'x'.repeat(30_000)}`,
    'a tel: URI that is no number': `OPTIONS tel:${'1'.repeat(60_000)}x SIP/2.0`,
    'a version without end': `OPTIONS sip:a SIP/2.${'0'.repeat(60_000)}`,
    'spaces behind the version': `OPTIONS sip:a SIP/2.0${' '.repeat(60_000)}x`,
    'a Via of white space': `OPTIONS sip:a SIP/2.0\r\nVia: SIP ${'\t'.repeat(15_000)}`,
  }
  for (const [name, head] of Object.entries(heads)) {
    it(name, () => {
      const bytes = bytesOf(`${head}\r\n\r\n`)
      const spentMs = cpuMs(() => void parseMessage(bytes))
      assert.ok(spentMs <= 5, `${spentMs} ms`)
    })
  }

  it('a NUL is refused wherever we would have to send it back ourselves', () => {
    for (const header of ['Require: \0', 'Call-ID: a\0', 'Path: <sip:a>;x="\0"', 'X-A: \0']) {
      const { status } = error(invite(`${header}\r\n`))
      assert.equal(status, 400, header)
    }
  })
})
