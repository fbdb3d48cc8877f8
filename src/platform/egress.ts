// Which addresses somebody outside may make this server talk to: public ones always, all others only where the
// configuration says so. Kept apart from the HTTP client so that the rule can be read and tested on its own.

import { isIP } from 'node:net'
import type { AddressMatcher } from '../ports/address-matcher.ts'
import { addressMatcher } from './address-matcher.ts'

/** Everything that is not a public unicast address (IANA special-purpose registries, RFC 6890 and later). */
const specialIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]

const specialIpv6 = [
  // Only 2000::/3 holds public IPv6 addresses: what lies outside is special or has never been given to anybody.
  '::/3',
  '4000::/2',
  '8000::/1',
  // Inside of it: Teredo and other protocols, 6to4 (which carries an IPv4 address that may be private), documentation.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]

/** True for addresses that may be connected to. */
export function egressRule(allow: AddressMatcher): AddressMatcher {
  // Two lists: a list of both families takes an IPv4 address for its IPv6 form, which lies in `::/3`.
  const special = { 4: addressMatcher(specialIpv4), 6: addressMatcher(specialIpv6) }
  return (address) => {
    const family = isIP(address)
    return (family === 4 || family === 6) && (!special[family](address) || allow(address))
  }
}

export type UrlRefusal = 'malformed' | 'scheme' | 'credentials' | 'forbidden-address'

/** Why a URL may not be used at all, or undefined; host names are looked at when they are resolved. */
export function refusalOf(url: string, mayReach: AddressMatcher): UrlRefusal | undefined {
  // Parsed once: `URL.canParse` says yes to some host names of over 16,000 characters that the parser then refuses.
  const parsed = URL.parse(url)
  if (parsed === null) return 'malformed'
  const { protocol, username, password, hostname } = parsed
  if (protocol !== 'http:' && protocol !== 'https:') return 'scheme'
  if (username !== '' || password !== '') return 'credentials'
  const literal = bareHost(hostname)
  return isIP(literal) !== 0 && !mayReach(literal) ? 'forbidden-address' : undefined
}

/** The host without the brackets of an IPv6 literal. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
