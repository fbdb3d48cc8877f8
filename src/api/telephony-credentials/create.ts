import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import {
  connectionId,
  credentialFields,
  credentialObject,
  credentialSchema,
  saidOf,
} from './object.ts'

const schema = bodyOperation({
  tag: 'applications',
  summary: 'Create a telephony credential',
  description: 'A SIP user of a credential connection, with a name and a password made here.',
  path: {},
  body: Type.Object({ connection_id: connectionId, ...credentialFields }),
  ok: credentialSchema,
  created: true,
})

/** POST /v2/telephony_credentials */
export function createCredential(api: Api, context: ApiContext): void {
  const { publicKey, setup } = context.options
  api.post('/v2/telephony_credentials', { schema }, async ({ body }, reply) => {
    const created = await setup.credentials.create({
      name: '',
      tag: '',
      expiresAtMs: undefined,
      connectionId: brandAs<ApplicationId>(body.connection_id),
      ...saidOf(body),
    })
    return answerChange(context, reply, created, {
      object: (one) => ({
        ...credentialObject(one, context.nowMs(), publicKey.id),
        sip_password: one.password,
      }),
      status: 201,
    })
  })
}
