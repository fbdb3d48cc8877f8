import type { Api, ApiContext } from '../context.ts'
import { clientState, commonFields, flag, lacking, muteDtmf, parkAfterUnbridge } from '../fields.ts'
import { recordOf } from '../record-fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { destinationField, dialFields, dialOptions, dialProblems } from './dial-fields.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Transfer call',
  path: callParams,
  body: Type.Object({
    to: destinationField,
    from: Type.Optional(
      Type.String({ minLength: 1, 'x-rule': 'caller', description: 'Else the called number.' }),
    ),
    ...dialFields,
    stream_url: lacking(),
    early_media: flag(true),
    park_after_unbridge: parkAfterUnbridge,
    mute_dtmf: muteDtmf,
    target_leg_client_state: clientState,
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/transfer */
export function transfer(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/transfer`, { schema }, async (request, reply) => {
    const { body, params } = request
    const problems = dialProblems(context, body)
    if (problems.length > 0) return context.refuse(reply, problems)
    const source = await context.audio(body)
    if ('problem' in source) return context.refuse(reply, [source.problem])
    const command = {
      kind: 'transfer',
      legId: legIdOf(params),
      fresh: context.freshLeg(),
      dial: {
        ...dialOptions(body, source.audio),
        ...recordOf(context.options.random, body),
      },
      earlyMedia: body.early_media,
      parkAfterUnbridge: body.park_after_unbridge === 'self',
      muteDtmf: body.mute_dtmf,
      targetClientState: body.target_leg_client_state,
    } as const
    return context.act(request, reply, command, body)
  })
}
