// Voice settings of a phone number. Only its application can be set; the features that the hosted API switches on per
// number are not there, and asking for one is refused.

import type { Api, ApiContext } from '../context.ts'
import { lacking } from '../fields.ts'
import { bodyOperation, pathText, plainOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { answerChange } from '../setup/answers.ts'
import { numberFields, saidOf } from './fields.ts'
import { voiceObject, voiceSchema } from './object.ts'

const about = { tag: 'applications', path: { id: pathText }, ok: voiceSchema } as const
const retrieveSchema = plainOperation({
  ...about,
  summary: 'Retrieve the voice settings of a phone number',
})
const updateSchema = bodyOperation({
  ...about,
  summary: 'Update the voice settings of a phone number',
  body: Type.Object({
    ...numberFields,
    tech_prefix_enabled: lacking(false),
    translated_number: lacking(''),
    caller_id_name_enabled: lacking(false),
    inbound_call_screening: lacking('disabled'),
    usage_payment_method: Type.Optional(Type.Enum(['pay-per-minute', 'channel'])),
    call_forwarding: Type.Optional(Type.Object({ call_forwarding_enabled: lacking(false) })),
    call_recording: Type.Optional(Type.Object({ inbound_call_recording_enabled: lacking(false) })),
    cnam_listing: Type.Optional(Type.Object({ cnam_listing_enabled: lacking(false) })),
    media_features: Type.Optional(Type.Object({ t38_fax_gateway_enabled: lacking(false) })),
  }),
})

/** GET, PATCH /v2/phone_numbers/{id}/voice */
export function numberVoice(api: Api, context: ApiContext): void {
  const { setup } = context.options
  const url = '/v2/phone_numbers/:id/voice'
  api.get(url, { schema: retrieveSchema }, async ({ params }, reply) => {
    const found = setup.numbers.get(params.id)
    if (found === undefined) return context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return reply.send({ data: voiceObject(setup, found) })
  })
  api.patch(url, { schema: updateSchema }, async ({ body, params }, reply) => {
    const changed = await setup.numbers.update(params.id, saidOf(body))
    return answerChange(context, reply, changed, { object: (one) => voiceObject(setup, one) })
  })
}
