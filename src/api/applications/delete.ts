import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { pathText, plainOperation } from '../operation.ts'
import { answerChange } from '../setup/answers.ts'
import { applicationObject, applicationSchema } from './object.ts'

const schema = plainOperation({
  tag: 'applications',
  summary: 'Delete a call control application',
  description: 'Its calls go on with what it said last; its numbers belong to nobody (C184).',
  path: { id: pathText },
  ok: applicationSchema,
})

/** DELETE /v2/call_control_applications/{id} */
export function deleteApplication(api: Api, context: ApiContext): void {
  api.delete('/v2/call_control_applications/:id', { schema }, async ({ params }, reply) => {
    const id = brandAs<ApplicationId>(params.id)
    const removed = await context.options.setup.applications.remove(id)
    return answerChange(context, reply, removed, { object: applicationObject })
  })
}
