import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalHost, isIpv6, parseHostPort, sameHost } from './host.ts'
import {
  escapeUser,
  formatUri,
  parseSipUri,
  parseUri,
  sameUri,
  sipUri,
  unescapeUri,
} from './uri.ts'

describe('URIs', () => {
  it('RFC 3261 §19.1.1: what is parsed is written back unchanged', () => {
    const texts = [
      'sip:alice@atlanta.com',
      'sip:alice:secretword@atlanta.com;transport=tcp',
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
      'sip:alice;day=tuesday@atlanta.com',
      'sip:[2001:db8::1]:5070;lr',
      'tel:+1-201-555-0123;phone-context=example.com',
    ]
    for (const text of texts) {
      const uri = parseUri(text)
      assert.ok(uri, text)
      assert.equal(formatUri(uri), text)
    }
  })

  it('RFC 3261 §25.1: malformed URIs are refused', () => {
    const texts = [
      ...[
        '',
        'sip:',
        'sip:@x',
        'sip:a@',
        'sip:a@b@c',
        'sip:a@b:99999',
        'sip:a@b:',
        'sip:a@[::1',
        'sip:a@::1',
      ],
      ...[
        'sip:a@b;',
        'sip:a@b;;lr',
        'sip:a%4@b',
        'sip:a@b;x=%zz',
        'sip:a@b c',
        'sip:a@-b',
        'http://x',
        'tel:',
        'tel:abc+x',
      ],
      ...['sip:a@[1.2.3.4]', 'sip:a@[2001:db8:::1]', 'sip:a@b\r\n', 'sip:<a@b>'],
    ]
    for (const text of texts) assert.equal(parseUri(text), undefined, text)
  })

  it('RFC 3261 §19.1.4: the equalities and inequalities of the section', () => {
    const same = (a: string, b: string) => {
      const left = parseUri(a)
      const right = parseUri(b)
      assert.ok(left && right, `${a} ${b}`)
      return sameUri(left, right)
    }
    assert.ok(same('sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'))
    assert.ok(same('sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'))
    assert.ok(same('sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'))
    assert.ok(same('tel:+1-201-555-0123', 'tel:+12015550123'))
    assert.ok(!same('SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'))
    assert.ok(!same('sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'))
    assert.ok(!same('sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'))
    assert.ok(!same('sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'))
    assert.ok(!same('sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next'))
    assert.ok(!same('sip:a@x', 'sips:a@x'))
  })

  it('RFC 3261 §19.1.2: user text cannot leave its place', () => {
    const uri = sipUri('a@b:c>\r\n é', 'example.com', 5070)
    assert.equal(formatUri(uri), 'sip:a%40b%3Ac%3E%0D%0A%20%C3%A9@example.com:5070')
    assert.equal(unescapeUri(escapeUser('é@%')), 'é@%')
    assert.equal(unescapeUri('%FF%00'), '\u00ff\0')
    assert.equal(parseSipUri(formatUri(uri))?.host, 'example.com')
  })

  it('RFC 5118 §4, RFC 5954: IPv6 literals', () => {
    for (const good of ['::', '::1', '2001:db8::1', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', '1::8'])
      assert.ok(isIpv6(good), good)
    for (const bad of [
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      'g::1',
      '::1.2.3',
      '1:',
      ':1',
      '1.2.3.4',
    ]) {
      assert.ok(!isIpv6(bad), bad)
    }
    assert.deepEqual(parseHostPort('[2001:DB8::1]:5070'), { host: '[2001:db8::1]', port: 5070 })
    assert.ok(sameHost('[2001:db8:0:0::1]', '2001:db8::1'))
    assert.equal(canonicalHost('[::ffff:192.0.2.1]'), '192.0.2.1')
    assert.equal(canonicalHost('Example.COM.'), 'example.com')
  })
})
