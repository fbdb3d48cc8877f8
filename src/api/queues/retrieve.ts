import type { Api, ApiContext } from '../context.ts'
import { queueObject, queueSchema } from '../objects.ts'
import { pathText, plainOperation } from '../operation.ts'

const schema = plainOperation({
  tag: 'queues',
  summary: 'Retrieve a queue',
  path: { queue_name: pathText },
  ok: queueSchema,
})

/** GET /v2/queues/{queue_name} */
export function retrieveQueue(api: Api, context: ApiContext): void {
  api.get('/v2/queues/:queue_name', { schema }, async (request, reply) => {
    const name = await context.queueName(request, request.params.queue_name)
    const queue = await context.options.queues.getQueue(name)
    if (queue === undefined) return context.refuse(reply, [{ name: 'queue-unknown' }])
    return reply.send({ data: queueObject(queue, context.nowMs()) })
  })
}
