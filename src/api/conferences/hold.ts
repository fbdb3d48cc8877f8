import type { Api, ApiContext } from '../context.ts'
import { audioFields, callControlIds, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Hold conference participants',
  description: 'Without `call_control_ids`: all of them.',
  path: conferenceParams,
  body: Type.Object({
    call_control_ids: Type.Optional(callControlIds),
    ...audioFields,
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/hold */
export function holdParticipants(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/hold`, { schema }, async (request, reply) => {
    const { body, params } = request
    const source = await context.audio(body)
    if ('problem' in source) return context.refuse(reply, [source.problem])
    const command = {
      kind: 'conference-hold',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
      audio: source.audio,
    } as const
    return context.act(request, reply, command, body)
  })
}
