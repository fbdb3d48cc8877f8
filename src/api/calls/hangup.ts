import type { Api, ApiContext } from '../context.ts'
import { commonFields, customHeaders } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Hangup call',
  path: callParams,
  body: Type.Object({ custom_headers: customHeaders, ...commonFields }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/hangup */
export function hangup(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/hangup`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'hangup',
      legId: legIdOf(params),
      customHeaders: body.custom_headers,
    } as const
    return context.act(request, reply, command, body)
  })
}
