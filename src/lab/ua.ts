// What a robot's calls and registration share: the ports, its identity, and one way to send a request that answers a
// digest challenge. The robot has its own user agent over the transaction layer and does not use the server's invite
// sessions: a mistake in them must meet a peer that does not make the same one.

import type { Clock } from '../ports/clock.ts'
import type { Datagrams } from '../ports/datagrams.ts'
import type { Random } from '../ports/random.ts'
import type { Timers } from '../ports/timers.ts'
import { DigestClient } from '../sip/auth/client.ts'
import type { AudioCodec } from '../sdp/session.ts'
import { isIpv4, isIpv6 } from '../sip/message/host.ts'
import { formatNameAddr } from '../sip/message/headers/name-addr.ts'
import type { RequestParts, SipMessage, SipResponse } from '../sip/message/types.ts'
import { formatUri, parseSipUri, sipUri } from '../sip/message/uri.ts'
import type {
  ClientTransaction,
  Destination,
  TransactionLayer,
  TransactionUser,
} from '../sip/transaction/types.ts'
import type { LineFaults, Voice } from './line.ts'
import type { RtpTick } from './rtp-tick.ts'

export interface PhonePorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  /** For RTP sockets. */
  readonly datagrams: Datagrams
  readonly tick: RtpTick
  /** How many times as long as told the robots wait for what may never come. */
  readonly patience?: number
  /** Makes this phone's own transaction layer on its own SIP socket. */
  readonly sip: (user: TransactionUser) => TransactionLayer
}

export interface PhoneIdentity {
  /** User part of the address of record and of the Contact. */
  readonly user: string
  /** Host part of the address of record. */
  readonly domain: string
  readonly displayName?: string
}

/** What the robot does with an INVITE. Several steps happen in this order, each `afterMs` after the INVITE came. */
export type AnswerPolicy =
  /** The test decides: `call.ring()`, `call.answer()` … */
  | { readonly kind: 'manual' }
  | {
      readonly kind: 'answer'
      readonly afterMs: number
      readonly before?: 'ringing' | 'early-media' | 'none'
    }
  | { readonly kind: 'reject'; readonly status: number; readonly afterMs: number }

/** Switches for misbehaviour; may be thrown at any time. */
export interface PhoneFaults extends LineFaults {
  /** Never acknowledges a 2xx. */
  neverAck: boolean
  /** Ends calls without telling the peer. */
  loseBye: boolean
  /** Answers and sends nothing any more, except what the transaction layer says by itself (100, 200 to CANCEL). */
  dead: boolean
  /** Status for every re-INVITE and UPDATE of the peer, instead of an answer. */
  refuseReoffer: number | undefined
  /** Status for every UPDATE of the peer, although Allow names the method. */
  refuseUpdate: number | undefined
}

export interface PhoneOptions {
  readonly identity: PhoneIdentity
  /** Where requests outside a dialog go: the server. */
  readonly server: Destination
  /** IP literal for RTP and SDP. */
  readonly mediaHost: string
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly codecs?: readonly AudioCodec[]
  readonly answer?: AnswerPolicy
  /** Port in Contact, as of a phone behind a NAT that nobody reaches from outside. Default: that of its SIP socket. */
  readonly contactPort?: number
  /** What new calls say. Default: silence. */
  readonly voice?: Voice
  /** False: RTP is counted, not listened to. */
  readonly decode?: boolean
  /** False: the phone knows no telephone-event, as old gateways do. */
  readonly keyEvents?: boolean
}

/** A request's end: a final response, or none. */
export type Final =
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'none'; readonly why: 'timeout' | 'transport' | 'dead' }

export interface RequestWatch {
  /** Every response, also repeated 2xx to INVITE. */
  readonly onResponse?: (response: SipResponse) => void
  /** The transaction of each attempt. */
  readonly onSent?: (transaction: ClientTransaction) => void
}

