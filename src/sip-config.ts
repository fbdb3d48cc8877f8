// What the SIP rooms get of the configuration.

import type { Config } from './config/shape.ts'
import { addressMatcher } from './platform/address-matcher.ts'
import type { Setup } from './ports/setup.ts'
import type { SipSetup } from './ports/sip-setup.ts'
import type { SipStack, SipStackConfig } from './sip/b2bua/config.ts'

/** `secret`: signs tags, Call-IDs and nonces. */
export function sipConfig(config: Config, secret: Uint8Array): SipStackConfig {
  const { sip, trunks, sipUsers, outbound } = config
  const isRange = (host: string): boolean => /^[\d.]+(\/\d+)?$/.test(host) || host.includes(':')
  return {
    host: sip.host,
    port: sip.port,
    transports: sip.transports,
    domain: sip.domain,
    digestAlgorithms: sip.digest_algorithms,
    sessionExpiresSecs: sip.session_expires_secs,
    allowPrefixes: outbound.allow_prefixes,
    strangers: {
      sourceRatePerSec: sip.source_rate_per_sec,
      sourceBurst: sip.source_burst,
      strangersRatePerSec: sip.strangers_rate_per_sec,
      failedLoginsMax: sip.failed_logins,
      banMs: sip.ban_secs * 1000,
    },
    flowWaitSecs: sip.flow_wait_secs,
    advertise: sip.advertise,
    users: sipUsers,
    trunks: trunks.map((trunk) => ({
      name: trunk.name,
      uri: trunk.uri,
      inboundFrom: addressMatcher(trunk.inbound_from),
      username: trunk.username,
      password: trunk.password,
      probeSecs: trunk.probe_secs,
    })),
    openSources: addressMatcher(sip.accept_unauthenticated_from),
    allowUriHosts: {
      addresses: addressMatcher(outbound.allow_uri_hosts.filter(isRange)),
      names: outbound.allow_uri_hosts.filter((host) => !isRange(host)),
    },
    secret,
  }
}

/** Users of the file, of the API, and their registrations: for people. */
export function sipSetupOf(config: Config, sip: SipStack, setup: Setup): SipSetup {
  return {
    domain: config.sip.domain,
    trunks: () => sip.trunks(),
    registrations() {
      const registered = new Map(sip.registrations().map((one) => [one.username, one]))
      const usernames = new Set([
        ...config.sipUsers.map(({ username }) => username),
        ...setup.connections.all().map(({ userName }) => userName),
        ...setup.credentials.all().map(({ userName }) => userName),
        ...registered.keys(),
      ])
      return [...usernames].map(
        (username) => registered.get(username) ?? { username, contacts: [] },
      )
    },
  }
}
