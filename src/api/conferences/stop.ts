import type { Api, ApiContext } from '../context.ts'
import { callControlIds, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Stop audio being played on the conference',
  description:
    'Without `call_control_ids`: everything that play and speak of this conference began, to whomever.',
  path: conferenceParams,
  body: Type.Object({
    call_control_ids: Type.Optional(callControlIds),
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/stop */
export function stopConferenceAudio(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/stop`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'conference-stop',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
    } as const
    return context.act(request, reply, command, body)
  })
}
