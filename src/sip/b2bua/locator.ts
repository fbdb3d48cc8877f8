// From a URI to addresses (RFC 3263 §4 without NAPTR and SRV: host names are looked up by the system's resolver). IP
// literals need no look-up and are answered at once.

import type { Resolver } from '../../ports/resolver.ts'
import { addressOf, isIpv4, isIpv6 } from '../message/host.ts'
import { parseSipUri } from '../message/uri.ts'
import type { SipUri } from '../message/uri.ts'
import type { Destination } from '../transaction/types.ts'
import type { Fence } from '../transport/fence.ts'

const PORT_DEFAULT = 5060
/** Addresses of one name that are tried. */
const ADDRESSES_MAX = 8

export type Located = readonly Destination[]

export class Locator {
  readonly #resolver: Resolver
  readonly #transports: readonly ('UDP' | 'TCP')[]
  readonly #fence: Fence

  constructor(resolver: Resolver, transports: readonly ('UDP' | 'TCP')[], fence: Fence) {
    this.#resolver = resolver
    this.#transports = transports
    this.#fence = fence
  }

  /**
   * Addresses in the order to try; empty when there is none, when the URI needs a transport that we do not have, or when
   * `mayUse` refuses an address. `done` is called before this returns when the host is an IP literal.
   */
  locate(
    uriText: string,
    wanted: 'UDP' | 'TCP' | undefined,
    done: (found: Located) => void,
    mayUse: (address: string) => boolean = () => true,
  ): void {
    const uri = parseSipUri(uriText)
    const transport = uri === undefined ? undefined : this.#transportOf(uri, wanted)
    if (uri === undefined || transport === undefined) return done([])
    const host = addressOf(uri.parameters.get('maddr') ?? uri.host)
    const port = uri.port ?? PORT_DEFAULT
    const build = (addresses: readonly string[]): Located =>
      addresses.slice(0, ADDRESSES_MAX).map((address) => ({ transport, address, port }))
    if (isIpv4(host) || isIpv6(host)) return done(mayUse(host) ? build([host]) : [])
    const found = (addresses: readonly string[]): void =>
      void this.#fence.run('look-up', () => done(build(addresses.filter(mayUse))))
    void this.#resolver.resolve(host).then(found, () => found([]))
  }

  #transportOf(uri: SipUri, wanted: 'UDP' | 'TCP' | undefined): 'UDP' | 'TCP' | undefined {
    if (uri.scheme === 'sips') return undefined
    const named = uri.parameters.get('transport')?.toUpperCase()
    if (named !== undefined && named !== 'UDP' && named !== 'TCP') return undefined
    const transport = wanted ?? named ?? this.#transports[0]
    return transport !== undefined && this.#transports.includes(transport) ? transport : undefined
  }
}
