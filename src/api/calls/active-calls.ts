import { connectionOf } from '../connections/read.ts'
import type { Api, ApiContext } from '../context.ts'
import { activeCallObject, activeCallSchema } from '../objects.ts'
import { listOperation, pathText } from '../operation.ts'
import { limitFields, metaSchema, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'

const textOrNull = () => Type.Union([Type.String(), Type.Null()])

// The vendor describes cursors, its SDK pages by number and would never stop without `total_pages`: both are answered.
const schema = listOperation({
  tag: 'calls',
  summary: 'List all active calls for given connection',
  path: { connection_id: pathText },
  query: Type.Object(limitFields),
  item: activeCallSchema,
  meta: Type.Object({
    ...metaSchema.properties,
    total_items: Type.Integer(),
    cursors: Type.Object({ after: textOrNull(), before: textOrNull() }),
    next: textOrNull(),
    previous: textOrNull(),
  }),
})

/** GET /v2/connections/{connection_id}/active_calls */
export function activeCalls(api: Api, context: ApiContext): void {
  api.get('/v2/connections/:connection_id/active_calls', { schema }, async (request, reply) => {
    const { control, setup } = context.options
    const { query, params } = request
    const application = connectionOf(setup, params.connection_id)
    if (application === undefined) return context.refuse(reply, [{ name: 'not-found' }])
    const page = pageOf(query)
    const after = query['page[after]']
    const before = query['page[before]']
    const found = control.activeCalls(application.id, {
      ...page,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    })
    const next = found.more ? found.last : null
    const previous = found.earlier ? found.first : null
    const link = (side: 'after' | 'before', cursor: string | null) =>
      cursor === null
        ? null
        : `/v2/connections/${application.id}/active_calls?page[${side}]=${encodeURIComponent(cursor)}&page[limit]=${page.size}`
    return reply.send({
      data: found.rows.map((call) => activeCallObject(call, context.nowMs())),
      meta: {
        ...pageMeta(page, found.total),
        total_items: found.total,
        cursors: { after: next, before: previous },
        next: link('after', next),
        previous: link('before', previous),
      },
    })
  })
}
