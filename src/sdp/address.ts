// Which IP literals of a description can be sent to. Names are not resolved here: a media thread that waits for DNS
// would be audible, and no carrier sends names.

export type IpVersion = 4 | 6

/** 4, 6, or undefined when the text is no IP literal. */
export function ipVersion(text: string): IpVersion | undefined {
  const parts = text.split('.')
  if (parts.length === 4) {
    return parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255) ? 4 : undefined
  }
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || !text.includes(':')) return undefined
  return URL.canParse(`http://[${text}]/`) ? 6 : undefined
}

/** 0.0.0.0 and :: mean hold in the old way (RFC 3264 §8.4). */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address)
}

/** Multicast and broadcast are never the address of one phone. */
export function isGroup(address: string): boolean {
  if (ipVersion(address) === 6) return /^ff/i.test(address)
  const first = Number(address.split('.')[0])
  return (first >= 224 && first <= 239) || address === '255.255.255.255'
}
