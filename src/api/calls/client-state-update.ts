import type { Api, ApiContext } from '../context.ts'
import { commandId } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Update client state',
  path: callParams,
  body: Type.Object({
    client_state: Type.String({
      maxLength: 65_536,
      'x-own': 'client-state-invalid',
      'x-rule': 'base64',
      description: 'Base64. Empty text clears it.',
    }),
    command_id: commandId,
  }),
  ok: doneSchema,
})

/** PUT /v2/calls/{call_control_id}/actions/client_state_update; POST as well, as all other actions. */
export function clientStateUpdate(api: Api, context: ApiContext): void {
  const url = `${callPath}/actions/client_state_update`
  api.route({
    method: ['PUT', 'POST'],
    url,
    schema,
    handler: async (request, reply) => {
      const { body, params } = request
      const command = { kind: 'client-state-update', legId: legIdOf(params) } as const
      return context.act(request, reply, command, body)
    },
  })
}
