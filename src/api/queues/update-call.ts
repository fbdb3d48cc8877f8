import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { queueCallOf, queueCallParams, queueCallPath } from './call-path.ts'

const schema = bodyOperation({
  tag: 'queues',
  summary: 'Update queued call',
  path: queueCallParams,
  body: Type.Object({ keep_after_hangup: Type.Optional(Type.Boolean()) }),
})

/** PATCH /v2/queues/{queue_name}/calls/{call_control_id} */
export function updateQueueCall(api: Api, context: ApiContext): void {
  api.patch(queueCallPath, { schema }, async (request, reply) => {
    const command = {
      kind: 'queued-call-update',
      ...(await queueCallOf(context, request, request.params)),
      keepAfterHangup: request.body.keep_after_hangup,
    } as const
    return context.act(request, reply, command, { empty: true })
  })
}
