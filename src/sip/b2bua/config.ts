// What the composition root gives the SIP rooms: ports, and the `sip`, `sip_users`, `trunks` and `outbound` parts of the
// configuration as plain data.

import type { AddressMatcher } from '../../ports/address-matcher.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DurableSignaling } from '../../ports/durable.ts'
import type { Datagrams } from '../../ports/datagrams.ts'
import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import type { Resolver } from '../../ports/resolver.ts'
import type { Signaling, SignalingInput } from '../../ports/signaling.ts'
import type { RegistrationView, TrunkView } from '../../ports/sip-setup.ts'
import type { SipUserBook } from '../../ports/setup.ts'
import type { Streams } from '../../ports/streams.ts'
import type { Timers } from '../../ports/timers.ts'
import type { SipObserver } from '../../ports/trace.ts'
import type { DigestAlgorithm } from '../auth/digest.ts'
import type { UserSecret } from '../auth/server.ts'
import type { TransactionConfig } from '../transaction/config.ts'
import type { DoormanLimits } from '../transport/doorman.ts'

export interface TrunkConfig {
  readonly name: string
  /** `sip:host[:port][;transport=tcp]`. */
  readonly uri: string
  /** Requests from these addresses are the trunk's. */
  readonly inboundFrom: AddressMatcher
  /** Both empty: the trunk does not ask for credentials. */
  readonly username: string
  readonly password: string
  /** How often it is asked whether it is there, seconds; 0 or undefined: never. */
  readonly probeSecs?: number
}

export interface SipStackConfig {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly transports: readonly ('udp' | 'tcp')[]
  /** Realm, and the host of our users' addresses. */
  readonly domain: string
  /** Address for Via and Contact; empty: the bound one. */
  readonly advertise: string
  readonly users: readonly UserSecret[]
  /** What users are challenged with (`sip.digest_algorithms`); left out: all we know. */
  readonly digestAlgorithms?: readonly DigestAlgorithm[]
  readonly trunks: readonly TrunkConfig[]
  /** Sources that are let in as `open` (`sip.accept_unauthenticated_from`). */
  readonly openSources: AddressMatcher
  /** Where sip: URIs may go besides users and trunks (`outbound.allow_uri_hosts`): addresses, and names by themselves. */
  readonly allowUriHosts: { readonly addresses: AddressMatcher; readonly names: readonly string[] }
  /** Beginnings of the numbers that trunks may be asked for (`outbound.allow_prefixes`); empty or undefined: all. */
  readonly allowPrefixes?: readonly string[]
  /** The session timer that we ask for (RFC 4028), seconds from 90; undefined: 1800. */
  readonly sessionExpiresSecs?: number
  /** Requests of a call whose TCP connection is gone wait so long for the peer to come back; undefined: 90. */
  readonly flowWaitSecs?: number
  /** At least 32 bytes, kept across restarts: nonces, tags and Call-IDs are signed with it. */
  readonly secret: Uint8Array
  /** What strangers may do; whatever is left out has its default. */
  readonly strangers?: Partial<DoormanLimits>
  /** Limits and timings of the layers below; whatever is left out has their defaults. */
  readonly transactions?: Partial<TransactionConfig>
}

export interface SipStackPorts {
  readonly datagrams: Datagrams
  readonly streams: Streams
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  readonly resolver: Resolver
  readonly log: Log
  readonly metrics: Metrics
  /** Hears every message, and which dialogs are whose. */
  readonly observer?: SipObserver
}

export interface SipStackOptions extends SipStackPorts {
  readonly config: SipStackConfig
  /** Users that come and go, beside those of the configuration. */
  readonly users?: SipUserBook
  /** Takes one input; never called from inside `signaling.perform`. */
  readonly deliver: (input: SignalingInput) => void
  /** Asked before a new call is let in; `retryAfterSecs` refuses it with 503. */
  readonly admit: () => { readonly retryAfterSecs: number } | undefined
}

export interface SipStack {
  readonly signaling: Signaling
  /** Binds and listens; rejects with the system's error (code EADDRINUSE …). */
  start(): Promise<{ readonly address: string; readonly port: number }>
  /** Closes the sockets at once; calls are not ended. */
  stop(): void
  /** Dialogs and registrations over the end of the process; `restore` before `start`. */
  readonly durable: DurableSignaling
  /** Its registrations are void: the user is gone, or has another password. */
  dropUser(username: string): void
  /** Users with a living registration. */
  registeredUsers(): number
  /** Those users with their contacts. */
  registrations(): readonly RegistrationView[]
  trunks(): readonly TrunkView[]
  /** Legs, index entries and transactions alive, for leak checks. */
  readonly size: number
}
