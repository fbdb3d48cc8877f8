// Digest as the server: who sent this request? (RFC 3261 §22, RFC 7616, RFC 8760.) Keeps H(user:realm:password) per
// algorithm and never a password. The caller turns the verdict into 401 or 407.

import type { SipUserBook } from '../../ports/setup.ts'
import { parseAuth } from '../message/headers/auth.ts'
import { quote } from '../message/text.ts'
import type { SipRequest } from '../message/types.ts'
import {
  DIGEST_ALGORITHMS,
  digestAlgorithm,
  digestHa1,
  digestResponse,
  equalInConstantTime,
} from './digest.ts'
import type { DigestAlgorithm } from './digest.ts'
import type { Nonces } from './nonce.ts'

/** One SIP user: a password, or the hashes of `user:realm:password` in lower-case hexadecimal. */
export interface UserSecret {
  readonly username: string
  readonly password?: string
  readonly ha1Md5?: string
  readonly ha1Sha256?: string
}

export type Verdict =
  /** No usable credentials for our realm. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'ok'; readonly username: string }
  /** Right credentials over a nonce that is too old, of an earlier start, or whose count was used: ask again. */
  | { readonly kind: 'stale'; readonly username: string }
  | { readonly kind: 'wrong'; readonly username: string; readonly why: WrongWhy }

export type WrongWhy = 'unknown-user' | 'forged-nonce' | 'algorithm' | 'uri' | 'response' | 'count'

/** Credentials for our realm that are looked at in one request. */
const CREDENTIALS_MAX = 2

export class DigestServer {
  readonly realm: string
  readonly #nonces: Nonces
  readonly #algorithms: readonly DigestAlgorithm[]
  readonly #users: ReadonlyMap<string, ReadonlyMap<DigestAlgorithm, string>>
  readonly #nobody: ReadonlyMap<DigestAlgorithm, string>
  readonly #others: SipUserBook

  /**
   * `algorithms` are the ones offered and accepted. A phone of RFC 3261 knows MD5 alone, and some of them (baresip 1.0,
   * SIPp 3.6) give up when any challenge is for SHA-256 instead of passing over it, so offering both is not harmless.
   * `others`: users that come and go; the fixed ones go before.
   */
  constructor(
    realm: string,
    users: readonly UserSecret[],
    nonces: Nonces,
    algorithms: readonly DigestAlgorithm[] = DIGEST_ALGORITHMS,
    others: SipUserBook = { secretOf: () => undefined },
  ) {
    this.realm = realm
    this.#others = others
    this.#nonces = nonces
    this.#algorithms = DIGEST_ALGORITHMS.filter((one) => algorithms.includes(one))
    this.#users = new Map(
      users.map((user) => [user.username, hashesOf(user, realm, this.#algorithms)]),
    )
    this.#nobody = hashesOf({ username: '', password: nonces.issue() }, realm, this.#algorithms)
  }

  knows(username: string): boolean {
    return this.#users.has(username) || this.#others.secretOf(username) !== undefined
  }

  /** Judges the credentials of a request in `Authorization` or `Proxy-Authorization`. */
  verify(request: SipRequest): Verdict {
    let verdict: Verdict = { kind: 'absent' }
    let judged = 0
    for (const header of ['Authorization', 'Proxy-Authorization']) {
      for (const text of request.headers.all(header)) {
        const credentials = parseAuth(text)
        if (credentials?.scheme !== 'digest' || credentials.parameters.get('realm') !== this.realm)
          continue
        // One message is one guess or two, not as many as fit into it.
        if (judged++ === CREDENTIALS_MAX) return verdict
        verdict = this.#judge(credentials.parameters, request)
        if (verdict.kind === 'ok') return verdict
      }
    }
    return verdict
  }

  /**
   * Challenge header values in order of preference. A user who has only one hash is offered only that one, since
   * clients take the first they know (RFC 8760 §2.4).
   */
  challenges(username: string | undefined, stale: boolean): readonly string[] {
    const hashes = username === undefined ? undefined : this.#hashesOf(username)
    const nonce = this.#nonces.issue()
    return this.#algorithms
      .filter((one) => hashes === undefined || hashes.has(one))
      .map(
        (algorithm) =>
          `Digest realm=${quote(this.realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"` +
          (stale ? ', stale=true' : ''),
      )
  }

  #hashesOf(username: string): ReadonlyMap<DigestAlgorithm, string> | undefined {
    const secret = this.#others.secretOf(username)
    // Made in any case, so that the time is that of an invented name.
    const other = hashesOf({ username, ...secret }, this.realm, this.#algorithms)
    return this.#users.get(username) ?? (secret === undefined ? undefined : other)
  }

  #judge(credentials: ReadonlyMap<string, string>, request: SipRequest): Verdict {
    const username = credentials.get('username') ?? ''
    const nonce = credentials.get('nonce') ?? ''
    const uri = credentials.get('uri') ?? ''
    const wrong = (why: WrongWhy): Verdict => ({ kind: 'wrong', username, why })
    // A name that nobody has takes the same way and time as one with a wrong password: guessing finds no names.
    const known = this.#hashesOf(username)
    const hashes = known ?? this.#nobody
    const state = this.#nonces.check(nonce)
    if (state === 'forged') return wrong('forged-nonce')
    const algorithm = digestAlgorithm(credentials.get('algorithm'))
    const ha1 = algorithm === undefined ? undefined : hashes.get(algorithm)
    if (algorithm === undefined || ha1 === undefined) return wrong('algorithm')
    if (!sameUri(uri, request.uri)) return wrong('uri')
    const nc = credentials.get('nc') ?? ''
    const cnonce = credentials.get('cnonce')
    // We always offer qop; an answer without it would have no count and could be replayed.
    if (credentials.get('qop') !== 'auth' || cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc)) {
      return wrong('count')
    }
    const expected = digestResponse({
      algorithm,
      ha1,
      nonce,
      method: request.method,
      uri,
      qop: { nc, cnonce },
    })
    const right = equalInConstantTime(expected, (credentials.get('response') ?? '').toLowerCase())
    if (known === undefined) return wrong('unknown-user')
    if (!right) return wrong('response')
    if (state === 'stale' || !this.#nonces.use(nonce, parseInt(nc, 16)))
      return { kind: 'stale', username }
    return { kind: 'ok', username }
  }
}

function hashesOf(
  user: UserSecret,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): ReadonlyMap<DigestAlgorithm, string> {
  const hashes = new Map<DigestAlgorithm, string>()
  if (user.password !== undefined) {
    for (const algorithm of algorithms) {
      hashes.set(algorithm, digestHa1(algorithm, user.username, realm, user.password))
    }
  }
  if (user.ha1Md5 !== undefined && algorithms.includes('MD5'))
    hashes.set('MD5', user.ha1Md5.toLowerCase())
  if (user.ha1Sha256 !== undefined && algorithms.includes('SHA-256'))
    hashes.set('SHA-256', user.ha1Sha256.toLowerCase())
  return hashes
}

// RFC 3261 §22.4 item 5: proxies may have changed parameters and case on the way, so only the address is compared.
function sameUri(a: string, b: string): boolean {
  const bare = (uri: string): string => uri.split(/[;?]/, 1)[0]!.toLowerCase()
  return bare(a) === bare(b)
}
