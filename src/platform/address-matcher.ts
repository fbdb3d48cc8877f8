// CIDR matching for access lists (trunks, egress, unauthenticated sources).
import { BlockList, isIP } from 'node:net'
import type { AddressMatcher } from '../ports/address-matcher.ts'

/**
 * Compiles a list of CIDR ranges or single addresses.
 * @throws RangeError naming the first entry that is neither.
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
    const mapped = address.startsWith('::ffff:') && address.includes('.')
    const plain = mapped ? address.slice(7) : address
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}