export class UserAgent {
  readonly ports: PhonePorts
  readonly options: PhoneOptions
  readonly sip: TransactionLayer
  readonly faults: PhoneFaults = {
    neverAck: false,
    loseBye: false,
    dead: false,
    refuseReoffer: undefined,
    refuseUpdate: undefined,
    mute: false,
    deaf: false,
  }

  constructor(ports: PhonePorts, options: PhoneOptions, user: TransactionUser) {
    this.ports = ports
    this.options = options
    this.sip = ports.sip(user)
  }

  get aor(): string {
    const { user, domain } = this.options.identity
    return formatUri(sipUri(user, domain))
  }

  /** From or To of our own side, without tag. */
  get nameAddr(): string {
    const { displayName } = this.options.identity
    return formatNameAddr({ displayName, uriText: this.aor })
  }

  get contact(): string {
    const { host, port } = this.sip.localAddressFor(this.options.server)
    const uri = formatUri(
      sipUri(this.options.identity.user, host, this.options.contactPort ?? port),
    )
    return this.options.server.transport === 'TCP' ? `<${uri};transport=tcp>` : `<${uri}>`
  }

  newDigest(): DigestClient | undefined {
    const { credentials } = this.options
    return credentials === undefined ? undefined : new DigestClient(credentials, this.ports.random)
  }

  /**
   * Sends a request and repeats it with credentials when challenged. `build` is called for each attempt, so that it can
   * count CSeq.
   */
  async request(
    build: () => RequestParts,
    to: Destination,
    digest: DigestClient | undefined,
    watch: RequestWatch = {},
  ): Promise<Final> {
    for (;;) {
      const final = await this.#attempt(withCredentials(build(), digest), to, watch)
      if (final.kind === 'none') return final
      const { response } = final
      const challenged = response.status === 401 || response.status === 407
      if (!challenged || digest?.accept(response) !== true) {
        if (response.status < 300) digest?.accepted()
        return final
      }
    }
  }

  /** The address behind a URI with an IP literal; `fallback` for names. */
  destinationOf(uriText: string, fallback: Destination): Destination {
    const uri = parseSipUri(uriText)
    const host = uri?.host.replace(/^\[|\]$/g, '') ?? ''
    if (uri === undefined || (!isIpv4(host) && !isIpv6(host))) return fallback
    const named = uri.parameters.get('transport')?.toUpperCase()
    const transport = named === 'TCP' ? 'TCP' : named === 'UDP' ? 'UDP' : fallback.transport
    return { transport, address: host, port: uri.port ?? 5060 }
  }

  #attempt(parts: RequestParts, to: Destination, watch: RequestWatch): Promise<Final> {
    if (this.faults.dead) return Promise.resolve({ kind: 'none', why: 'dead' })
    return new Promise((resolve) => {
      const transaction = this.sip.send(parts, to, {
        onResponse: (response) => {
          if (this.faults.dead) return
          watch.onResponse?.(response)
          if (response.status >= 200) resolve({ kind: 'response', response })
        },
        onTimeout: () => resolve({ kind: 'none', why: 'timeout' }),
        onTransportFailure: () => resolve({ kind: 'none', why: 'transport' }),
      })
      watch.onSent?.(transaction)
    })
  }
}

export function withCredentials(
  parts: RequestParts,
  digest: DigestClient | undefined,
): RequestParts {
  const credentials = digest?.headers(parts.method, parts.uri) ?? []
  return { ...parts, headers: [...parts.headers, ...credentials] }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The SDP of a message, or undefined when its body is something else or empty. */
export function sdpOf(message: SipMessage): string | undefined {
  if (message.body.length === 0) return undefined
  const type = message.headers.first('Content-Type') ?? 'application/sdp'
  return /^application\/sdp\b/i.test(type) ? decoder.decode(message.body) : undefined
}

export function bodyText(message: SipMessage): string {
  return decoder.decode(message.body)
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

export const SDP_TYPE = ['Content-Type', 'application/sdp'] as const
export const ALLOW = [
  'Allow',
  'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, REFER',
] as const
