import type { Api, ApiContext } from '../context.ts'
import { queueObject, queueSchema } from '../objects.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageMeta, pageOf, pageQuery } from '../paging.ts'

const schema = listOperation({
  tag: 'queues',
  summary: 'List queues',
  path: {},
  query: pageQuery,
  item: queueSchema,
  meta: metaSchema,
})

/** GET /v2/queues */
export function listQueues(api: Api, context: ApiContext): void {
  api.get('/v2/queues', { schema }, async (request, reply) => {
    const page = pageOf(request.query)
    const { rows, total } = await context.options.queues.pageQueues(page)
    const nowMs = context.nowMs()
    return reply.send({
      data: rows.map((queue) => queueObject(queue, nowMs)),
      meta: pageMeta(page, total),
    })
  })
}
