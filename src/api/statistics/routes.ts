// Additions of ours (C220): figures of the queues, counted from the same events that GET /v2/events lists.

import type { AnyReply, Api, ApiContext } from '../context.ts'
import { bodyOperation, listOperation, pathText, plainOperation } from '../operation.ts'
import { metaSchema, pageMeta, pageOf, pageQuery } from '../paging.ts'
import { Type } from '../schema.ts'
import { figuresObject, figuresSchema } from './object.ts'

const path = '/v2/queue_statistics/:queue_name'
const soonReady = { name: 'unavailable', retryAfterSecs: 1 } as const

const listSchema = listOperation({
  tag: 'queues',
  summary: 'List statistics of the queues',
  description: 'The first is the total, with `queue_name` null; then the queues by name.',
  path: {},
  query: pageQuery,
  item: figuresSchema,
  meta: metaSchema,
})

/** GET /v2/queue_statistics */
export function listStatistics(api: Api, context: ApiContext): void {
  const { statistics } = context.options
  api.get('/v2/queue_statistics', { schema: listSchema }, async (request, reply) => {
    if (!statistics.isReady()) return context.refuse(reply, [soonReady])
    await statistics.refresh()
    const page = pageOf(request.query)
    const { rows, total } = statistics.page(page)
    return reply.send({
      data: rows.map((figures) => figuresObject(figures, statistics.shortAbandonSecs)),
      meta: pageMeta(page, total),
    })
  })
}

const retrieveSchema = plainOperation({
  tag: 'queues',
  summary: 'Retrieve statistics of a queue',
  description: 'Also of a queue that is gone, as long as it had calls today.',
  path: { queue_name: pathText },
  ok: figuresSchema,
})

/** GET /v2/queue_statistics/{queue_name} */
export function retrieveStatistics(api: Api, context: ApiContext): void {
  const { statistics } = context.options
  api.get(path, { schema: retrieveSchema }, async (request, reply) => {
    const name = await context.queueName(request, request.params.queue_name)
    return answer(context, reply, () => statistics.figures(name))
  })
}

const updateSchema = bodyOperation({
  tag: 'queues',
  summary: 'Update the service level target of a queue',
  description: 'What is left out stays. The target outlives the queue, for the next of that name.',
  path: { queue_name: pathText },
  body: Type.Object({
    seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 600 })),
    target_percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  }),
  ok: figuresSchema,
})

/** PATCH /v2/queue_statistics/{queue_name} */
export function updateStatistics(api: Api, context: ApiContext): void {
  const { statistics } = context.options
  api.patch(path, { schema: updateSchema }, async (request, reply) => {
    const name = await context.queueName(request, request.params.queue_name)
    return answer(context, reply, () => {
      const { seconds, percent } = statistics.figures(name)?.target ?? { seconds: 1, percent: 1 }
      const { seconds: newSeconds = seconds, target_percent: newPercent = percent } = request.body
      return statistics.setTarget(name, { seconds: newSeconds, percent: newPercent })
    })
  })
}

async function answer(
  context: ApiContext,
  reply: AnyReply,
  ask: () => MaybeFigures | Promise<MaybeFigures>,
): Promise<AnyReply> {
  const { statistics } = context.options
  if (!statistics.isReady()) return context.refuse(reply, [soonReady])
  const figures = await ask()
  if (figures === undefined) return context.refuse(reply, [{ name: 'queue-unknown' }])
  return reply.send({ data: figuresObject(figures, statistics.shortAbandonSecs) })
}

type MaybeFigures = ReturnType<ApiContext['options']['statistics']['figures']>
