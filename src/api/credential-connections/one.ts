// One credential connection: read, changed, deleted with all its SIP users.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { bodyOperation, pathText, plainOperation } from '../operation.ts'
import { answerChange } from '../setup/answers.ts'
import { connectionChanges, connectionObject, connectionSchema, saidOf } from './object.ts'

const about = { tag: 'applications', path: { id: pathText }, ok: connectionSchema } as const
const retrieveSchema = plainOperation({ ...about, summary: 'Retrieve a credential connection' })
const updateSchema = bodyOperation({
  ...about,
  summary: 'Update a credential connection',
  description: 'A new user name needs the password again. Registrations with old ones end.',
  body: connectionChanges,
})
const deleteSchema = plainOperation({ ...about, summary: 'Delete a credential connection' })

/** GET, PATCH, DELETE /v2/credential_connections/{id} */
export function oneCredentialConnection(api: Api, context: ApiContext): void {
  const { connections } = context.options.setup
  const url = '/v2/credential_connections/:id'
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = connections.get(brandAs<ApplicationId>(params.id))
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: connectionObject(found) })
  })
  api.patch(url, { schema: updateSchema }, async ({ body, params }, reply) => {
    const id = brandAs<ApplicationId>(params.id)
    const { userName: renamed, password: given } = saidOf(body)
    const former = connections.get(id)?.userName
    // What is kept is a hash over both: without the password no hash can be made for another name.
    if (renamed !== undefined && renamed !== former && given === undefined && former) {
      const detail = "The 'password' parameter is required when the user_name changes."
      return context.refuse(reply, [{ name: 'parameter-missing', detail, pointer: '/password' }])
    }
    return answerChange(context, reply, await connections.update(id, saidOf(body)), {
      object: (one) => ({
        ...connectionObject(one),
        ...(given === undefined ? {} : { password: given }),
      }),
      taken: '/user_name',
    })
  })
  api.delete(url, { schema: deleteSchema }, async ({ params }, reply) =>
    answerChange(context, reply, await connections.remove(brandAs<ApplicationId>(params.id)), {
      object: connectionObject,
    }),
  )
}
