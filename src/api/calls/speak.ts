import type { Api, ApiContext } from '../context.ts'
import { commonFields, loop, targetLegs } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { loopsOf } from '../rules.ts'
import { Type } from '../schema.ts'
import { payloadText, speechFields, speechOf } from '../speech.ts'
import { callParams, callPath, legIdOf } from './path.ts'

/** The published events have ids of this length. */
const speakIdLength = 10

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Speak text',
  path: callParams,
  body: Type.Object({
    payload: payloadText,
    ...speechFields,
    loop,
    stop: Type.Optional(Type.Enum(['current', 'all', 'overlay'], { 'x-own': 'stop-invalid' })),
    target_legs: targetLegs,
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/speak */
export function speak(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/speak`, { schema }, async (request, reply) => {
    const { body, params } = request
    const said = speechOf(context, body.payload, body)
    if ('problem' in said) return context.refuse(reply, [said.problem])
    const command = {
      kind: 'speak',
      legId: legIdOf(params),
      playbackId: context.options.random.token(speakIdLength),
      speech: said.speech,
      loops: loopsOf(body.loop) ?? 1,
      stop: body.stop,
      targetLegs: body.target_legs,
    } as const
    return context.act(request, reply, command, body)
  })
}
