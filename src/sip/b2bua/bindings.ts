// Where the registered users are (RFC 3261 §10.3). Pure: requests come in as plain changes, time as an argument. All
// changes of one REGISTER are made or none (§10.3 step 7).

import type { Flow } from '../transaction/types.ts'

/** RFC 3261 §10.2.1.1 leaves these to the registrar; seconds. */
export const REGISTRATION_DEFAULT_SECS = 3600
export const REGISTRATION_MIN_SECS = 60
export const REGISTRATION_MAX_SECS = 7200
/** Contacts of one user. */
export const CONTACTS_MAX = 10

export interface Binding {
  /** Contact URI as registered. */
  readonly uri: string
  readonly callId: string
  readonly cseq: number
  /** By the registrar's clock, which nobody sets; wall ms in the store. */
  readonly expiresAtMs: number
  /** 0 to 1000: q times 1000. */
  readonly priority: number
  /** Path values (RFC 3327) that lead to it. */
  readonly path: readonly string[]
  /** Where the REGISTER came from. */
  readonly flow: Flow
  /** The Contact can not be reached directly: use the flow. */
  readonly behindNat: boolean
  /** First registered, the same; undefined: by a release that did not remember it. */
  readonly sinceMs?: number
}

export interface ContactChange {
  readonly uri: string
  /** 0 removes. */
  readonly expiresSecs: number
  readonly priority: number
}

export interface Registration {
  readonly callId: string
  readonly cseq: number
  /** `all`: `Contact: *` with Expires 0. An empty list only asks. */
  readonly contacts: readonly ContactChange[] | 'all'
  readonly path: readonly string[]
  readonly flow: Flow
  /** Decides per Contact URI. */
  readonly behindNat: (uri: string) => boolean
}

export type RegisterRefusal = 'too-brief' | 'out-of-order' | 'too-many'

export class Bindings {
  readonly #byUser = new Map<string, readonly Binding[]>()
  /** Equality of Contact URIs (RFC 3261 §19.1.4). */
  readonly #same: (a: string, b: string) => boolean

  constructor(same: (a: string, b: string) => boolean) {
    this.#same = same
  }

  /** Living contacts, best q first, then newest first. */
  of(username: string, nowMs: number): readonly Binding[] {
    const living = (this.#byUser.get(username) ?? []).filter((one) => one.expiresAtMs > nowMs)
    if (living.length === 0) this.#byUser.delete(username)
    else this.#byUser.set(username, living)
    return living.toSorted((a, b) => b.priority - a.priority || b.expiresAtMs - a.expiresAtMs)
  }

  /** Users with a living contact. */
  count(nowMs: number): number {
    return this.all(nowMs).size
  }

  /** RFC 3261 §10.3 steps 6 and 7; undefined when done. */
  apply(username: string, registration: Registration, nowMs: number): RegisterRefusal | undefined {
    const { contacts, callId, cseq } = registration
    let next = [...this.of(username, nowMs)]
    if (contacts === 'all') {
      if (next.some((one) => one.callId === callId && cseq <= one.cseq)) return 'out-of-order'
      this.#byUser.delete(username)
      return undefined
    }
    if (contacts.length > CONTACTS_MAX) return 'too-many'
    for (const change of contacts) {
      if (change.expiresSecs > 0 && change.expiresSecs < REGISTRATION_MIN_SECS) return 'too-brief'
      const known = next.find((one) => this.#same(one.uri, change.uri))
      if (known !== undefined && known.callId === callId && cseq <= known.cseq)
        return 'out-of-order'
      next = next.filter((one) => one !== known)
      const since = known?.sinceMs ?? nowMs
      if (change.expiresSecs > 0)
        next.push({ ...bindingOf(registration, change, nowMs), sinceMs: since })
    }
    if (next.length > CONTACTS_MAX) return 'too-many'
    if (next.length === 0) this.#byUser.delete(username)
    else this.#byUser.set(username, next)
    return undefined
  }

  /** All users with a living contact. */
  all(nowMs: number): ReadonlyMap<string, readonly Binding[]> {
    for (const username of [...this.#byUser.keys()]) this.of(username, nowMs)
    return this.#byUser
  }

  /** A TCP connection is gone: bindings that came over it lose it, and keep their Contact. */
  flowClosed(connectionId: number): void {
    for (const [username, bindings] of this.#byUser) {
      if (!bindings.some((one) => one.flow.connectionId === connectionId)) continue
      const changed = bindings.map((one) =>
        one.flow.connectionId === connectionId
          ? { ...one, flow: { ...one.flow, connectionId: undefined } }
          : one,
      )
      this.#byUser.set(username, changed)
    }
  }

  /** The open TCP connection over which this Contact was registered. */
  connectionTo(uri: string): Flow | undefined {
    for (const bindings of this.#byUser.values()) {
      const found = bindings.find(
        (one) => one.flow.connectionId !== undefined && this.#same(one.uri, uri),
      )
      if (found !== undefined) return found.flow
    }
    return undefined
  }

  /** The user's living contacts for the store; connections do not outlive their process. */
  saved(username: string, nowMs: number): readonly Binding[] | undefined {
    const living = this.of(username, nowMs)
    if (living.length === 0) return undefined
    return living.map((one) => ({ ...one, flow: { ...one.flow, connectionId: undefined } }))
  }

  /** Contacts that `saved` gave out, in this process or a former one. */
  restore(username: string, bindings: readonly Binding[]): void {
    this.#byUser.set(username, bindings)
  }
}

function bindingOf(registration: Registration, change: ContactChange, nowMs: number): Binding {
  const { callId, cseq, path, flow } = registration
  const secs = Math.min(change.expiresSecs, REGISTRATION_MAX_SECS)
  return {
    uri: change.uri,
    callId,
    cseq,
    expiresAtMs: nowMs + secs * 1000,
    priority: change.priority,
    path,
    flow,
    behindNat: registration.behindNat(change.uri),
  }
}
