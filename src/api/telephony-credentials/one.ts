// One telephony credential: read, changed, deleted.

import type { CredentialRecord } from '../../ports/setup.ts'
import type { Api, ApiContext } from '../context.ts'
import { bodyOperation, pathText, plainOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import {
  connectionId,
  credentialFields,
  credentialObject,
  credentialSchema,
  saidOf,
} from './object.ts'

const about = { tag: 'applications', path: { id: pathText }, ok: credentialSchema } as const
const retrieveSchema = plainOperation({ ...about, summary: 'Retrieve a telephony credential' })
const updateSchema = bodyOperation({
  ...about,
  summary: 'Update a telephony credential',
  body: Type.Object({ connection_id: Type.Optional(connectionId), ...credentialFields }),
})
const deleteSchema = plainOperation({ ...about, summary: 'Delete a telephony credential' })

/** GET, PATCH, DELETE /v2/telephony_credentials/{id} */
export function oneCredential(api: Api, context: ApiContext): void {
  const { publicKey, setup } = context.options
  const { credentials } = setup
  const url = '/v2/telephony_credentials/:id'
  const object = (one: CredentialRecord) => credentialObject(one, context.nowMs(), publicKey.id)
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = credentials.get(params.id)
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: object(found) })
  })
  api.patch(url, { schema: updateSchema }, async ({ body, params }, reply) =>
    answerChange(context, reply, await credentials.update(params.id, saidOf(body)), { object }),
  )
  api.delete(url, { schema: deleteSchema }, async ({ params }, reply) =>
    answerChange(context, reply, await credentials.remove(params.id), { object }),
  )
}
