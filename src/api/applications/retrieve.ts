import type { Api, ApiContext } from '../context.ts'
import { applicationObject, applicationSchema } from '../objects.ts'
import { pathText, plainOperation } from '../operation.ts'

const schema = plainOperation({
  tag: 'applications',
  summary: 'Retrieve a call control application',
  path: { id: pathText },
  ok: applicationSchema,
})

/** GET /v2/call_control_applications/{id} */
export function retrieveApplication(api: Api, context: ApiContext): void {
  const sinceMs = context.nowMs()
  api.get('/v2/call_control_applications/:id', { schema }, async (request, reply) => {
    const found = context.options.applications.find(({ id }) => id === request.params.id)
    if (found === undefined) {
      return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    }
    return reply.send({ data: applicationObject(found, sinceMs) })
  })
}
