import type { DeliveryQuery } from '../../ports/records.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { limitFields, metaSchema, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'
import { deliveryObject, deliverySchema } from './object.ts'

const wanted = () => Type.Optional(Type.String({ minLength: 1, maxLength: 1000 }))
const time = () => Type.Optional(Type.String({ maxLength: 64, 'x-rule': 'time' }))

const schema = listOperation({
  tag: 'events',
  summary: 'List webhook deliveries',
  description:
    'Webhooks that were tried at least once, the newest first, as long as `events.keep_hours` (C191).',
  path: {},
  query: Type.Object({
    'filter[status][eq]': Type.Optional(Type.Enum(['delivered', 'failed'])),
    'filter[event_type]': Type.Optional(
      Type.String({ minLength: 1, maxLength: 4096, description: 'Comma separated.' }),
    ),
    'filter[webhook][contains]': wanted(),
    'filter[attempts][contains]': wanted(),
    'filter[started_at][gte]': time(),
    'filter[started_at][lte]': time(),
    'filter[finished_at][gte]': time(),
    'filter[finished_at][lte]': time(),
    ...limitFields,
  }),
  item: deliverySchema,
  meta: metaSchema,
})

/** GET /v2/webhook_deliveries */
export function listDeliveries(api: Api, context: ApiContext): void {
  const { publicKey, records } = context.options
  const msOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))
  api.get('/v2/webhook_deliveries', { schema }, async ({ query }, reply) => {
    const page = pageOf(query)
    const status = query['filter[status][eq]']
    const asked = given<DeliveryQuery>({
      delivered: status === undefined ? undefined : status === 'delivered',
      eventTypes: query['filter[event_type]']?.split(',').map((one) => one.trim()),
      webhookContains: query['filter[webhook][contains]'],
      attemptsContain: query['filter[attempts][contains]'],
      startedFromMs: msOf(query['filter[started_at][gte]']),
      startedToMs: msOf(query['filter[started_at][lte]']),
      finishedFromMs: msOf(query['filter[finished_at][gte]']),
      finishedToMs: msOf(query['filter[finished_at][lte]']),
    })
    const { rows, total } = await records.deliveries(asked, page)
    return reply.send({
      data: rows.map((one) => deliveryObject(one, publicKey.id)),
      meta: pageMeta(page, total),
    })
  })
}
