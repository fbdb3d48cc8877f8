import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { pathText, plainOperation } from '../operation.ts'
import { applicationObject, applicationSchema } from './object.ts'

const schema = plainOperation({
  tag: 'applications',
  summary: 'Retrieve a call control application',
  path: { id: pathText },
  ok: applicationSchema,
})

/** GET /v2/call_control_applications/{id} */
export function retrieveApplication(api: Api, context: ApiContext): void {
  api.get('/v2/call_control_applications/:id', { schema }, async ({ params }, reply) => {
    const found = context.options.setup.applications.get(brandAs<ApplicationId>(params.id))
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: applicationObject(found) })
  })
}
