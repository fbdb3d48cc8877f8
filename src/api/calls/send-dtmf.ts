import type { Api, ApiContext } from '../context.ts'
import { commonFields } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

/** Keys and their duration, the same on a call and in a conference. */
export const keyFields = {
  digits: Type.String({
    ...{ minLength: 1, maxLength: 100, 'x-own': 'digits-invalid', 'x-rule': 'keys-and-pauses' },
    description: '`0-9A-D*#`; `w` waits half a second, `W` a second.',
  }),
  duration_millis: Type.Integer({
    ...{ minimum: 100, maximum: 500, default: 250, 'x-own': 'duration-millis-invalid' },
    description: 'How long each key is held.',
  }),
}

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Send DTMF',
  path: callParams,
  body: Type.Object({ ...keyFields, ...commonFields }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/send_dtmf */
export function sendDtmf(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/send_dtmf`, { schema }, async (request, reply) => {
    const { body, params } = request
    const { digits, duration_millis: durationMs } = body
    const command = { kind: 'send-dtmf', legId: legIdOf(params), digits, durationMs } as const
    return context.act(request, reply, command, body)
  })
}
