import type { Api, ApiContext } from '../context.ts'
import { region } from '../fields.ts'
import { conferenceObject, conferenceSchema } from '../objects.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'

const schema = listOperation({
  tag: 'conferences',
  summary: 'List conferences',
  path: {},
  query: Type.Object({
    'filter[name]': Type.Optional(Type.String({ maxLength: 255 })),
    'filter[status]': Type.Optional(Type.Enum(['init', 'in_progress', 'completed'])),
    region,
    ...pageFields,
  }),
  item: conferenceSchema,
  meta: metaSchema,
})

/** GET /v2/conferences, by `expires_at` descending. */
export function listConferences(api: Api, context: ApiContext): void {
  api.get('/v2/conferences', { schema }, async (request, reply) => {
    const { query } = request
    const page = pageOf(query)
    const name = query['filter[name]']
    const status = query['filter[status]']
    const { rows, total } = context.options.control.conferences(
      { ...(name === undefined ? {} : { name }), ...(status === undefined ? {} : { status }) },
      page,
    )
    return reply.send({ data: rows.map(conferenceObject), meta: pageMeta(page, total) })
  })
}
