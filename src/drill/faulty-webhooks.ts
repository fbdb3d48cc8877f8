// The way of a webhook to its receiver with the troubles of a network (C264): lost, sent twice, late, or behind the next
// one. The outbox above does not know: to it a lost one failed, and one that is overtaken was delivered.

import type { HttpClient, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { FaultOrder } from '../ports/lab.ts'
import type { Timers } from '../ports/timers.ts'
import type { FaultSwitches } from './switches.ts'

/** One that is to be overtaken goes after this when nothing overtakes it. */
const overtakenMsMax = 5000
const heldMax = 100

const lost: HttpOutcome = { kind: 'failed', why: 'connect', detail: 'lost by a fault of the lab' }
const taken: HttpOutcome = { kind: 'answer', status: 200, headers: [], body: new Uint8Array() }

type WebhookFault = Extract<FaultOrder, { readonly delayMs: number }>

export interface FaultyWebhooks extends HttpClient {
  /** Requests on the network now; those that are held back by a fault are not. */
  underWay(): number
  /** Attempts so far. */
  attempts(): number
}

export function faultyWebhooks(
  http: HttpClient,
  switches: FaultSwitches,
  timers: Timers,
): FaultyWebhooks {
  let underWay = 0
  let attempts = 0
  let held: HttpRequest[] = []

  const send = async (request: HttpRequest): Promise<HttpOutcome> => {
    underWay += 1
    try {
      return await http.request(request)
    } finally {
      underWay -= 1
    }
  }
  const sendHeld = async (): Promise<void> => {
    const late = held
    held = []
    for (const request of late) await send(request)
  }
  const hold = (request: HttpRequest): void => {
    held = [...held, request].slice(-heldMax)
    timers.set(overtakenMsMax, () => void sendHeld())
  }

  return {
    underWay: () => underWay,
    attempts: () => attempts,
    async request(request) {
      attempts += 1
      const type = eventTypeOf(request)
      const fault = switches.strike((order): order is WebhookFault => {
        if (!('delayMs' in order)) return false
        return order.eventType === undefined || order.eventType === type
      })
      switch (fault?.kind) {
        case 'drop-webhook':
          return lost
        case 'reorder-webhook':
          hold(request)
          return taken
        case 'duplicate-webhook':
          await send(request)
          break
        case 'delay-webhook':
          await new Promise<void>((resolve) => timers.set(fault.delayMs, resolve))
          break
        case undefined:
          break
      }
      const outcome = await send(request)
      if (held.length > 0) await sendHeld()
      return outcome
    },
  }
}

/** Of our own webhooks: the body of a POST, the query of a GET. */
function eventTypeOf({ url, body }: HttpRequest): string | undefined {
  if (body === undefined) return URL.parse(url)?.searchParams.get('event_type') ?? undefined
  const found = /"event_type":"([a-z_.]+)"/.exec(new TextDecoder().decode(body))
  return found?.[1]
}
