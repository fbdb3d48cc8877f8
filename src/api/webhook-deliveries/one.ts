// One webhook's delivery: looked at, and sent again (an addition of ours).

import type { Api, ApiContext } from '../context.ts'
import { doneSchema, pathText, plainOperation } from '../operation.ts'
import { deliveryObject, deliverySchema } from './object.ts'

const retrieveSchema = plainOperation({
  tag: 'events',
  summary: 'Retrieve a webhook delivery',
  description: 'By the `id` of the event.',
  path: { id: pathText },
  ok: deliverySchema,
})

const redeliverSchema = plainOperation({
  tag: 'events',
  summary: 'Send a webhook again',
  description: 'One that was delivered or given up, to the same URL, beside all others (C192).',
  path: { id: pathText },
  ok: doneSchema,
})

/** GET /v2/webhook_deliveries/{id}, POST …/actions/redeliver */
export function oneDelivery(api: Api, context: ApiContext): void {
  const { publicKey, records } = context.options
  const url = '/v2/webhook_deliveries/:id'
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = await records.delivery(params.id)
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: deliveryObject(found, publicKey.id) })
  })
  api.post(`${url}/actions/redeliver`, { schema: redeliverSchema }, async ({ params }, reply) => {
    switch (await records.redeliver(params.id)) {
      case 'unknown':
        return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
      case 'unfinished':
        return context.refuse(reply, [{ name: 'delivery-unfinished' }])
      case 'started':
        return reply.send({ data: { result: 'ok' } })
    }
  })
}
