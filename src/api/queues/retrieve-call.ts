import type { Api, ApiContext } from '../context.ts'
import { queueCallObject, queueCallSchema } from '../objects.ts'
import { plainOperation } from '../operation.ts'
import { queueCallOf, queueCallParams, queueCallPath } from './call-path.ts'

const schema = plainOperation({
  tag: 'queues',
  summary: 'Retrieve a call from a queue',
  path: queueCallParams,
  ok: queueCallSchema,
})

/** GET /v2/queues/{queue_name}/calls/{call_control_id} */
export function retrieveQueueCall(api: Api, context: ApiContext): void {
  api.get(queueCallPath, { schema }, async (request, reply) => {
    const { queueName, legId } = await queueCallOf(context, request, request.params)
    const call = await context.options.queues.getEntry(queueName, legId)
    if (call === undefined) return context.refuse(reply, [{ name: 'queued-call-unknown' }])
    return reply.send({ data: queueCallObject(call, context.nowMs()) })
  })
}
