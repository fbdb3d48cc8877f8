// Digest arithmetic shared by both roles (RFC 7616 §3.4, RFC 8760 for SIP). MD5 stays because most phones know
// nothing else; SHA-256 is always offered first.

import { createHash, timingSafeEqual } from 'node:crypto'

export type DigestAlgorithm = 'SHA-256' | 'MD5'

/** In the order in which a server offers them (RFC 8760 §2.3). */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']

export interface DigestInput {
  readonly algorithm: DigestAlgorithm
  /** H(user:realm:password), lower-case hexadecimal. */
  readonly ha1: string
  readonly nonce: string
  readonly method: string
  readonly uri: string
  /** Undefined: the RFC 2069 form without qop, which only servers older than ours ask for. */
  readonly qop: { readonly nc: string; readonly cnonce: string } | undefined
}

/** The algorithm a parameter names, MD5 when absent (RFC 7616 §3.3); undefined for one we do not do (`-sess`, others). */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  switch ((name ?? 'MD5').toUpperCase()) {
    case 'MD5':
      return 'MD5'
    case 'SHA-256':
      return 'SHA-256'
  }
  return undefined
}

/** H(username:realm:password): what is kept in place of the password. */
export function digestHa1(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return hash(algorithm, `${username}:${realm}:${password}`)
}

/** The `response` value, lower-case hexadecimal. */
export function digestResponse(input: DigestInput): string {
  const ha2 = hash(input.algorithm, `${input.method}:${input.uri}`)
  const middle =
    input.qop === undefined
      ? input.nonce
      : `${input.nonce}:${input.qop.nc}:${input.qop.cnonce}:auth`
  return hash(input.algorithm, `${input.ha1}:${middle}:${ha2}`)
}

/** Equality whose time does not tell how much of the text was right. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest()
  const right = createHash('sha256').update(b).digest()
  return timingSafeEqual(left, right)
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text, 'utf8')
    .digest('hex')
}
