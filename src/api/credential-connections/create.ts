import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import {
  connectionDefaults,
  connectionFields,
  connectionName,
  connectionObject,
  connectionSchema,
  password,
  saidOf,
  userName,
} from './object.ts'

const schema = bodyOperation({
  tag: 'applications',
  summary: 'Create a credential connection',
  description: 'A SIP user that may register at once.',
  path: {},
  body: Type.Object({
    connection_name: connectionName,
    user_name: userName,
    password,
    ...connectionFields,
  }),
  ok: connectionSchema,
  created: true,
})

/** POST /v2/credential_connections */
export function createConnection(api: Api, context: ApiContext): void {
  api.post('/v2/credential_connections', { schema }, async ({ body }, reply) => {
    const { password: given, ...said } = saidOf(body)
    const settings = { ...connectionDefaults, ...said }
    const created = await context.options.setup.connections.create(settings, given ?? '')
    return answerChange(context, reply, created, {
      object: (one) => ({ ...connectionObject(one), password: given }),
      status: 201,
      taken: '/user_name',
    })
  })
}
