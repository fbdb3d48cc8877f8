import type { Api, ApiContext } from '../context.ts'
import { callControlIds, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Mute conference participants',
  description: 'Without `call_control_ids`: all of them.',
  path: conferenceParams,
  body: Type.Object({
    call_control_ids: Type.Optional(callControlIds),
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/mute */
export function muteParticipants(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/mute`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'conference-mute',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
    } as const
    return context.act(request, reply, command, body)
  })
}
