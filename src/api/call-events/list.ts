import type { Static } from 'typebox'
import { isoMicros } from '../../base/iso-time.ts'
import type { CallEventQuery, CallEventView } from '../../ports/records.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { limitFields, metaSchema, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'
import { microsOf } from './time.ts'

const wanted = () => Type.Optional(Type.String({ maxLength: 255 }))
const time = () => Type.Optional(Type.String({ maxLength: 64, 'x-rule': 'time' }))
const comparisons = ['eq', 'gt', 'gte', 'lt', 'lte'] as const

const query = Type.Object({
  'filter[leg_id]': wanted(),
  'filter[application_session_id]': wanted(),
  'filter[connection_id]': wanted(),
  'filter[product]': Type.Optional(Type.Enum(['call_control', 'fax', 'texml'])),
  'filter[failed]': Type.Optional(Type.Boolean()),
  'filter[from]': wanted(),
  'filter[to]': wanted(),
  'filter[name]': wanted(),
  'filter[type]': Type.Optional(Type.Enum(['command', 'webhook'])),
  'filter[status]': Type.Optional(Type.Enum(['init', 'in_progress', 'completed'])),
  'filter[occurred_at][eq]': time(),
  'filter[occurred_at][gt]': time(),
  'filter[occurred_at][gte]': time(),
  'filter[occurred_at][lt]': time(),
  'filter[occurred_at][lte]': time(),
  ...limitFields,
})

const schema = listOperation({
  tag: 'events',
  summary: 'List call events',
  description:
    'Commands and webhooks in order of occurrence; of the last 24 hours unless a call or a session is named (C190).',
  path: {},
  query,
  item: Type.Object({
    record_type: Type.Literal('call_event'),
    type: Type.Enum(['command', 'webhook']),
    name: Type.String(),
    call_leg_id: Type.String(),
    call_session_id: Type.String(),
    event_timestamp: Type.String({ format: 'date-time' }),
    metadata: Type.Object({}, { additionalProperties: true }),
  }),
  meta: metaSchema,
})

const dayUs = 86_400_000_000

/** GET /v2/call_events */
export function listCallEvents(api: Api, context: ApiContext): void {
  api.get('/v2/call_events', { schema }, async (request, reply) => {
    const given = comparisons.filter((one) => request.query[`filter[occurred_at][${one}]`])
    if (given.length > 1) {
      const parameter = `filter[occurred_at][${given[1]}]`
      const detail = 'The request filter filter[occurred_at] may have one comparison only.'
      return context.refuse(reply, [{ name: 'filter-invalid', detail, parameter }])
    }
    const page = pageOf(request.query)
    const product = request.query['filter[product]'] ?? 'call_control'
    const { rows, total } =
      product === 'call_control'
        ? await context.options.records.callEvents(queryOf(request.query, context.nowMs()), page)
        : { rows: [], total: 0 }
    return reply.send({ data: rows.map(callEventObject), meta: pageMeta(page, total) })
  })
}

function queryOf(asked: Static<typeof query>, nowMs: number): CallEventQuery {
  const legUuid = asked['filter[leg_id]']
  const sessionId = asked['filter[application_session_id]']
  const { fromUs, toUs } = timesOf(asked)
  // A call or a session is found however long ago it was.
  const sinceUs = (legUuid ?? sessionId) === undefined ? nowMs * 1000 - dayUs : 0
  const all: { readonly [K in keyof CallEventQuery]: CallEventQuery[K] | undefined } = {
    legUuid,
    sessionId,
    applicationId: asked['filter[connection_id]'],
    type: asked['filter[type]'],
    name: asked['filter[name]'],
    from: asked['filter[from]'],
    to: asked['filter[to]'],
    failed: asked['filter[failed]'],
    status: asked['filter[status]'],
    fromUs: Math.max(fromUs, sinceUs),
    toUs,
  }
  const said = Object.entries(all).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as unknown as CallEventQuery // The same keys, less the undefined ones.
}

function timesOf(asked: Static<typeof query>): { fromUs: number; toUs: number } {
  const at = (one: (typeof comparisons)[number]): number | undefined => {
    const text = asked[`filter[occurred_at][${one}]`]
    return text === undefined ? undefined : microsOf(text)
  }
  const after = at('gt')
  const before = at('lt')
  return {
    fromUs: at('eq') ?? at('gte') ?? (after === undefined ? 0 : after + 1),
    toUs: at('eq') ?? at('lte') ?? (before === undefined ? Number.MAX_SAFE_INTEGER : before - 1),
  }
}

function callEventObject(one: CallEventView) {
  return {
    record_type: 'call_event',
    type: one.type,
    name: one.name,
    call_leg_id: one.legUuid,
    call_session_id: one.sessionId,
    event_timestamp: isoMicros(one.occurredAtUs),
    metadata: one.metadata,
  }
}
