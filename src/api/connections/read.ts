// Everything that has a `connection_id`: applications and credential connections.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import { isoMillis } from '../../base/iso-time.ts'
import type { ApplicationRecord, ConnectionRecord, Setup } from '../../ports/setup.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation, pathText, plainOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { connectionSort, contains, pageAnswer, sorted } from '../setup/answers.ts'

const time = () => Type.String({ format: 'date-time' })
const textOrNull = () => Type.Union([Type.String(), Type.Null()])

const connectionSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Enum(['call_control_application', 'credential_connection']),
  connection_name: Type.String(),
  active: Type.Boolean(),
  anchorsite_override: Type.String(),
  outbound_voice_profile_id: Type.String(),
  tags: Type.Array(Type.String()),
  webhook_api_version: Type.Literal('2'),
  webhook_event_url: textOrNull(),
  webhook_event_failover_url: textOrNull(),
  created_at: time(),
  updated_at: time(),
})

const listSchema = listOperation({
  tag: 'applications',
  summary: 'List connections',
  description: 'Call control applications and credential connections.',
  path: {},
  query: Type.Object({
    'filter[connection_name][contains]': Type.Optional(Type.String({ maxLength: 255 })),
    'filter[outbound_voice_profile_id]': Type.Optional(Type.String({ maxLength: 255 })),
    sort: connectionSort,
    ...pageFields,
  }),
  item: connectionSchema,
  meta: metaSchema,
})

const retrieveSchema = plainOperation({
  tag: 'applications',
  summary: 'Retrieve a connection',
  path: { connection_id: pathText },
  ok: connectionSchema,
})

/** GET /v2/connections */
export function listConnections(api: Api, context: ApiContext): void {
  const { setup } = context.options
  api.get('/v2/connections', { schema: listSchema }, async ({ query }, reply) => {
    const profile = query['filter[outbound_voice_profile_id]']
    const found = [...setup.applications.all(), ...setup.connections.all()]
      .filter(({ name }) => contains(name, query['filter[connection_name][contains]']))
      .filter((one) => profile === undefined || one.outboundVoiceProfileId === profile)
    return reply.send(pageAnswer(sorted(found, query.sort), query, connectionObject))
  })
}

/** GET /v2/connections/{connection_id} */
export function retrieveConnection(api: Api, context: ApiContext): void {
  const url = '/v2/connections/:connection_id'
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = connectionOf(context.options.setup, params.connection_id)
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: connectionObject(found) })
  })
}

/** What has that `connection_id`. */
export function connectionOf(
  setup: Setup,
  id: string,
): ApplicationRecord | ConnectionRecord | undefined {
  const known = brandAs<ApplicationId>(id)
  return setup.applications.get(known) ?? setup.connections.get(known)
}

function connectionObject(one: ApplicationRecord | ConnectionRecord) {
  return {
    id: one.id,
    record_type: 'userName' in one ? 'credential_connection' : 'call_control_application',
    connection_name: one.name,
    active: one.active,
    anchorsite_override: one.anchorsiteOverride,
    outbound_voice_profile_id: one.outboundVoiceProfileId,
    tags: one.tags,
    webhook_api_version: '2',
    webhook_event_url: one.webhookEventUrl || null,
    webhook_event_failover_url: one.webhookEventFailoverUrl || null,
    created_at: isoMillis(one.createdAtMs),
    updated_at: isoMillis(one.updatedAtMs),
  }
}
