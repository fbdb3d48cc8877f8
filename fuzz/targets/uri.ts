// SIP and tel URIs: what was read must mean the same when written, and nothing in it may name another host than was checked.

import { formatUri, parseUri, sameUri, unescapeUri, type Uri } from '../../src/sip/message/uri.ts'
import { canonicalHost } from '../../src/sip/message/host.ts'
import { seedText, textOf, type FuzzTarget } from '../target.ts'

export function uriTarget(): FuzzTarget {
  return {
    name: 'uri',
    seeds: seedText(
      'sip:alice@localhost',
      'sips:alice:secret@[2001:db8::9:1]:5061;transport=tcp;lr;maddr=239.255.255.1;ttl=15?subject=x&to=y',
      'sip:%61lice%40evil@127.0.0.1:65535;p%61ram=%3b',
      'sip:[::ffff:192.0.2.10]',
      "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
      'tel:+1-201-555-0123;phone-context=example.com;ext=22',
      'sip:+15550100;phone-context=x@localhost:5060;user=phone',
      'urn:service:sos',
    ),
    shape: 'text',
    costMs: 5,
    // What a start line can hold.
    bytesMax: 8192,
    run(input) {
      const text = textOf(input)
      const uri = parseUri(text)
      if (uri === undefined) return
      const written = formatUri(uri)
      const again = parseUri(written)
      if (again === undefined) throw new Error('a URI that was read is unreadable when written')
      if (!sameUri(uri, again)) throw new Error('a URI reads differently when written')
      if (partsOf(uri) !== partsOf(again)) throw new Error('a URI has other parts when written')
    },
  }
}

function partsOf(uri: Uri): string {
  if (uri.scheme === 'tel') return uri.number
  unescapeUri(uri.user ?? '')
  return [uri.user, uri.password, canonicalHost(uri.host), uri.port, uri.headers].join('|')
}
