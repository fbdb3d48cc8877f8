import type { Api, ApiContext } from '../context.ts'
import { participantSchema } from '../objects.ts'
import { bodyOperation, pathText } from '../operation.ts'
import { Type } from '../schema.ts'
import { ownBeep } from './fields.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Update a conference participant',
  path: { ...conferenceParams, participant_id: pathText },
  body: Type.Object({
    beep_enabled: ownBeep,
    end_conference_on_exit: Type.Optional(Type.Boolean()),
    soft_end_conference_on_exit: Type.Optional(Type.Boolean()),
  }),
  ok: participantSchema,
})

/** PATCH /v2/conferences/{id}/participants/{participant_id} */
export function updateParticipant(api: Api, context: ApiContext): void {
  const url = `${conferencePath}/participants/:participant_id`
  api.patch(url, { schema }, async (request, reply) => {
    const { params, body } = request
    const command = {
      kind: 'participant-update',
      conference: context.conferenceName(request, params.id),
      participant: params.participant_id,
      endOnExit: body.end_conference_on_exit,
      softEndOnExit: body.soft_end_conference_on_exit,
      beep: body.beep_enabled,
    } as const
    return context.act(request, reply, command, {})
  })
}
