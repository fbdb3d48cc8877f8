import type { Api, ApiContext } from '../context.ts'
import { participantObject, participantSchema } from '../objects.ts'
import { pathText, plainOperation } from '../operation.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = plainOperation({
  tag: 'conferences',
  summary: 'Retrieve a conference participant',
  description: 'By participant id or call_control_id.',
  path: { ...conferenceParams, participant_id: pathText },
  ok: participantSchema,
})

/** GET /v2/conferences/{id}/participants/{participant_id} */
export function retrieveParticipant(api: Api, context: ApiContext): void {
  const url = `${conferencePath}/participants/:participant_id`
  api.get(url, { schema }, async (request, reply) => {
    const { control } = context.options
    const { params } = request
    const name = context.conferenceName(request, params.id)
    const participant = control.participant(name, params.participant_id)
    if (participant !== undefined) return reply.send({ data: participantObject(participant) })
    const missing =
      control.conference(name) === undefined ? 'conference-unknown' : 'participant-unknown'
    return context.refuse(reply, [{ name: missing }])
  })
}
