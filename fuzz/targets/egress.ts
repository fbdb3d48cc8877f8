// URLs that somebody else names: whatever way an address is written, a private one is never reached.

import { addressMatcher } from '../../src/platform/address-matcher.ts'
import { bareHost, egressRule, refusalOf } from '../../src/platform/egress.ts'
import { seedText, textOf, type FuzzTarget } from '../target.ts'

const mayReach = egressRule(addressMatcher([]))

/** Written anew, not by the rule's own table: an oracle that shares the table would share its holes. */
function isPrivate(host: string): boolean {
  const four = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host)
  if (four !== null) {
    const [first = 0, second = 0] = four.slice(1).map(Number)
    if (first === 0 || first === 10 || first === 127 || first >= 224) return true
    if (first === 169 && second === 254) return true
    return (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168)
  }
  // Every public IPv6 address so far begins with a binary 001.
  return host.includes(':') && !/^[23]/.test(host)
}

export function egressTarget(): FuzzTarget {
  return {
    name: 'webhook-url',
    seeds: seedText(
      'http://127.0.0.1:8080/x',
      'https://0x7f.1/',
      'http://017700000001/',
      'http://2130706433/',
      'http://127.1/',
      'http://[::ffff:10.0.0.1]/',
      'http://[64:ff9b::a00:1]/',
      'http://[fe80::1%25eth0]/',
      'http://169.254.169.254/latest/',
      'http://user:pass@192.168.0.1/',
      'http://①②⑦.⓪.⓪.①/',
      'http://10.0.0.1./',
      'http:\\\\172.16.0.1\\',
      'https://hooks.example/a?b#c',
      'ftp://10.0.0.1/',
      'http://[2002:7f00:1::]/',
      'http://8.8.8.8:65535/',
      'http://[2606:4700::1111]/',
    ),
    shape: 'text',
    costMs: 5,
    bytesMax: 65_535,
    run(input) {
      const text = textOf(input)
      if (refusalOf(text, mayReach) !== undefined) return
      const url = new URL(text)
      if (!/^https?:$/.test(url.protocol))
        throw new Error('a scheme that is not ours was let through')
      if (isPrivate(bareHost(url.hostname))) throw new Error('a private address was let through')
    },
  }
}
