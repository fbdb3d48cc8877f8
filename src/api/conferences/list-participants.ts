import type { Api, ApiContext } from '../context.ts'
import { region } from '../fields.ts'
import { participantObject, participantSchema } from '../objects.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = listOperation({
  tag: 'conferences',
  summary: 'List conference participants',
  path: conferenceParams,
  query: Type.Object({
    'filter[muted]': Type.Optional(Type.Boolean()),
    'filter[on_hold]': Type.Optional(Type.Boolean()),
    'filter[whispering]': Type.Optional(Type.Boolean()),
    region,
    ...pageFields,
  }),
  item: participantSchema,
  meta: metaSchema,
})

/** GET /v2/conferences/{id}/participants */
export function listParticipants(api: Api, context: ApiContext): void {
  api.get(`${conferencePath}/participants`, { schema }, async (request, reply) => {
    const { query } = request
    const page = pageOf(query)
    const muted = query['filter[muted]']
    const onHold = query['filter[on_hold]']
    const whispering = query['filter[whispering]']
    const found = context.options.control.participants(
      context.conferenceName(request, request.params.id),
      {
        ...(muted === undefined ? {} : { muted }),
        ...(onHold === undefined ? {} : { onHold }),
        ...(whispering === undefined ? {} : { whispering }),
      },
      page,
    )
    if (found === undefined) return context.refuse(reply, [{ name: 'conference-unknown' }])
    const { rows, total } = found
    return reply.send({ data: rows.map(participantObject), meta: pageMeta(page, total) })
  })
}
