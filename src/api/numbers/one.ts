// One phone number: read, assigned to an application, taken away. In the path its id, or the number itself.

import type { Api, ApiContext } from '../context.ts'
import { bodyOperation, pathText, plainOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import { numberFields, saidOf } from './fields.ts'
import { numberObject, numberSchema } from './object.ts'

const about = { tag: 'applications', path: { id: pathText }, ok: numberSchema } as const
const retrieveSchema = plainOperation({ ...about, summary: 'Retrieve a phone number' })
const updateSchema = bodyOperation({
  ...about,
  summary: 'Update a phone number',
  description: 'Calls that come from now on belong to the application it is assigned to.',
  body: Type.Object(numberFields),
})
const deleteSchema = plainOperation({ ...about, summary: 'Delete a phone number' })

/** GET, PATCH, DELETE /v2/phone_numbers/{id} */
export function oneNumber(api: Api, context: ApiContext): void {
  const { setup } = context.options
  const url = '/v2/phone_numbers/:id'
  const how = { object: (one: Parameters<typeof numberObject>[1]) => numberObject(setup, one) }
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = setup.numbers.get(params.id)
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: numberObject(setup, found) })
  })
  api.patch(url, { schema: updateSchema }, async ({ body, params }, reply) =>
    answerChange(context, reply, await setup.numbers.update(params.id, saidOf(body)), how),
  )
  api.delete(url, { schema: deleteSchema }, async ({ params }, reply) =>
    answerChange(context, reply, await setup.numbers.remove(params.id), how),
  )
}
