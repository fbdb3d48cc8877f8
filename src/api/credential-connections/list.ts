import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { connectionSort, contains, pageAnswer, sorted } from '../setup/answers.ts'
import { connectionObject, connectionSchema } from './object.ts'

const schema = listOperation({
  tag: 'applications',
  summary: 'List credential connections',
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

/** GET /v2/credential_connections */
export function listCredentialConnections(api: Api, context: ApiContext): void {
  api.get('/v2/credential_connections', { schema }, async ({ query }, reply) => {
    const profile = query['filter[outbound_voice_profile_id]']
    const found = context.options.setup.connections
      .all()
      .filter(({ name }) => contains(name, query['filter[connection_name][contains]']))
      .filter((one) => profile === undefined || one.outboundVoiceProfileId === profile)
    return reply.send(pageAnswer(sorted(found, query.sort), query, connectionObject))
  })
}
