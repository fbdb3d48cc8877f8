// REGISTER for the SIP users (RFC 3261 §10.3): who may, what is read, what is answered.

import type { Clock } from '../../ports/clock.ts'
import type { RegistrationView } from '../../ports/sip-setup.ts'
import type { DigestServer } from '../auth/server.ts'
import { cseqOf, isBehindNat } from '../dialog/headers.ts'
import { hostOf } from '../message/host.ts'
import { parseContacts } from '../message/headers/contact.ts'
import { parseDeltaSeconds } from '../message/headers/delta-seconds.ts'
import { formatNameAddr, parseNameAddr } from '../message/headers/name-addr.ts'
import type { NameAddr } from '../message/headers/name-addr.ts'
import { hasToken } from '../message/headers/tokens.ts'
import type { HeaderFields, ResponseParts, SipRequest } from '../message/types.ts'
import { parseUri, sameUri, unescapeUri } from '../message/uri.ts'
import type { SipUri } from '../message/uri.ts'
import type { Headers } from '../session/capabilities.ts'
import type { Flow, ServerTransaction } from '../transaction/types.ts'
import type { Doorman } from '../transport/doorman.ts'
import {
  Bindings,
  REGISTRATION_DEFAULT_SECS,
  REGISTRATION_MAX_SECS,
  REGISTRATION_MIN_SECS,
} from './bindings.ts'
import type { Binding, ContactChange, RegisterRefusal } from './bindings.ts'

/** Smaller steps of the wall clock are those of a clock that is kept right. */
const SMALL_STEP_MS = 1000

export interface RegistrarOptions {
  readonly clock: Clock
  readonly digest: DigestServer
  /** Hears who guesses and who proved a password. */
  readonly doorman: Pick<Doorman, 'failedLogin' | 'befriend'>
  /** Our domain, or one of our own addresses. */
  readonly isOurs: (uri: SipUri) => boolean
  /** After a REGISTER that changed something: the user, and the Contact URIs it named. */
  readonly changed: (username: string, uris: readonly string[], flow: Flow) => void
}

export class Registrar {
  readonly #options: RegistrarOptions
  readonly #bindings = new Bindings(sameContact)
  /** Wall ms at monotonic 0, when this process began. */
  readonly #steadyFromMs: number
  /** What the wall clock was set by when all rows were last written by it. */
  #writtenSetMs = 0

  constructor(options: RegistrarOptions) {
    const { clock } = options
    this.#options = options
    this.#steadyFromMs = clock.wallMs() - clock.monotonicMs()
  }

  contactsOf(username: string): readonly Binding[] {
    return this.#bindings.of(username, this.#nowMs())
  }

  registeredUsers(): number {
    return this.#bindings.count(this.#nowMs())
  }

