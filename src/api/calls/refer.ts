import type { Api, ApiContext } from '../context.ts'
import {
  commonFields,
  credentialsOf,
  customHeaders,
  sipCredentialFields,
  sipHeaders,
} from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'SIP Refer a call',
  path: callParams,
  body: Type.Object({
    sip_address: Type.String({ minLength: 1, maxLength: 1024, 'x-rule': 'sip-uri' }),
    ...commonFields,
    custom_headers: customHeaders,
    sip_headers: sipHeaders,
    ...sipCredentialFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/refer */
export function refer(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/refer`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'refer',
      legId: legIdOf(params),
      target: body.sip_address,
      customHeaders: body.custom_headers,
      sipHeaders: body.sip_headers,
      credentials: credentialsOf(body),
    } as const
    return context.act(request, reply, command, { ...body, destination: '/sip_address' })
  })
}
