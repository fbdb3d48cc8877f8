import { brandAs } from '../../base/ids.ts'
import type { QueueId, QueueName } from '../../base/ids.ts'
import { serverIsFull } from '../context.ts'
import type { Api, ApiContext } from '../context.ts'
import { queueName as queueNameField } from '../fields.ts'
import { queueSchema } from '../objects.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'

/** POST /v2/queues: 200, not 201. */
export function createQueue(api: Api, context: ApiContext): void {
  const maximum = context.options.config.limits.queue_size
  const schema = bodyOperation({
    tag: 'queues',
    summary: 'Create a queue',
    path: {},
    body: Type.Object({
      queue_name: queueNameField,
      max_size: Type.Integer({ default: Math.min(300, maximum), minimum: 1, maximum }),
    }),
    ok: queueSchema,
  })
  api.post('/v2/queues', { schema }, async (request, reply) => {
    const { body } = request
    const queueName = brandAs<QueueName>(body.queue_name)
    if (!(await context.hasRoomForQueue(queueName))) return context.refuse(reply, [serverIsFull])
    const command = {
      kind: 'queue-create',
      queueName,
      newQueueId: brandAs<QueueId>(context.options.random.uuid()),
      maxSize: body.max_size,
    } as const
    return context.act(request, reply, command, {})
  })
}
