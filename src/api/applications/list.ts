import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { connectionSort, contains, pageAnswer, sorted } from '../setup/answers.ts'
import { applicationObject, applicationSchema } from './object.ts'

const schema = listOperation({
  tag: 'applications',
  summary: 'List call control applications',
  description: 'Those of the configuration file and those made over the API.',
  path: {},
  query: Type.Object({
    'filter[application_name][contains]': Type.Optional(Type.String({ maxLength: 255 })),
    'filter[outbound.outbound_voice_profile_id]': Type.Optional(Type.String({ maxLength: 255 })),
    sort: connectionSort,
    ...pageFields,
  }),
  item: applicationSchema,
  meta: metaSchema,
})

/** GET /v2/call_control_applications */
export function listApplications(api: Api, context: ApiContext): void {
  api.get('/v2/call_control_applications', { schema }, async ({ query }, reply) => {
    const profile = query['filter[outbound.outbound_voice_profile_id]']
    const found = context.options.setup.applications
      .all()
      .filter(({ name }) => contains(name, query['filter[application_name][contains]']))
      .filter((one) => profile === undefined || one.outboundVoiceProfileId === profile)
    return reply.send(pageAnswer(sorted(found, query.sort), query, applicationObject))
  })
}
