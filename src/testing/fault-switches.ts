// The faults that a server with a lab offers, by name.

import type { Json } from './json.ts'

export interface WebhookFault {
  /** Only these. Default: any. */
  readonly type?: string
  /** Attempts. Default: 1. */
  readonly count?: number
}

export interface SipFault {
  /** As the server sees it. Default: `in`. */
  readonly direction?: 'in' | 'out'
  /** Messages; repeats count, too. Default: 1. */
  readonly count?: number
}

export class Faults {
  readonly #add: (fault: Json) => Promise<void>
  readonly #clear: () => Promise<void>

  constructor(add: (fault: Json) => Promise<void>, clear: () => Promise<void>) {
    this.#add = add
    this.#clear = clear
  }

  /** The attempt fails on the way; the server tries again by its schedule. */
  dropWebhook(fault: WebhookFault = {}): Promise<void> {
    return this.#add(webhook('drop_webhook', fault))
  }

  /** It arrives twice. */
  duplicateWebhook(fault: WebhookFault = {}): Promise<void> {
    return this.#add(webhook('duplicate_webhook', fault))
  }

  /** It arrives after the next one. */
  reorderWebhook(fault: WebhookFault = {}): Promise<void> {
    return this.#add(webhook('reorder_webhook', fault))
  }

  /** It is on its way for so long, in the time of calls. */
  delayWebhook(fault: WebhookFault & { readonly seconds: number }): Promise<void> {
    return this.#add({ ...webhook('delay_webhook', fault), delay_secs: fault.seconds })
  }

  loseAck({ direction = 'in', count = 1 }: SipFault = {}): Promise<void> {
    return this.#add({ fault: 'lose_sip', method: 'ACK', direction, count })
  }

  loseBye({ direction = 'in', count = 1 }: SipFault = {}): Promise<void> {
    return this.#add({ fault: 'lose_sip', method: 'BYE', direction, count })
  }

  /** `in`: the server hears nobody; `out`: nobody hears the server. Until `clear`. */
  oneWayAudio(direction: 'in' | 'out'): Promise<void> {
    return this.#add({ fault: 'one_way_audio', direction })
  }

  /** All off. */
  clear(): Promise<void> {
    return this.#clear()
  }
}

function webhook(fault: string, { type, count = 1 }: WebhookFault): Json {
  return { fault, count, ...(type === undefined ? {} : { event_type: type }) }
}
