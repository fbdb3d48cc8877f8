import type { TimelineQuery } from '../../ports/trace.ts'
import { microsOf } from '../call-events/time.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'
import { askTimelines, legFields, legStates } from './object.ts'

const wanted = () => Type.Optional(Type.String({ minLength: 1, maxLength: 255 }))
const time = () => Type.Optional(Type.String({ maxLength: 64, 'x-rule': 'time' }))

const schema = listOperation({
  tag: 'calls',
  summary: 'List calls of the last hours',
  description:
    'Every leg of which something is kept, the newest first (C230); of more than 10,000 the newest. An addition of ours.',
  path: {},
  query: Type.Object({
    'filter[call_control_id]': wanted(),
    'filter[call_session_id]': wanted(),
    'filter[from]': wanted(),
    'filter[to]': wanted(),
    'filter[state]': Type.Optional(Type.Enum(legStates)),
    'filter[queue_name]': wanted(),
    'filter[started_at][gte]': time(),
    'filter[started_at][lte]': time(),
    ...pageFields,
  }),
  item: Type.Object({ record_type: Type.Literal('call_timeline'), ...legFields }),
  meta: metaSchema,
})

/** GET /v2/call_timelines */
export function listTimelines(api: Api, context: ApiContext): void {
  api.get('/v2/call_timelines', { schema }, async ({ query }, reply) => {
    const page = pageOf(query)
    const from = query['filter[started_at][gte]']
    const to = query['filter[started_at][lte]']
    const asked = given<TimelineQuery>({
      call_control_id: query['filter[call_control_id]'],
      call_session_id: query['filter[call_session_id]'],
      from: query['filter[from]'],
      to: query['filter[to]'],
      state: query['filter[state]'],
      queue_name: query['filter[queue_name]'],
      startedFromUs: from === undefined ? undefined : microsOf(from),
      startedToUs: to === undefined ? undefined : microsOf(to),
    })
    const found = await askTimelines(context, reply, (timelines) => timelines.calls(asked, page))
    if (found === undefined) return reply
    return reply.send({
      data: found.rows.map((leg) => ({ record_type: 'call_timeline', ...leg })),
      meta: pageMeta(page, found.total),
    })
  })
}
