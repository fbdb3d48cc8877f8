import type { Api, ApiContext } from '../context.ts'
import { commonFields } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Switch supervisor role',
  description: 'For a call that was dialled with `supervise_call_control_id`.',
  path: callParams,
  body: Type.Object({
    role: Type.Enum(['barge', 'whisper', 'monitor']),
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/switch_supervisor_role */
export function switchSupervisorRole(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/switch_supervisor_role`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'switch-supervisor-role',
      legId: legIdOf(params),
      role: body.role,
    } as const
    return context.act(request, reply, command, body)
  })
}
