// Names by the system's resolver (getaddrinfo), which honours /etc/hosts. It has four threads for the whole process and
// a name whose servers are dead keeps one for many seconds, so whoever asks for a name that is being looked up waits
// for that answer: otherwise the webhooks of one dead receiver would hold up those of all others.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Resolver } from '../ports/resolver.ts'

type Find = (name: string) => Promise<readonly { readonly address: string }[]>

/** `find`: the system's look-up; tests give their own. */
export function createResolver(find: Find = (name) => lookup(name, { all: true })): Resolver {
  const running = new Map<string, Promise<readonly string[]>>()

  const ask = async (name: string): Promise<readonly string[]> => {
    try {
      return (await find(name)).map(({ address }) => address)
    } catch {
      // Not found and resolver failure look the same to the caller: there is nowhere to send.
      return []
    }
  }

  return {
    async resolve(host) {
      const plain = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
      if (isIP(plain) !== 0) return [plain]
      const asked = running.get(plain)
      if (asked !== undefined) return await asked
      const fresh = ask(plain).finally(() => running.delete(plain))
      running.set(plain, fresh)
      return await fresh
    },
  }
}
