import type { Api, ApiContext } from '../context.ts'
import { plainOperation } from '../operation.ts'
import { Type } from '../schema.ts'

const schema = plainOperation({
  tag: 'system',
  summary: 'Retrieve the public key of the webhook signature',
  path: {},
  ok: Type.Object({
    id: Type.String(),
    public: Type.String(),
    record_type: Type.Literal('public_key'),
  }),
})

/** GET /v2/public_key */
export function publicKey(api: Api, context: ApiContext): void {
  api.get('/v2/public_key', { schema }, async (_request, reply) => {
    const { publicKey } = context.options
    return reply.send({ data: { ...publicKey, record_type: 'public_key' } })
  })
}
