import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { contains, pageAnswer } from '../setup/answers.ts'
import { numberObject, numberSchema } from './object.ts'

const wanted = () => Type.Optional(Type.String({ maxLength: 255 }))

const schema = listOperation({
  tag: 'applications',
  summary: 'List phone numbers',
  description: 'Those of the configuration file, except `*`, and those made over the API.',
  path: {},
  query: Type.Object({
    'filter[phone_number]': wanted(),
    'filter[connection_id]': wanted(),
    'filter[customer_reference]': wanted(),
    'filter[tag]': wanted(),
    'filter[status]': wanted(),
    'filter[voice.connection_name][contains]': wanted(),
    'filter[voice.connection_name][eq]': wanted(),
    ...pageFields,
  }),
  item: numberSchema,
  meta: metaSchema,
})

/** GET /v2/phone_numbers */
export function listNumbers(api: Api, context: ApiContext): void {
  const { setup } = context.options
  api.get('/v2/phone_numbers', { schema }, async ({ query }, reply) => {
    // Numbers are looked for by their digits, with or without the plus.
    const digits = query['filter[phone_number]']?.replace(/^\+/, '')
    const named = query['filter[voice.connection_name][contains]']
    const name = query['filter[voice.connection_name][eq]']
    const found = setup.numbers
      .all()
      .filter(({ number }) => contains(number, digits))
      .filter(({ applicationId: id }) => fits(id, query['filter[connection_id]']))
      .filter((one) => fits(one.customerReference, query['filter[customer_reference]']))
      .filter(({ tags }) => isIn(tags, query['filter[tag]']))
      .filter(() => fits('active', query['filter[status]']))
    const objects = found
      .map((one) => numberObject(setup, one))
      .filter(({ connection_name: its }) => contains(its ?? '', named) && fits(its, name))
    return reply.send(pageAnswer(objects, query, (one) => one))
  })
}

function fits(value: string | null, wished: string | undefined): boolean {
  return wished === undefined || value === wished
}

function isIn(values: readonly string[], wished: string | undefined): boolean {
  return wished === undefined || values.includes(wished)
}
