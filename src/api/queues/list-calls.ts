import type { Api, ApiContext } from '../context.ts'
import { queueCallObject, queueCallSchema } from '../objects.ts'
import { listOperation, pathText } from '../operation.ts'
import { limitFields, metaSchema, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'

const schema = listOperation({
  tag: 'queues',
  summary: 'Retrieve calls from a queue',
  path: { queue_name: pathText },
  query: Type.Object(limitFields),
  item: queueCallSchema,
  meta: metaSchema,
})

/** GET /v2/queues/{queue_name}/calls, position 1 first (C34). */
export function listQueueCalls(api: Api, context: ApiContext): void {
  api.get('/v2/queues/:queue_name/calls', { schema }, async (request, reply) => {
    const page = pageOf(request.query)
    const name = await context.queueName(request, request.params.queue_name)
    const found = await context.options.queues.pageEntries(name, page)
    if (found === undefined) return context.refuse(reply, [{ name: 'queue-unknown' }])
    const nowMs = context.nowMs()
    return reply.send({
      data: found.rows.map((call) => queueCallObject(call, nowMs)),
      meta: pageMeta(page, found.total),
    })
  })
}
