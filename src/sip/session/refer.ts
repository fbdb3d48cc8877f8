// REFER within the dialog (RFC 3515), both ways, with the implicit subscription's NOTIFYs and `Refer-Sub: false`
// (RFC 4488). One transfer at a time per direction.

import { parseNameAddr } from '../message/headers/name-addr.ts'
import { parseValueWithParameters } from '../message/headers/value-with-parameters.ts'
import { reasonPhrase } from '../message/status.ts'
import type { ServerTransaction } from '../transaction/types.ts'
import { bytesOf, textOf, typeOf } from './body.ts'
import { lose } from './bye.ts'
import type { Headers } from './capabilities.ts'
import type { SessionCore } from './core.ts'
import { refuseForNow } from './modify.ts'

/** Without a final NOTIFY the transfer counts as unanswered. */
const REFER_GUARD_MS = 60_000
const FRAGMENT_TYPE = 'message/sipfrag'

export class Refers {
  readonly #core: SessionCore
  /** Our REFER waits for its final NOTIFY. */
  #sent = false
  #received:
    | { readonly transaction: ServerTransaction; readonly silent: boolean; accepted: boolean }
    | undefined

  constructor(core: SessionCore) {
    this.#core = core
  }

  send(target: string, headers: Headers): void {
    const core = this.#core
    if (this.#sent || !core.established) return
    this.#sent = true
    core.arm('refer-guard', REFER_GUARD_MS, () => this.#finish(408))
    const own = core.dialog?.state
    const all: Headers = [
      ['Refer-To', `<${target}>`],
      ['Referred-By', own?.localUri ?? ''],
      ['Contact', own?.localContact ?? ''],
      ...headers,
    ]
    core.request('REFER', all, undefined, (outcome) => {
      if (!this.#sent) return
      if (outcome.kind !== 'response') {
        this.#finish(408)
        return lose(core, 'dialog-gone', 408, true)
      }
      const { status, headers: answered } = outcome.response
      if (status >= 300) {
        this.#finish(status)
        if (status === 481 || status === 408) lose(core, 'dialog-gone', status, status !== 481)
        return
      }
      // RFC 4488 §4: no NOTIFY will come, accepted is all that we shall ever know.
      if (answered.first('Refer-Sub')?.trim().toLowerCase().startsWith('false') === true)
        this.#finish(200)
    })
  }

  onNotify(transaction: ServerTransaction): void {
    const { headers, body } = transaction.request
    const event = parseValueWithParameters(
      headers.first('Event') ?? headers.first('o') ?? '',
    )?.value.toLowerCase()
    if (event !== 'refer') {
      transaction.respond({ status: 489, headers: [['Allow-Events', 'refer']] })
      return
    }
    if (!this.#sent) {
      transaction.respond({ status: 481, headers: [] })
      return
    }
    transaction.respond({ status: 200, headers: [] })
    const state = parseValueWithParameters(
      headers.first('Subscription-State') ?? '',
    )?.value.toLowerCase()
    const status = typeOf(headers) === FRAGMENT_TYPE ? fragmentStatus(textOf(body)) : undefined
    if (status !== undefined && status >= 200) this.#finish(status)
    else if (state === 'terminated') this.#finish(408)
    else if (status !== undefined) this.#core.emit({ kind: 'refer-progress', status })
  }

  onRefer(transaction: ServerTransaction): void {
    const core = this.#core
    const { headers } = transaction.request
    const values = headers.values('Refer-To')
    const target = values.length === 1 ? parseNameAddr(values[0] ?? '')?.uriText : undefined
    if (target === undefined) {
      transaction.respond({ status: 400, reason: 'Bad Refer-To', headers: [] })
      return
    }
    if (!core.established || this.#received !== undefined) return refuseForNow(core, transaction)
    const silent = headers.first('Refer-Sub')?.trim().toLowerCase().startsWith('false') === true
    this.#received = { transaction, silent, accepted: false }
    core.dialog?.refreshTarget(headers, transaction.flow)
    core.emit({ kind: 'refer-received', target })
  }

  accept(): void {
    const received = this.#received
    if (received === undefined || received.accepted) return
    received.accepted = true
    const contact = ['Contact', this.#core.dialog?.state.localContact ?? ''] as const
    const headers: Headers = received.silent ? [contact, ['Refer-Sub', 'false']] : [contact]
    received.transaction.respond({ status: 202, headers })
    if (received.silent) this.#received = undefined
    else this.notify(100)
  }

  refuse(status: number): void {
    const received = this.#received
    if (received === undefined || received.accepted) return
    this.#received = undefined
    received.transaction.respond({ status, headers: [] })
  }

  /** Tells the referrer how the transfer stands; from 200 on it is the last word. */
  notify(status: number): void {
    const core = this.#core
    if (this.#received?.accepted !== true || !core.established) return
    const final = status >= 200
    if (final) this.#received = undefined
    const headers: Headers = [
      ['Event', 'refer'],
      ['Subscription-State', final ? 'terminated;reason=noresource' : 'active;expires=60'],
      ['Contact', core.dialog?.state.localContact ?? ''],
      ['Content-Type', `${FRAGMENT_TYPE};version=2.0`],
    ]
    const body = bytesOf(`SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`)
    core.request('NOTIFY', headers, body, () => {
      // RFC 6665 §4.2.2: a refused NOTIFY ends the subscription only; the call goes on.
    })
  }

  #finish(status: number): void {
    if (!this.#sent) return
    this.#sent = false
    this.#core.disarm('refer-guard')
    this.#core.emit({ kind: 'refer-progress', status })
  }
}

/** The status of a sipfrag's first line; undefined when there is none. */
export function fragmentStatus(text: string): number | undefined {
  const match = /^SIP\/2\.0\s+([1-6]\d\d)(?:\s|$)/i.exec(text)
  return match === null ? undefined : Number(match[1])
}
