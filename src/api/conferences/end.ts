import type { Api, ApiContext } from '../context.ts'
import { commandId } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'End a conference',
  description: 'All participants are hung up.',
  path: conferenceParams,
  body: Type.Object({ command_id: commandId }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/end */
export function endConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/end`, { schema }, async (request, reply) => {
    const { body, params } = request
    const conference = context.conferenceName(request, params.id)
    return context.act(request, reply, { kind: 'conference-end', conference }, body)
  })
}
