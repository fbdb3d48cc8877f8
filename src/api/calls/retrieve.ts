import type { Api, ApiContext } from '../context.ts'
import { callObject, callSchema } from '../objects.ts'
import { plainOperation } from '../operation.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = plainOperation({
  tag: 'calls',
  summary: 'Retrieve a call status',
  description: 'Until 10 minutes after its end.',
  path: callParams,
  ok: callSchema,
})

/** GET /v2/calls/{call_control_id} */
export function retrieveCall(api: Api, context: ApiContext): void {
  api.get(callPath, { schema }, async (request, reply) => {
    const call = context.options.control.call(legIdOf(request.params))
    if (call === undefined) return context.refuse(reply, [{ name: 'not-found' }])
    return reply.send({ data: callObject(call, context.nowMs()) })
  })
}
