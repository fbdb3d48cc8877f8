import type { Api, ApiContext } from '../context.ts'
import { plainOperation } from '../operation.ts'
import { queueCallOf, queueCallParams, queueCallPath } from './call-path.ts'

const schema = plainOperation({
  tag: 'queues',
  summary: 'Force remove a call from a queue',
  path: queueCallParams,
})

/** DELETE /v2/queues/{queue_name}/calls/{call_control_id} (C19). */
export function removeQueueCall(api: Api, context: ApiContext): void {
  api.delete(queueCallPath, { schema }, async (request, reply) => {
    const call = await queueCallOf(context, request, request.params)
    return context.act(request, reply, { kind: 'queued-call-remove', ...call }, { empty: true })
  })
}
