import type { Api, ApiContext } from '../context.ts'
import { callControlIds, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { payloadText, speechFields, speechOf } from '../speech.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Speak text to conference participants',
  description:
    'Without `call_control_ids` everybody hears it over those who speak; with them these participants hear it alone.',
  path: conferenceParams,
  body: Type.Object({
    payload: payloadText,
    ...speechFields,
    call_control_ids: Type.Optional(callControlIds),
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/speak */
export function speakToConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/speak`, { schema }, async (request, reply) => {
    const { body, params } = request
    const said = speechOf(context, body.payload, body)
    if ('problem' in said) return context.refuse(reply, [said.problem])
    const command = {
      kind: 'conference-play',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
      playbackId: context.options.random.uuid(),
      audio: said.speech,
      loops: 1,
    } as const
    return context.act(request, reply, command, body)
  })
}
