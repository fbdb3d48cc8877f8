import type { Api, ApiContext } from '../context.ts'
import { commonFields, flag } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Stop audio playback',
  path: callParams,
  body: Type.Object({
    stop: Type.Enum(['all', 'current'], { default: 'all', 'x-own': 'stop-invalid' }),
    overlay: flag(false),
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/playback_stop */
export function playbackStop(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/playback_stop`, { schema }, async (request, reply) => {
    const { body, params } = request
    const { stop, overlay } = body
    const command = { kind: 'playback-stop', legId: legIdOf(params), stop, overlay } as const
    return context.act(request, reply, command, body)
  })
}
