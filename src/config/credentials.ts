// Keys and passwords at rest are hashes: the file and the memory of the server do not give them away.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '../ports/random.ts'

export interface ApiKey {
  readonly name: string
  /** SHA-256, 32 bytes. */
  readonly hash: Uint8Array
  /** What it may dial over trunks (C80); empty and 0 are no limit, undefined is none at all. */
  readonly outbound?: {
    readonly prefixes: readonly string[]
    readonly perMinuteMax: number
    readonly concurrentMax: number
  }
}

export interface SipUser {
  readonly username: string
  /** RFC 7616 §3.4.2: H(username:realm:password), lower-case hexadecimal; the realm is `sip.domain`. */
  readonly ha1Md5: string
  readonly ha1Sha256: string
}

/** Where a generated key is kept; the platform's files behind it use mode 0600. */
export interface KeyFile {
  /** The stored text, or undefined when there is none. */
  read(): string | undefined
  write(text: string): void
}

/** SHA-256 of a key. */
export function apiKeyHash(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest()
}

/**
 * The configured key that `presented` is, or undefined. Every stored hash is compared, and each in constant time, so
 * that the answer's time tells nothing.
 */
export function findApiKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const hash = apiKeyHash(presented)
  let found: ApiKey | undefined
  for (const key of keys) {
    if (timingSafeEqual(key.hash, hash)) found = key
  }
  return found
}

/**
 * The key of a server that has none configured: the kept one, else a new one, which is then kept.
 * `fresh` is the new key's text, to be printed once; undefined when the kept one is used.
 */
export function keepApiKey(
  file: KeyFile,
  random: Random,
): { readonly key: ApiKey; readonly fresh: string | undefined } {
  const kept = file.read()?.trim()
  if (kept) return { key: { name: 'generated', hash: apiKeyHash(kept) }, fresh: undefined }
  const fresh = `KEY${random.token(55)}`
  file.write(`${fresh}\n`)
  return { key: { name: 'generated', hash: apiKeyHash(fresh) }, fresh }
}

/** Both hashes that a SIP user's digest answers are checked against. */
export function digestHashes(
  username: string,
  realm: string,
  password: string,
): Pick<SipUser, 'ha1Md5' | 'ha1Sha256'> {
  const secret = `${username}:${realm}:${password}`
  return {
    ha1Md5: createHash('md5').update(secret, 'utf8').digest('hex'),
    ha1Sha256: createHash('sha256').update(secret, 'utf8').digest('hex'),
  }
}
