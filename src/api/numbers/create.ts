import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import { numberFields, saidOf } from './fields.ts'
import { numberObject, numberSchema } from './object.ts'

// An addition of ours (C185): there is no shop here where a number could be bought.
const schema = bodyOperation({
  tag: 'applications',
  summary: 'Make a phone number known',
  description: 'Calls to it, from a trunk or from a SIP user, then belong to its application.',
  path: {},
  body: Type.Object({
    phone_number: Type.String({
      minLength: 1,
      maxLength: 64,
      'x-rule': 'caller',
      description: '+E.164, or the user part of a SIP address.',
    }),
    ...numberFields,
  }),
  ok: numberSchema,
  created: true,
})

/** POST /v2/phone_numbers */
export function createNumber(api: Api, context: ApiContext): void {
  const { setup } = context.options
  api.post('/v2/phone_numbers', { schema }, async ({ body }, reply) => {
    const settings = { applicationId: null, tags: [], customerReference: '', ...saidOf(body) }
    const created = await setup.numbers.create(body.phone_number, settings)
    return answerChange(context, reply, created, {
      object: (one) => numberObject(setup, one),
      status: 201,
      taken: '/phone_number',
    })
  })
}
