// Ports and addresses: can the server bind what its configuration says, and can others reach what it writes into its
// messages.

import type { Config } from '../../config/shape.ts'
import { addressMatcher } from '../../platform/address-matcher.ts'
import { tryPort } from '../../platform/probes.ts'
import type { PortState } from '../../platform/probes.ts'
import { broken, doubtful, well } from './finding.ts'
import type { Finding } from './finding.ts'

interface Wanted {
  readonly key: string
  readonly kind: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
}

/** `running`: a Holdfast server answers at the configured address, so that its ports are its own. */
export async function portFindings(config: Config, running: boolean): Promise<readonly Finding[]> {
  const { http, sip } = config
  const wanted: readonly Wanted[] = [
    { key: 'http.port', kind: 'tcp', host: http.host, port: http.port },
    ...sip.transports.map((kind): Wanted => ({
      key: 'sip.port',
      kind,
      host: sip.host,
      port: sip.port,
    })),
  ]
  const found: Finding[] = []
  for (const one of wanted) {
    const state = await tryPort(one.kind, one.host, one.port)
    found.push(portFinding(one, state, running))
  }
  return [...found, await mediaFinding(config, running)]
}

function portFinding(
  { key, kind, host, port }: Wanted,
  state: PortState,
  running: boolean,
): Finding {
  const about = `port ${port}/${kind}`
  const setting = key.split('.')[0] ?? ''
  switch (state) {
    case 'free':
      return running
        ? doubtful(
            about,
            `a server runs, but not on this port (${key})`,
            'Start it again with this configuration.',
          )
        : well(about, `free on ${host} (${key})`)
    case 'taken':
      return running
        ? well(about, `used by the Holdfast server that runs (${key})`)
        : broken(
            about,
            `another program has it (${key})`,
            `Stop that program (\`${kind === 'tcp' ? 'ss -ltnp' : 'ss -lunp'} sport = :${port}\` says which it is), or choose another ${key}.`,
          )
    case 'foreign':
      return broken(
        about,
        `${host} is not an address of this machine (${setting}.host)`,
        `Set ${setting}.host to an address of this machine, or to 0.0.0.0, and the address that others see to ${setting === 'http' ? 'http.public_url' : 'sip.advertise'}.`,
      )
    case 'denied':
      return broken(
        about,
        `this user may not use it (${key})`,
        'Take a port above 1023, or give the program the capability CAP_NET_BIND_SERVICE.',
      )
    case 'unknown':
      return broken(about, `cannot be opened on ${host} (${key})`, `Check ${setting}.host.`)
  }
}

/** How many of the range are tried: enough to meet a neighbour that took a part of it. */
const mediaSamples = 64

async function mediaFinding({ media }: Config, running: boolean): Promise<Finding> {
  const { first, last } = media.ports
  const about = `ports ${first}-${last}/udp`
  if (first === 0) return well('audio ports', 'any free one (media.ports)')
  const legs = Math.floor((last - first + 1) / 2)
  const step = Math.max(1, Math.floor((last - first + 1) / mediaSamples))
  let tried = 0
  let taken = 0
  for (let port = first; port <= last; port += step) {
    const state = await tryPort('udp', media.host, port)
    if (state === 'foreign') {
      return broken(
        about,
        `${media.host} is not an address of this machine (media.host)`,
        'Set media.host to an address of this machine, and the one that others see to media.advertise.',
      )
    }
    tried++
    if (state !== 'free') taken++
  }
  const says = `room for ${legs} call legs (media.ports)`
  if (taken === 0 || running) return well(about, says)
  return taken === tried
    ? broken(about, 'all that were tried are taken', 'Choose another range for media.ports.')
    : doubtful(
        about,
        `${taken} of ${tried} that were tried are taken by other programs`,
        'Calls work, on the other ports; a range of its own (media.ports) is better.',
      )
}

const loopback = addressMatcher(['127.0.0.0/8', '::1/128'])
const unspecified = new Set(['0.0.0.0', '::'])
const isPrivate = addressMatcher([
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  ...['fc00::/7', 'fe80::/10'],
])

/** What phones and carriers are told to send to. */
export function addressFindings({ sip, media, trunks }: Config): readonly Finding[] {
  const seen = [
    { about: 'SIP address', key: 'sip', host: sip.host, advertise: sip.advertise },
    { about: 'audio address', key: 'media', host: media.host, advertise: media.advertise },
  ]
  const toldOf = ({ host, advertise }: Config['sip'] | Config['media']): string =>
    advertise === '' ? host : advertise
  const isInside = (address: string): boolean => isPrivate(address) || loopback(address)
  const sipTold = toldOf(sip)
  const isSipOutside = !isInside(sipTold) && !unspecified.has(sipTold)
  return seen.map(({ about, key, host, advertise }) => {
    const told = advertise === '' ? host : advertise
    const mend = `Set ${key}.advertise to the address that others reach this machine at, and forward the ports to it where there is a router.`
    if (unspecified.has(told)) {
      return broken(
        about,
        `peers are told to send to ${told}, which is nowhere (${key}.host)`,
        mend,
      )
    }
    if (key === 'media' && isSipOutside && isInside(told)) {
      const says = `${told}, while SIP is at ${sipTold}: who calls from outside is not heard`
      return broken(about, says, mend)
    }
    if (loopback(told)) {
      const says = `${told}: reached from this machine alone`
      return trunks.some(({ uri }) => !/127\.|localhost|\[::1\]/.test(uri))
        ? broken(about, `${says}, but there are trunks elsewhere`, mend)
        : doubtful(
            about,
            says,
            `Enough to try things out. For others: ${key}.host 0.0.0.0 and ${key}.advertise.`,
          )
    }
    if (isPrivate(told)) {
      const says = `${told}: reached from the same network alone`
      return trunks.length > 0
        ? doubtful(about, says, `If the carrier is outside: ${mend}`)
        : well(about, says)
    }
    return well(about, `${told} (${key}.${advertise === '' ? 'host' : 'advertise'})`)
  })
}
