// Hosts as SIP writes them (RFC 3261 §25.1, RFC 5954 for the repaired IPv6 grammar). The wire form is used everywhere:
// IPv6 literals stand in brackets; `addressOf` strips them for sockets.

export interface HostPort {
  /** Wire form, lower-cased: a name, an IPv4 literal, or `[v6]`. */
  readonly host: string
  readonly port: number | undefined
}

export function isIpv4(text: string): boolean {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  return match !== null && match.slice(1).every((part) => Number(part) <= 255)
}

/** The eight 16-bit groups of an IPv6 literal without brackets, or undefined when it is none. */
export function ipv6Groups(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || text.length > 45) return undefined
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function groupsOf(text: string, mayEndWithIpv4: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (mayEndWithIpv4 && i === parts.length - 1 && isIpv4(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

export function isIpv6(text: string): boolean {
  return text.includes(':') && ipv6Groups(text) !== undefined
}

const namePattern =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/

/** `host[:port]` in wire form; undefined when the host is none or the port is not 1-65535 (0 is read, never sent to). */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.startsWith('[')) {
    const close = text.indexOf(']')
    if (close < 0 || !isIpv6(text.slice(1, close))) return undefined
    return withPort(text.slice(0, close + 1), text.slice(close + 1).trim())
  }
  const colon = text.indexOf(':')
  const host = (colon < 0 ? text : text.slice(0, colon)).trimEnd()
  if (host.length > 255 || !namePattern.test(host)) return undefined
  return withPort(host, colon < 0 ? '' : text.slice(colon))
}

function withPort(host: string, rest: string): HostPort | undefined {
  if (rest === '') return { host: host.toLowerCase(), port: undefined }
  const digits = rest.slice(1).trim()
  if (!rest.startsWith(':') || !/^\d{1,5}$/.test(digits) || Number(digits) > 65_535)
    return undefined
  return { host: host.toLowerCase(), port: Number(digits) }
}

/** A socket address (plain IPv6) as SIP text: brackets around IPv6, anything else unchanged. */
export function hostOf(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/** SIP text as a socket address: brackets removed. */
export function addressOf(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

/** Equality of hosts: names without case, IPv6 by value, a mapped IPv4 address (RFC 5118 §4.9) equal to the plain one. */
export function sameHost(a: string, b: string): boolean {
  if (a === b) return true
  return canonicalHost(a) === canonicalHost(b)
}

/** A comparable form of a host or address: IPv6 expanded, mapped IPv4 as plain IPv4, names in lower case without final dot. */
export function canonicalHost(host: string): string {
  const plain = addressOf(host)
  if (plain.includes(':')) {
    const groups = ipv6Groups(plain)
    if (groups === undefined) return plain.toLowerCase()
    const [, , , , , marker = 0, high = 0, low = 0] = groups
    if (marker === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
      return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
    }
    return groups.map((group) => group.toString(16)).join(':')
  }
  const lower = plain.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}
