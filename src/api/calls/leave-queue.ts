import type { Api, ApiContext } from '../context.ts'
import { commonFields } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Remove call from a queue',
  path: callParams,
  body: Type.Object({ ...commonFields }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/leave_queue */
export function leaveQueue(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/leave_queue`, { schema }, async (request, reply) => {
    const { body, params } = request
    return context.act(request, reply, { kind: 'leave-queue', legId: legIdOf(params) }, body)
  })
}
