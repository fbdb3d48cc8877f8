import { brandAs } from '../../base/ids.ts'
import type { ApplicationId, LegId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, commonFields, flag, lacking, parkAfterUnbridge } from '../fields.ts'
import { dialedSchema } from '../objects.ts'
import { recordOf } from '../record-fields.ts'
import { bodyOperation } from '../operation.ts'
import { missing } from '../problems.ts'
import { Type } from '../schema.ts'
import { streamFields, streamOf } from '../stream-fields.ts'
import type { Problem } from '../problems.ts'
import { conferenceConfig, purposeOf, superviseFields } from './dial-conference.ts'
import {
  destinationsField,
  dialFields,
  dialOptions,
  dialProblems,
  ringBranch,
} from './dial-fields.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Dial',
  path: {},
  body: Type.Object({
    connection_id: Type.String({ minLength: 1, description: 'Id of an application.' }),
    to: destinationsField,
    from: Type.String({ minLength: 1, 'x-rule': 'caller', description: '`+E.164` or SIP user.' }),
    ...dialFields,
    retry_on_timeout: flag(true),
    link_to: Type.Optional(callControlId('The new call shares its call_session_id.')),
    bridge_intent: flag(false, 'Needs `link_to`.'),
    bridge_on_answer: flag(false, 'Needs `link_to`.'),
    park_after_unbridge: parkAfterUnbridge,
    prevent_double_bridge: flag(false),
    conference_config: conferenceConfig,
    ...superviseFields,
    ...streamFields,
    stream_establish_before_call_originate: lacking(false),
    dialogflow_config: lacking(),
    enable_dialogflow: lacking(false),
    ...commonFields,
  }),
  ok: dialedSchema,
})

/** POST /v2/calls */
export function dial(api: Api, context: ApiContext): void {
  api.post('/v2/calls', { schema }, async (request, reply) => {
    const { to } = request.body
    const [first, ...others] = typeof to === 'string' ? ([to] as const) : to
    const body = { ...request.body, to: first }
    const problems = [...dialProblems(context, body), ...linkProblems(body)]
    if (problems.length > 0) return context.refuse(reply, problems)
    const meant = await purposeOf(context, body)
    if ('problem' in meant) return context.refuse(reply, [meant.problem])
    const streamed = streamOf(context, body)
    if ('problem' in streamed) return context.refuse(reply, [streamed.problem])
    const source = await context.audio(body)
    if ('problem' in source) return context.refuse(reply, [source.problem])
    const command = {
      kind: 'dial',
      fresh: context.freshLeg(),
      applicationId: brandAs<ApplicationId>(body.connection_id),
      dial: {
        ...dialOptions(body, source.audio),
        ...recordOf(context.options.random, body),
        ...streamed,
      },
      others:
        typeof to === 'string' ? undefined : others.map((one) => ringBranch(context, body, one)),
      retryOnTimeout: body.retry_on_timeout,
      linkTo: body.link_to === undefined ? undefined : brandAs<LegId>(body.link_to),
      bridgeIntent: body.bridge_intent,
      bridgeOnAnswer: body.bridge_on_answer,
      parkAfterUnbridge: body.park_after_unbridge === 'self',
      preventDoubleBridge: body.prevent_double_bridge,
      ...meant.purpose,
    } as const
    return context.act(request, reply, command, body)
  })
}

function linkProblems(body: {
  readonly link_to?: string
  readonly bridge_intent: boolean
  readonly bridge_on_answer: boolean
  readonly park_after_unbridge?: 'self'
}): readonly Problem[] {
  const needed = body.bridge_intent || body.bridge_on_answer || body.park_after_unbridge === 'self'
  return needed && body.link_to === undefined
    ? [{ ...missing('link_to'), pointer: '/link_to' }]
    : []
}
