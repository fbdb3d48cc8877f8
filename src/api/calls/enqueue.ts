import { brandAs } from '../../base/ids.ts'
import type { QueueId, QueueName } from '../../base/ids.ts'
import { serverIsFull } from '../context.ts'
import type { Api, ApiContext } from '../context.ts'
import { commonFields, flag, queueName as queueNameField } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

/** POST /v2/calls/{call_control_id}/actions/enqueue */
export function enqueue(api: Api, context: ApiContext): void {
  const schema = bodyOperation({
    tag: 'calls',
    summary: 'Enqueue call',
    path: callParams,
    body: Type.Object({
      queue_name: queueNameField,
      // C14: a range of our own, because none is published.
      max_wait_time_secs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
      max_size: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: context.options.config.limits.queue_size,
          description: 'Used when this command creates the queue; 100 when absent.',
        }),
      ),
      keep_after_hangup: flag(false),
      ...commonFields,
    }),
    ok: doneSchema,
  })
  api.post(`${callPath}/actions/enqueue`, { schema }, async (request, reply) => {
    const { body, params } = request
    const secs = body.max_wait_time_secs
    const queueName = brandAs<QueueName>(body.queue_name)
    if (!(await context.hasRoomForQueue(queueName))) return context.refuse(reply, [serverIsFull])
    const command = {
      kind: 'enqueue',
      legId: legIdOf(params),
      queueName,
      newQueueId: brandAs<QueueId>(context.options.random.uuid()),
      maxWaitMs: secs === undefined ? undefined : secs * 1000,
      maxSize: body.max_size,
      keepAfterHangup: body.keep_after_hangup,
    } as const
    return context.act(request, reply, command, body)
  })
}
