import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { contains, pageAnswer } from '../setup/answers.ts'
import { credentialObject, credentialSchema } from './object.ts'

const wanted = () => Type.Optional(Type.String({ maxLength: 255 }))

const schema = listOperation({
  tag: 'applications',
  summary: 'List telephony credentials',
  path: {},
  query: Type.Object({
    'filter[name]': wanted(),
    'filter[tag]': wanted(),
    'filter[resource_id]': wanted(),
    'filter[sip_username]': wanted(),
    'filter[status]': Type.Optional(Type.Enum(['active', 'expired'])),
    ...pageFields,
  }),
  item: credentialSchema,
  meta: metaSchema,
})

/** GET /v2/telephony_credentials */
export function listCredentials(api: Api, context: ApiContext): void {
  const { publicKey, setup } = context.options
  api.get('/v2/telephony_credentials', { schema }, async ({ query }, reply) => {
    const nowMs = context.nowMs()
    const status = query['filter[status]']
    const equal = (value: string, wished: string | undefined) =>
      wished === undefined || value === wished
    const found = setup.credentials
      .all()
      .map((one) => credentialObject(one, nowMs, publicKey.id))
      .filter(({ name }) => contains(name, query['filter[name]']))
      .filter(({ tag }) => equal(tag, query['filter[tag]']))
      .filter((one) => equal(one.resource_id, query['filter[resource_id]']))
      .filter((one) => equal(one.sip_username, query['filter[sip_username]']))
      .filter(({ expired }) => equal(expired ? 'expired' : 'active', status))
    return reply.send(pageAnswer(found, query, (one) => one))
  })
}
