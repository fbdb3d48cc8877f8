import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { bodyOperation, pathText } from '../operation.ts'
import { answerChange } from '../setup/answers.ts'
import { applicationBody, saidOf } from './fields.ts'
import { applicationObject, applicationSchema } from './object.ts'

const schema = bodyOperation({
  tag: 'applications',
  summary: 'Update a call control application',
  description: 'Calls that are up follow it from their next event on.',
  path: { id: pathText },
  body: applicationBody,
  ok: applicationSchema,
})

/** PATCH /v2/call_control_applications/{id} */
export function updateApplication(api: Api, context: ApiContext): void {
  api.patch('/v2/call_control_applications/:id', { schema }, async ({ body, params }, reply) => {
    const id = brandAs<ApplicationId>(params.id)
    const changed = await context.options.setup.applications.update(id, saidOf(body))
    return answerChange(context, reply, changed, { object: applicationObject })
  })
}
