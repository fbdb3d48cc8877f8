// Digest as the client: answers 401 and 407 (RFC 3261 §22.2, §22.3). One object per dialog; it remembers the last
// challenge of each realm, so that later requests of the dialog carry credentials at once and count nc upwards.

import type { Random } from '../../ports/random.ts'
import { parseAuth } from '../message/headers/auth.ts'
import { quote } from '../message/text.ts'
import type { SipResponse } from '../message/types.ts'
import { digestAlgorithm, digestHa1, digestResponse } from './digest.ts'
import type { DigestAlgorithm } from './digest.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Realms one dialog answers: a peer that keeps inventing them gets no more. */
const REALMS_MAX = 5
/** Stale nonces in a row before the peer is taken as broken. */
const STALE_MAX = 3

interface Challenge {
  readonly headerName: 'Authorization' | 'Proxy-Authorization'
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: DigestAlgorithm
  readonly qop: boolean
  count: number
  staleTimes: number
  /** A request with these credentials has been sent and not been accepted yet. */
  tried: boolean
}

export class DigestClient {
  readonly #credentials: Credentials
  readonly #random: Random
  readonly #challenges = new Map<string, Challenge>()

  constructor(credentials: Credentials, random: Random) {
    this.#credentials = credentials
    this.#random = random
  }

  /**
   * Takes a 401 or 407 in. True when sending the request again with `headers()` may succeed: each realm is answered
   * once, and again only when the server says stale=true.
   */
  accept(response: SipResponse): boolean {
    const proxy = response.status === 407
    const challenged = proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'
    const realmsSeen = new Set<string>()
    let useful = false
    for (const text of response.headers.all(challenged)) {
      const parsed = parseChallenge(text, proxy)
      // RFC 8760 §2.4: the first challenge of a realm that we understand is the one to answer.
      if (parsed === undefined || realmsSeen.has(parsed.challenge.realm)) continue
      realmsSeen.add(parsed.challenge.realm)
      if (!this.#take(parsed.challenge, parsed.stale)) return false
      useful = true
    }
    return useful
  }

  /** The request was accepted: a challenge that comes later is a new one. */
  accepted(): void {
    for (const challenge of this.#challenges.values()) {
      challenge.tried = false
      challenge.staleTimes = 0
    }
  }

  /** Credentials headers for a request, one per known realm; empty before the first challenge. */
  headers(method: string, uri: string): readonly (readonly [string, string])[] {
    return [...this.#challenges.values()].map(
      (one) => [one.headerName, this.#value(one, method, uri)] as const,
    )
  }

  #take(challenge: Challenge, stale: boolean): boolean {
    const key = `${challenge.headerName} ${challenge.realm}`
    const known = this.#challenges.get(key)
    if (known?.tried === true && !stale) return false
    if (known === undefined && this.#challenges.size >= REALMS_MAX) return false
    challenge.staleTimes = stale && known !== undefined ? known.staleTimes + 1 : 0
    if (challenge.staleTimes > STALE_MAX) return false
    this.#challenges.set(key, challenge)
    return true
  }

  #value(challenge: Challenge, method: string, uri: string): string {
    challenge.count += 1
    challenge.tried = true
    const { username, password } = this.#credentials
    const { algorithm, realm, nonce } = challenge
    const nc = challenge.count.toString(16).padStart(8, '0')
    const cnonce = this.#random.token(16)
    const response = digestResponse({
      algorithm,
      ha1: digestHa1(algorithm, username, realm, password),
      nonce,
      method,
      uri,
      qop: challenge.qop ? { nc, cnonce } : undefined,
    })
    return (
      `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}, ` +
      `response="${response}", algorithm=${algorithm}` +
      (challenge.qop ? `, qop=auth, nc=${nc}, cnonce="${cnonce}"` : '') +
      (challenge.opaque === undefined ? '' : `, opaque=${quote(challenge.opaque)}`)
    )
  }
}

function parseChallenge(
  text: string,
  proxy: boolean,
): { readonly challenge: Challenge; readonly stale: boolean } | undefined {
  const parsed = parseAuth(text)
  if (parsed?.scheme !== 'digest') return undefined
  const { parameters } = parsed
  const realm = parameters.get('realm')
  const nonce = parameters.get('nonce')
  if (realm === undefined || nonce === undefined) return undefined
  const algorithm = digestAlgorithm(parameters.get('algorithm'))
  if (algorithm === undefined) return undefined
  const qops = parameters.get('qop')
  const auth =
    qops !== undefined && qops.split(',').some((one) => one.trim().toLowerCase() === 'auth')
  // A server that wants only auth-int gets no answer: bodies are changed by too many boxes on the way.
  if (qops !== undefined && !auth) return undefined
  const challenge: Challenge = {
    headerName: proxy ? 'Proxy-Authorization' : 'Authorization',
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    qop: auth,
    count: 0,
    staleTimes: 0,
    tried: false,
  }
  return { challenge, stale: parameters.get('stale')?.toLowerCase() === 'true' }
}
