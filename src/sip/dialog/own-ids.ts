// Tags and Call-IDs that we can recognise without remembering them. Each carries a short HMAC over its random part, so
// that after a restart, or when a 2xx arrives for an INVITE long forgotten, we know that the call was ours and may end
// it with ACK and BYE, and that nobody else can make us send such requests.

import { createHmac } from 'node:crypto'
import type { Random } from '../../ports/random.ts'

const RANDOM_CHARACTERS = 14
const MAC_CHARACTERS = 10

export class OwnIds {
  readonly #random: Random
  readonly #secret: Uint8Array

  constructor(random: Random, secret: Uint8Array) {
    this.#random = random
    this.#secret = secret
  }

  /** 24 characters of the token alphabet; RFC 3261 §19.3 wants 32 random bits, these are 84. */
  tag(): string {
    return this.#make('tag')
  }

  callId(): string {
    return this.#make('call-id')
  }

  isOwnTag(text: string): boolean {
    return this.#isOwn('tag', text)
  }

  isOwnCallId(text: string): boolean {
    return this.#isOwn('call-id', text)
  }

  #make(kind: 'tag' | 'call-id'): string {
    const salt = this.#random.token(RANDOM_CHARACTERS)
    return salt + this.#mac(kind, salt)
  }

  #isOwn(kind: 'tag' | 'call-id', text: string): boolean {
    if (text.length !== RANDOM_CHARACTERS + MAC_CHARACTERS) return false
    const salt = text.slice(0, RANDOM_CHARACTERS)
    return this.#mac(kind, salt) === text.slice(RANDOM_CHARACTERS)
  }

  #mac(kind: string, salt: string): string {
    return createHmac('sha256', this.#secret)
      .update(`${kind}:${salt}`)
      .digest('base64url')
      .slice(0, MAC_CHARACTERS)
  }
}
