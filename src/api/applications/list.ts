import { Type } from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { applicationObject, applicationSchema } from '../objects.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields, pageMeta, pageOf } from '../paging.ts'

const schema = listOperation({
  tag: 'applications',
  summary: 'List call control applications',
  description: 'As the configuration file defines them, in its order.',
  path: {},
  query: Type.Object({
    'filter[application_name][contains]': Type.Optional(Type.String({ maxLength: 255 })),
    ...pageFields,
  }),
  item: applicationSchema,
  meta: metaSchema,
})

/** GET /v2/call_control_applications */
export function listApplications(api: Api, context: ApiContext): void {
  const sinceMs = context.nowMs()
  api.get('/v2/call_control_applications', { schema }, async (request, reply) => {
    const { query } = request
    const page = pageOf(query)
    const wanted = query['filter[application_name][contains]']?.toLowerCase() ?? ''
    const found = context.options.applications.filter(({ name }) =>
      name.toLowerCase().includes(wanted),
    )
    const first = (page.number - 1) * page.size
    return reply.send({
      data: found.slice(first, first + page.size).map((app) => applicationObject(app, sinceMs)),
      meta: pageMeta(page, found.length),
    })
  })
}
