import type { Api, ApiContext } from '../context.ts'
import { queueSchema } from '../objects.ts'
import { bodyOperation, pathText } from '../operation.ts'
import { Type } from '../schema.ts'

/** POST /v2/queues/{queue_name}: POST, as the vendor has it. */
export function updateQueue(api: Api, context: ApiContext): void {
  const schema = bodyOperation({
    tag: 'queues',
    summary: 'Update a queue',
    path: { queue_name: pathText },
    body: Type.Object({
      max_size: Type.Integer({ minimum: 1, maximum: context.options.config.limits.queue_size }),
    }),
    ok: queueSchema,
  })
  api.post('/v2/queues/:queue_name', { schema }, async (request, reply) => {
    const queueName = await context.queueName(request, request.params.queue_name)
    const command = { kind: 'queue-update', queueName, maxSize: request.body.max_size } as const
    return context.act(request, reply, command, {})
  })
}
