// Who is who around us: our own names, the trunks, the sources that are trusted, and where API users may call.
// Pure: everything is decided from the configuration and the addresses at hand.

import { canonicalHost, sameHost } from '../message/host.ts'
import { parseSipUri, unescapeUri } from '../message/uri.ts'
import type { SipUri } from '../message/uri.ts'
import type { SipStackConfig, TrunkConfig } from './config.ts'

const PORT_DEFAULT = 5060

export interface Trunk {
  readonly config: TrunkConfig
  readonly uri: SipUri
}

/** The way an outbound call takes. */
export type Way =
  | { readonly kind: 'trunk'; readonly trunk: Trunk; readonly user: string }
  | { readonly kind: 'user'; readonly username: string }
  | { readonly kind: 'host'; readonly uri: string; readonly listed: boolean }

export type WayRefusal =
  'malformed' | 'forbidden-host' | 'no-trunk' | 'unknown-user' | 'forbidden-prefix'

export class Neighbours {
  readonly trunks: readonly Trunk[]
  readonly #config: SipStackConfig
  readonly #knowsUser: (username: string) => boolean
  readonly #ownAddress: () => { readonly host: string; readonly port: number }

  /** `ownAddress`: what we write into Contact. Throws when a trunk's URI can not be read: a mistake in the configuration. */
  constructor(
    config: SipStackConfig,
    knowsUser: (username: string) => boolean,
    ownAddress: () => { readonly host: string; readonly port: number },
  ) {
    this.#config = config
    this.#knowsUser = knowsUser
    this.#ownAddress = ownAddress
    this.trunks = config.trunks.map((trunk) => {
      const uri = parseSipUri(trunk.uri)
      if (uri?.scheme !== 'sip') throw new Error(`trunk ${trunk.name}: ${trunk.uri} is no sip: URI`)
      return { config: trunk, uri }
    })
  }

  /** Our domain, or one of our own addresses with our port. */
  isOurs(uri: SipUri): boolean {
    const own = this.#ownAddress()
    const { domain, host } = this.#config
    const samePort = (uri.port ?? PORT_DEFAULT) === own.port
    if (sameHost(uri.host, domain)) return uri.port === undefined || samePort
    return (
      samePort && (sameHost(uri.host, own.host) || canonicalHost(uri.host) === canonicalHost(host))
    )
  }

  trunkFrom(address: string): Trunk | undefined {
    return this.trunks.find((trunk) => trunk.config.inboundFrom(address))
  }

  isOpen(address: string): boolean {
    return this.#config.openSources(address)
  }

  /** The way to `to`, as the API got it: `+E.164` or a sip: URI. A host name that is not listed is judged by its addresses later. */
  wayTo(to: string): Way | WayRefusal {
    if (to.startsWith('+')) {
      if (!/^\+[0-9]{2,15}$/.test(to)) return 'malformed'
      const trunk = this.trunks[0]
      return trunk === undefined ? 'no-trunk' : this.#trunkWay(trunk, to)
    }
    const uri = parseSipUri(to)
    if (uri?.scheme !== 'sip' || uri.headers !== undefined) return 'malformed'
    if (this.isOurs(uri)) {
      const username = unescapeUri(uri.user ?? '')
      return this.#knowsUser(username) ? { kind: 'user', username } : 'unknown-user'
    }
    const trunk = this.trunks.find(({ uri: own }) => isSamePlace(own, uri))
    if (trunk !== undefined) return this.#trunkWay(trunk, unescapeUri(uri.user ?? ''))
    return this.#hostWay(uri, to)
  }

  mayDialAddress(address: string): boolean {
    return this.#config.allowUriHosts.addresses(address)
  }

  /** Where prefixes are listed nothing else reaches a trunk, however the number is written. */
  #trunkWay(trunk: Trunk, user: string): Way | WayRefusal {
    const prefixes = this.#config.allowPrefixes ?? []
    // Parameters behind the digits (`;rn=…`) may make a carrier route by another number than the one that was judged.
    const listed = /^\+[0-9]+$/.test(user) && prefixes.some((prefix) => user.startsWith(prefix))
    const open = prefixes.length === 0 || listed
    return open ? { kind: 'trunk', trunk, user } : 'forbidden-prefix'
  }

  #hostWay(uri: SipUri, text: string): Way | WayRefusal {
    // maddr would send the call to another host than the one that was checked.
    if (uri.parameters.has('maddr')) return 'forbidden-host'
    const { addresses, names } = this.#config.allowUriHosts
    const host = canonicalHost(uri.host)
    if (names.some((name) => canonicalHost(name) === host))
      return { kind: 'host', uri: text, listed: true }
    const isLiteral = host.includes(':') || /^[0-9.]+$/.test(host)
    if (isLiteral && !addresses(host)) return 'forbidden-host'
    return { kind: 'host', uri: text, listed: false }
  }
}

function isSamePlace(a: SipUri, b: SipUri): boolean {
  return sameHost(a.host, b.host) && (a.port ?? PORT_DEFAULT) === (b.port ?? PORT_DEFAULT)
}
