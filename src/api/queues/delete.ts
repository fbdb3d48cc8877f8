import type { Api, ApiContext } from '../context.ts'
import { pathText, plainOperation } from '../operation.ts'

const schema = plainOperation({
  tag: 'queues',
  summary: 'Delete a queue',
  path: { queue_name: pathText },
})

/** DELETE /v2/queues/{queue_name} */
export function deleteQueue(api: Api, context: ApiContext): void {
  api.delete('/v2/queues/:queue_name', { schema }, async (request, reply) => {
    const queueName = await context.queueName(request, request.params.queue_name)
    return context.act(request, reply, { kind: 'queue-delete', queueName }, { empty: true })
  })
}
