// Whose turn it is (RFC 3264, RFC 6337). Bodies are opaque text: this part only knows that an offer is out, who made
// it, and which descriptions were agreed last, so that a refresh can repeat them and a failed re-offer leaves them.

import { assert } from '../../base/assert.ts'

export type Turn = 'idle' | 'we-offered' | 'peer-offered'

export class OfferAnswer {
  #turn: Turn = 'idle'
  #pending: string | undefined
  /** The descriptions both ends agreed on last. */
  #local: string | undefined
  #remote: string | undefined

  get turn(): Turn {
    return this.#turn
  }

  get local(): string | undefined {
    return this.#local
  }

  get remote(): string | undefined {
    return this.#remote
  }

  weOffer(sdp: string): void {
    assert(this.#turn === 'idle', 'an offer while another one is open')
    this.#turn = 'we-offered'
    this.#pending = sdp
  }

  peerOffers(sdp: string): void {
    assert(this.#turn === 'idle', 'an offer taken in while another one is open')
    this.#turn = 'peer-offered'
    this.#pending = sdp
  }

  /** Our answer to the peer's offer. */
  weAnswer(sdp: string): void {
    assert(this.#turn === 'peer-offered', 'an answer without an offer')
    this.#local = sdp
    this.#remote = this.#pending
    this.#close()
  }

  /** The peer's answer to our offer; false when there was none open (a repeated answer). */
  peerAnswers(sdp: string): boolean {
    if (this.#turn !== 'we-offered') return false
    this.#remote = sdp
    this.#local = this.#pending
    this.#close()
    return true
  }

  /** The open offer was refused: what was agreed before stays (RFC 3261 §14.1). */
  rollBack(): void {
    this.#close()
  }

  /** Continues agreed descriptions after a restart. */
  restore(local: string | undefined, remote: string | undefined): void {
    this.#local = local
    this.#remote = remote
  }

  #close(): void {
    this.#turn = 'idle'
    this.#pending = undefined
  }
}
