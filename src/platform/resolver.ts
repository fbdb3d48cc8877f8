// Names by the system's resolver (getaddrinfo), which honours /etc/hosts.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Resolver } from '../ports/resolver.ts'

export function createResolver(): Resolver {
  return {
    async resolve(host) {
      const plain = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
      if (isIP(plain) !== 0) return [plain]
      try {
        const found = await lookup(plain, { all: true })
        return found.map(({ address }) => address)
      } catch {
        // Not found and resolver failure look the same to the caller: there is nowhere to send.
        return []
      }
    },
  }
}