  registrations(): readonly RegistrationView[] {
    const nowMs = this.#nowMs()
    const all = [...this.#bindings.all(nowMs)]
    return all.map(([username, bindings]) => ({
      username,
      contacts: this.#byWallClock(bindings).map((one) => ({
        ...{ uri: one.uri, transport: one.flow.transport, behindNat: one.behindNat },
        ...{ expiresAtMs: one.expiresAtMs, sinceMs: one.sinceMs ?? nowMs + this.#setMs() },
        source: `${hostOf(one.flow.remoteAddress)}:${one.flow.remotePort}`,
      })),
    }))
  }

  /** Its contacts are from now on called at their address. */
  flowClosed(connectionId: number): void {
    this.#bindings.flowClosed(connectionId)
  }

  /** The open TCP connection over which this Contact was registered. */
  connectionTo(uri: string): Flow | undefined {
    return this.#bindings.connectionTo(uri)
  }

  /** For the store, by the wall clock as it is now. */
  saved(username: string): readonly Binding[] | undefined {
    const living = this.#bindings.saved(username, this.#nowMs())
    return living && this.#byWallClock(living)
  }

  /** What `saved` gave out. None stays longer than one can be granted: the clock may have been set back since. */
  restore(username: string, bindings: readonly Binding[]): void {
    const latestMs = this.#nowMs() + REGISTRATION_MAX_SECS * 1000
    const believed = bindings.map((one) => ({
      ...one,
      expiresAtMs: Math.min(one.expiresAtMs, latestMs),
    }))
    this.#bindings.restore(username, believed)
  }

  /** All bindings of a user go. */
  forget(username: string): void {
    this.#bindings.restore(username, [])
  }

  /** Answers one REGISTER. */
  onRegister(transaction: ServerTransaction): void {
    const { request } = transaction
    const claimed = this.#claim(request)
    if (typeof claimed !== 'string') return transaction.respond(claimed)
    const address = transaction.flow.remoteAddress
    const verdict = this.#options.digest.verify(request)
    if (verdict.kind !== 'ok') {
      if (verdict.kind === 'wrong') this.#options.doorman.failedLogin(address)
      return transaction.respond(this.#challenge(claimed, verdict.kind === 'stale'))
    }
    this.#options.doorman.befriend(address)
    // RFC 3261 §10.3 step 4: nobody registers for somebody else.
    if (verdict.username !== claimed) return transaction.respond({ status: 403, headers: [] })
    this.#change(transaction, claimed)
  }

  /** What a REGISTER without credentials is answered. */
  challenge(request: SipRequest): ResponseParts {
    const claimed = this.#claim(request)
    return typeof claimed === 'string' ? this.#challenge(claimed, false) : claimed
  }

  /** Wall ms of the start, and monotonic since: registrations last as long as was granted, whatever the clock is set to (C269). */
  #nowMs(): number {
    return Math.round(this.#steadyFromMs + this.#options.clock.monotonicMs())
  }

  /** How far the wall clock was set since. */
  #setMs(): number {
    const setMs = this.#options.clock.wallMs() - this.#nowMs()
    return Math.abs(setMs) < SMALL_STEP_MS ? 0 : setMs
  }

  #byWallClock(bindings: readonly Binding[]): readonly Binding[] {
    const setMs = this.#setMs()
    if (setMs === 0) return bindings
    return bindings.map((one) => ({
      ...one,
      expiresAtMs: one.expiresAtMs + setMs,
      ...(one.sinceMs !== undefined && { sinceMs: one.sinceMs + setMs }),
    }))
  }

  /** The next process reads the rows by the clock that it finds: when that was set, all are written anew. */
  #followClock(flow: Flow): void {
    const setMs = this.#setMs()
    if (Math.abs(setMs - this.#writtenSetMs) < SMALL_STEP_MS) return
    this.#writtenSetMs = setMs
    for (const username of this.#bindings.all(this.#nowMs()).keys())
      this.#options.changed(username, [], flow)
  }

  /** The user that it is about, or why it can be about none. */
  #claim(request: SipRequest): string | ResponseParts {
    const { isOurs } = this.#options
    const to = parseNameAddr(request.headers.first('To') ?? '')?.uri
    const target = parseUri(request.uri)
    if (to === undefined || to.scheme === 'tel' || target === undefined || target.scheme === 'tel')
      return { status: 400, headers: [] }
    // A domain that is not ours is nothing that we forward (RFC 3261 §10.3 step 1).
    if (!isOurs(target) || !isOurs(to) || to.user === undefined) return { status: 404, headers: [] }
    return unescapeUri(to.user)
  }

  #challenge(username: string, stale: boolean): ResponseParts {
    const challenges = this.#options.digest.challenges(username, stale)
    return { status: 401, headers: challenges.map((one) => ['WWW-Authenticate', one] as const) }
  }

  #change(transaction: ServerTransaction, username: string): void {
    const { request, flow } = transaction
    const { headers } = request
    const nowMs = this.#nowMs()
    const contacts = readContacts(request)
    const callId = headers.first('Call-ID')
    const cseq = cseqOf(headers)?.number
    if (contacts === undefined || callId === undefined || cseq === undefined) {
      transaction.respond({ status: 400, reason: 'Bad Contact', headers: [] })
      return
    }
    const path = headers.values('Path')
    const refusal = this.#bindings.apply(
      username,
      {
        callId,
        cseq,
        contacts,
        path,
        flow,
        behindNat: (uri) => path.length === 0 && isBehindNat(headers, uri, flow),
      },
      nowMs,
    )
    if (refusal !== undefined) {
      const { status, reason, extra } = refusals[refusal]
      transaction.respond({ status, reason, headers: extra })
      return
    }
    const named = contacts === 'all' ? [] : contacts.map(({ uri }) => uri)
    this.#options.changed(username, named, flow)
    this.#followClock(flow)
    const listed: Headers = this.contactsOf(username).map((one) => [
      'Contact',
      describe(one, nowMs),
    ])
    const pathBack: Headers = hasToken(headers, 'Supported', 'path')
      ? path.map((one) => ['Path', one])
      : []
    transaction.respond({ status: 200, headers: [...listed, ...pathBack] })
  }
}

const refusals: Readonly<
  Record<
    RegisterRefusal,
    { readonly status: number; readonly reason: string; readonly extra: Headers }
  >
> = {
  'too-brief': {
    status: 423,
    reason: 'Interval Too Brief',
    extra: [['Min-Expires', String(REGISTRATION_MIN_SECS)]],
  },
  // RFC 3261 §10.3 step 7: an older change of the same client must not undo a newer one.
  'out-of-order': { status: 500, reason: 'Out Of Order', extra: [] },
  'too-many': { status: 403, reason: 'Too Many Contacts', extra: [] },
}

// The Contact changes of a REGISTER; undefined when they can not be read or `*` is used wrongly (§10.2.2).
function readContacts(request: SipRequest): readonly ContactChange[] | 'all' | undefined {
  const contacts = parseContacts(request.headers)
  if (contacts === undefined) return undefined
  const expires = secondsOf(request.headers)
  if (contacts.kind === 'all') return expires === 0 ? 'all' : undefined
  const changes: ContactChange[] = []
  for (const contact of contacts.contacts) {
    if (contact.uri === undefined) return undefined
    const own = contact.parameters.get('expires')
    // A malformed expires parameter counts as 3600 (RFC 3261 §20.10); it is our default as well.
    const asked = own === undefined ? expires : parseDeltaSeconds(own)
    changes.push({
      uri: contact.uriText,
      expiresSecs: asked ?? REGISTRATION_DEFAULT_SECS,
      priority: priorityOf(contact),
    })
  }
  return changes
}

function secondsOf(headers: HeaderFields): number | undefined {
  const text = headers.first('Expires')
  return text === undefined ? undefined : parseDeltaSeconds(text)
}

function priorityOf(contact: NameAddr): number {
  const q = contact.parameters.get('q')
  if (q === undefined || !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q)) return 1000
  return Math.round(Number(q) * 1000)
}

function describe(binding: Binding, nowMs: number): string {
  const secs = Math.max(1, Math.round((binding.expiresAtMs - nowMs) / 1000))
  const parameters: (readonly [string, string])[] = [['expires', String(secs)]]
  if (binding.priority !== 1000) parameters.unshift(['q', String(binding.priority / 1000)])
  return formatNameAddr({ uriText: binding.uri, parameters })
}

/** Equality of Contact URIs (RFC 3261 §19.1.4). */
export function sameContact(a: string, b: string): boolean {
  if (a === b) return true
  const left = parseUri(a)
  const right = parseUri(b)
  return left !== undefined && right !== undefined && sameUri(left, right)
}
