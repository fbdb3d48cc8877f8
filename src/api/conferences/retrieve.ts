import type { Api, ApiContext } from '../context.ts'
import { conferenceObject, conferenceSchema } from '../objects.ts'
import { plainOperation } from '../operation.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = plainOperation({
  tag: 'conferences',
  summary: 'Retrieve a conference',
  description: 'By id or name; until 4 hours after its end.',
  path: conferenceParams,
  ok: conferenceSchema,
})

/** GET /v2/conferences/{id} */
export function retrieveConference(api: Api, context: ApiContext): void {
  api.get(conferencePath, { schema }, async (request, reply) => {
    const name = context.conferenceName(request, request.params.id)
    const conference = context.options.control.conference(name)
    if (conference === undefined) return context.refuse(reply, [{ name: 'conference-unknown' }])
    return reply.send({ data: conferenceObject(conference) })
  })
}
