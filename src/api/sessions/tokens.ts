// Sign-in without a database: what a browser or a link may do is written into the token itself and signed. A token names
// the API key it was made with, so that it dies with the key; a session that was ended is remembered until it would have
// ended by itself, at the latest with the process.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ApiKey } from '../../config/credentials.ts'

export type Role = 'admin' | 'read'
export type TokenKind = 'session' | 'link'

export interface Claims {
  readonly id: string
  readonly role: Role
  readonly expiresAtMs: number
}

export interface VerifiedClaims extends Claims {
  /** The key it was made with. */
  readonly key: ApiKey
}

/** Ended sessions that are remembered; beyond it the oldest are forgotten. */
const endedMax = 10_000
const tokenCharsMax = 1024

export class Tokens {
  readonly #secret: Uint8Array
  readonly #keys: readonly ApiKey[]
  /** Session to the time when its token ends by itself. */
  readonly #ended = new Map<string, number>()

  constructor(secret: Uint8Array, keys: readonly ApiKey[]) {
    this.#secret = secret
    this.#keys = keys
  }

  sign(kind: TokenKind, { id, role, expiresAtMs }: Claims, key: ApiKey): string {
    const claims = JSON.stringify([id, role, expiresAtMs, this.#nameOf(key)])
    const body = Buffer.from(claims).toString('base64url')
    return `${body}.${this.#mac(kind, body).toString('base64url')}`
  }

  /** Undefined: not ours, of another kind, changed, ended, or of a key that is not configured any more. */
  verify(kind: TokenKind, token: string, nowMs: number): VerifiedClaims | undefined {
    const match = /^([\w-]+)\.([\w-]+)$/.exec(token)
    if (match === null || token.length > tokenCharsMax) return undefined
    const [, body = '', signature = ''] = match
    // As text: Base64 has more than one text for the same bytes.
    const expected = Buffer.from(this.#mac(kind, body).toString('base64url'))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    // Signed by us, so written by `sign`.
    const [id, role, expiresAtMs, keyName] = JSON.parse(
      Buffer.from(body, 'base64url').toString(),
    ) as [string, Role, number, string]
    const key = this.#keys.find((one) => this.#nameOf(one) === keyName)
    if (key === undefined || !this.isLive({ id, role, expiresAtMs }, nowMs)) return undefined
    return { id, role, expiresAtMs, key }
  }

  /** A session that was verified once, later. */
  isLive({ id, expiresAtMs }: Claims, nowMs: number): boolean {
    return expiresAtMs > nowMs && !this.#ended.has(id)
  }

  /** From now on its token is worth nothing. */
  end({ id, expiresAtMs }: Claims, nowMs: number): void {
    for (const [one, endsAtMs] of this.#ended) {
      if (endsAtMs <= nowMs || this.#ended.size >= endedMax) this.#ended.delete(one)
    }
    this.#ended.set(id, expiresAtMs)
  }

  #mac(kind: TokenKind, body: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${kind}\n${body}`).digest()
  }

  // Of the key's hash, and only this server can make it: a cookie gives nothing away to guess the key with.
  #nameOf(key: ApiKey): string {
    const mac = createHmac('sha256', this.#secret).update('key\n').update(key.hash)
    return mac.digest('base64url').slice(0, 22)
  }
}
