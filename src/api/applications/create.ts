import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { answerChange } from '../setup/answers.ts'
import { applicationBody, applicationDefaults, saidOf } from './fields.ts'
import { applicationObject, applicationSchema } from './object.ts'

const schema = bodyOperation({
  tag: 'applications',
  summary: 'Create a call control application',
  description: 'It takes calls as soon as a number is assigned to it.',
  path: {},
  body: applicationBody,
  ok: applicationSchema,
  created: true,
})

/** POST /v2/call_control_applications */
export function createApplication(api: Api, context: ApiContext): void {
  api.post('/v2/call_control_applications', { schema }, async ({ body }, reply) => {
    const settings = { ...applicationDefaults, ...saidOf(body) }
    const created = await context.options.setup.applications.create(settings)
    return answerChange(context, reply, created, { object: applicationObject, status: 201 })
  })
}
