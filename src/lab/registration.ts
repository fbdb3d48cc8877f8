// A robot's binding at the registrar (RFC 3261 §10.2), refreshed at half of what was granted.

import { parseContacts } from '../sip/message/headers/contact.ts'
import type { DigestClient } from '../sip/auth/client.ts'
import type { SipResponse } from '../sip/message/types.ts'
import type { TimerId } from '../ports/timers.ts'
import { ALLOW } from './ua.ts'
import type { UserAgent } from './ua.ts'

export class Registration {
  /** Seconds granted last; 0 while not registered. */
  grantedSecs = 0
  /** Status of the last answer; 0 when none came. */
  lastStatus = 0
  readonly #ua: UserAgent
  readonly #digest: DigestClient | undefined
  readonly #callId: string
  readonly #tag: string
  #cseq = 0
  #refresh: TimerId | undefined

  constructor(ua: UserAgent) {
    this.#ua = ua
    this.#digest = ua.newDigest()
    this.#callId = ua.ports.random.token(24)
    this.#tag = ua.ports.random.token(10)
  }

  /** Registers and keeps the binding; resolves with the status of the answer, 0 when none came. */
  async register(expiresSecs: number): Promise<number> {
    const status = await this.#send(expiresSecs)
    if (status !== 200 || this.grantedSecs === 0) return status
    this.stop()
    this.#refresh = this.#ua.ports.timers.set((this.grantedSecs * 1000) / 2, () => {
      this.#refresh = undefined
      void this.register(expiresSecs)
    })
    return status
  }

  async unregister(): Promise<number> {
    this.stop()
    return this.#send(0)
  }

  /** No more refreshes: the binding dies of age. */
  stop(): void {
    if (this.#refresh !== undefined) this.#ua.ports.timers.clear(this.#refresh)
    this.#refresh = undefined
  }

  async #send(expiresSecs: number): Promise<number> {
    const ua = this.#ua
    const final = await ua.request(
      () => ({
        method: 'REGISTER',
        uri: `sip:${ua.options.identity.domain}`,
        headers: [
          ['From', `${ua.nameAddr};tag=${this.#tag}`],
          ['To', ua.nameAddr],
          ['Call-ID', this.#callId],
          ['CSeq', `${++this.#cseq} REGISTER`],
          ['Contact', ua.contact],
          ['Expires', String(expiresSecs)],
          ALLOW,
        ],
      }),
      ua.options.server,
      this.#digest,
    )
    this.lastStatus = final.kind === 'response' ? final.response.status : 0
    const granted = final.kind === 'response' && this.lastStatus === 200
    this.grantedSecs = granted && expiresSecs > 0 ? grantedSecs(final.response, ua, expiresSecs) : 0
    return this.lastStatus
  }
}

/** The time granted to our Contact; the response lists all bindings of the address (RFC 3261 §10.2.4). */
function grantedSecs(response: SipResponse, ua: UserAgent, asked: number): number {
  const contacts = parseContacts(response.headers)
  const list = contacts?.kind === 'list' ? contacts.contacts : []
  const own = list.find((one) => `<${one.uriText}>` === ua.contact) ?? list[0]
  const text = own?.parameters.get('expires') ?? response.headers.first('Expires')
  const seconds = Number(text ?? asked)
  return Number.isFinite(seconds) ? seconds : asked
}
