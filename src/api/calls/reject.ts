import type { Api, ApiContext } from '../context.ts'
import { commonFields } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Reject a call',
  path: callParams,
  body: Type.Object({ cause: Type.Enum(['CALL_REJECTED', 'USER_BUSY']), ...commonFields }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/reject */
export function reject(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/reject`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = { kind: 'reject', legId: legIdOf(params), cause: body.cause } as const
    return context.act(request, reply, command, body)
  })
}
