import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldsOf } from '../fields.ts'
import { parseAuth } from './auth.ts'
import { parseCSeq } from './cseq.ts'
import { parseDeltaSeconds } from './delta-seconds.ts'
import { accepts, parseMediaType } from './media-type.ts'
import { formatNameAddr, parseNameAddr, tagOf } from './name-addr.ts'
import { formatRAck, parseRAck, parseRSeq } from './rack.ts'
import { parseReplaces } from './replaces.ts'
import { parseMinSe, parseSessionExpires } from './session-expires.ts'
import { hasToken } from './tokens.ts'
import { parseVia, stampVia } from './via.ts'

describe('structured headers', () => {
  it('RFC 3261 §20.10: name-addr in all its shapes', () => {
    const full = parseNameAddr('"Mr. \\"X\\" <y>, z" <sip:a;p=1@h;lr?h=1> ;tag=t ; q=0.5')
    assert.equal(full?.displayName, 'Mr. "X" <y>, z')
    assert.equal(full.uriText, 'sip:a;p=1@h;lr?h=1')
    assert.deepEqual(
      [...full.parameters],
      [
        ['tag', 't'],
        ['q', '0.5'],
      ],
    )
    const bare = parseNameAddr('sip:a@h;tag=t')
    assert.deepEqual([bare?.uriText, bare?.parameters.get('tag')], ['sip:a@h', 't'])
    for (const bad of [
      '',
      '"x <sip:a@h>',
      '<sip:a@h',
      'sip:a@h?x=1',
      '<sip:a@h> x',
      'None',
      '*',
      '<>',
      '<sip:a@h>;;',
    ]) {
      assert.equal(parseNameAddr(bad), undefined, bad)
    }
    assert.equal(tagOf('<sip:a@h;tag=uri>'), undefined, 'a URI parameter is no tag')
    assert.equal(tagOf(undefined), undefined)
  })

  it('RFC 3261 §25.1: a display name from outside stays inside its quotes', () => {
    const text = formatNameAddr({
      displayName: 'a" <sip:evil>;tag=x, \\',
      uriText: 'sip:a@h',
      parameters: [['tag', 't']],
    })
    const read = parseNameAddr(text)
    assert.equal(read?.displayName, 'a" <sip:evil>;tag=x, \\')
    assert.deepEqual([read.uriText, read.parameters.get('tag')], ['sip:a@h', 't'])
  })

  it('RFC 3581 §3, RFC 5118 §4.5: Via with rport and both spellings of received', () => {
    const via = parseVia('SIP/2.0/UDP [2001:db8::1]:5070;rport;branch=z9hG4bKx;received=[::1]')
    assert.deepEqual(
      [via?.host, via?.port, via?.rport, via?.received],
      ['[2001:db8::1]', 5070, 'asked', '::1'],
    )
    assert.equal(parseVia('SIP/2.0/UDP h;received=::1;rport=99')?.rport, 99)
    assert.equal(parseVia('SIP/2.0/UDP h;received=evil')?.received, undefined)
    for (const bad of [
      '',
      'SIP/2.0/UDP',
      'SIP/3.0/UDP h',
      'SIP/2.0/UDP h;;x',
      'SIP/2.0/UDP ::1',
      'SIP/2.0/U P h:1:2',
    ]) {
      assert.equal(parseVia(bad), undefined, bad)
    }
    assert.ok(via)
    const plain = 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy'
    const plainVia = parseVia(plain)
    assert.ok(plainVia)
    assert.equal(stampVia(plain, plainVia, { address: '192.0.2.1', port: 5060 }), plain)
  })

  it('fuzz 1909714422: a Via never comes back longer than it was, but for received and rport', () => {
    const source = { address: '192.0.2.1', port: 5060 }
    for (const value of ['"'.repeat(8000), `x${'"'.repeat(8000)}`, '\\'.repeat(8000), '"a"b'])
      assert.equal(parseVia(`SIP/2.0/UDP h;branch=${value}`), undefined, value.slice(0, 10))
    const escaped = `SIP/2.0/UDP h;branch="${'\\"'.repeat(4000)}"`
    const via = parseVia(escaped)
    assert.ok(via)
    assert.ok(stampVia(escaped, via, source).length <= escaped.length + 64)
  })

  it('RFC 7616 §3.3: challenges', () => {
    const auth = parseAuth(
      'Digest realm="a, \\"b\\"", nonce="n", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE',
    )
    assert.equal(auth?.scheme, 'digest')
    assert.deepEqual(
      [...auth.parameters.values()],
      ['a, "b"', 'n', 'auth,auth-int', 'SHA-256', 'TRUE'],
    )
    assert.equal(parseAuth('Digest realm="a", realm="b"'), undefined)
    assert.equal(parseAuth('Digest realm="open'), undefined)
    assert.deepEqual(parseAuth('NoOne opaque=1')?.parameters.get('opaque'), '1')
  })

  it('RFC 3261 §20, RFC 3262, RFC 3891, RFC 4028: the small ones', () => {
    assert.deepEqual(parseCSeq(' 0009\t INVITE '), { number: 9, method: 'INVITE' })
    assert.equal(parseCSeq('1'), undefined)
    assert.equal(parseDeltaSeconds('99999999999'), 4_294_967_295)
    assert.equal(parseDeltaSeconds('-1'), undefined)
    assert.deepEqual(parseRAck('1 2 INVITE'), { rseq: 1, cseq: 2, method: 'INVITE' })
    assert.equal(formatRAck({ rseq: 1, cseq: 2, method: 'INVITE' }), '1 2 INVITE')
    assert.equal(parseRAck('1 2'), undefined)
    assert.equal(parseRSeq('0'), undefined)
    assert.deepEqual(parseSessionExpires('1800 ;refresher=UAC'), {
      seconds: 1_800,
      refresher: 'uac',
    })
    assert.equal(parseMinSe('90;x=y'), 90)
    const replaces = parseReplaces('c@h;to-tag=a;from-tag=b;early-only')
    assert.deepEqual(replaces, { callId: 'c@h', toTag: 'a', fromTag: 'b', earlyOnly: true })
    assert.equal(parseReplaces('c@h;to-tag=a'), undefined)
  })

  it('RFC 3261 §20.1: Accept and media types', () => {
    assert.equal(parseMediaType('Application/SDP;charset=x')?.type, 'application/sdp')
    assert.equal(parseMediaType('sdp'), undefined)
    const takes = (accept: string) => accepts(fieldsOf([['Accept', accept]]), 'application/sdp')
    assert.ok(accepts(fieldsOf([]), 'application/sdp'))
    assert.deepEqual(
      [takes('*/*'), takes('application/*'), takes('text/x, application/sdp')],
      [true, true, true],
    )
    assert.deepEqual(
      [takes(''), takes('text/plain'), takes('application/sdp;q=0')],
      [false, false, false],
    )
  })

  it('RFC 3261 §20.37: option tags', () => {
    const fields = fieldsOf([
      ['Supported', 'timer, 100REL'],
      ['k', 'path'],
      ['Supported', ''],
    ])
    assert.ok(hasToken(fields, 'Supported', '100rel'))
    assert.ok(hasToken(fields, 'Supported', 'path'))
    assert.ok(!hasToken(fields, 'Supported', 'replaces'))
  })
})
