// CIDR matching for access lists (trunks, egress, unauthenticated sources).
import { BlockList, isIP } from 'node:net'

/** True when `address` (an IP literal, IPv4-mapped IPv6 included) is inside one of `ranges` (CIDR or single addresses). */
export type AddressMatcher = (address: string) => boolean

/**
 * Compiles a list of CIDR ranges.
 * @throws RangeError naming the first entry that is neither an address nor a range.
 */
export function addressMatcher(ranges: readonly string[]): AddressMatcher {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address)
    const bitsMax = family === 4 ? 32 : 128
    const prefix = bits === undefined ? bitsMax : Number(bits)
    if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > bitsMax) {
      throw new RangeError(`not an address range: ${range}`)
    }
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}
