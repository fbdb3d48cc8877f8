import type { Api, ApiContext } from '../context.ts'
import {
  codecsOf,
  commonFields,
  customHeaders,
  lacking,
  lackingCallFeatures,
  preferredCodecs,
  sipHeaders,
} from '../fields.ts'
import { bodyOperation } from '../operation.ts'
import { recordFields, recordOf } from '../record-fields.ts'
import { recordResultSchema } from '../recordings/object.ts'
import { Type } from '../schema.ts'
import { streamFields, streamOf } from '../stream-fields.ts'
import { webhookFields, webhookOverrides } from '../webhook-fields.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Answer call',
  path: callParams,
  body: Type.Object({
    ...commonFields,
    custom_headers: customHeaders,
    sip_headers: sipHeaders,
    preferred_codecs: preferredCodecs,
    ...lackingCallFeatures,
    answering_machine_detection: lacking('disabled'),
    ...recordFields,
    ...streamFields,
    ...webhookFields,
  }),
  ok: recordResultSchema,
})

/** POST /v2/calls/{call_control_id}/actions/answer */
export function answer(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/answer`, { schema }, async (request, reply) => {
    const { body, params } = request
    const streamed = streamOf(context, body)
    if ('problem' in streamed) return context.refuse(reply, [streamed.problem])
    const command = {
      kind: 'answer',
      legId: legIdOf(params),
      customHeaders: body.custom_headers,
      sipHeaders: body.sip_headers,
      codecs: codecsOf(body.preferred_codecs),
      webhooks: webhookOverrides(body),
      ...recordOf(context.options.random, body),
      ...streamed,
    } as const
    return context.act(request, reply, command, body)
  })
}
