// What a request says about a number.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { NumberSettings } from '../../ports/setup.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'
import { tags } from '../setup/fields.ts'

export const numberFields = {
  connection_id: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The application that answers for it; empty: none.',
    }),
  ),
  customer_reference: Type.Optional(Type.String({ maxLength: 255, 'x-rule': 'printable' })),
  tags,
}

interface NumberBody {
  readonly connection_id?: string
  readonly customer_reference?: string
  readonly tags?: string[]
}

export function saidOf(body: NumberBody): Partial<NumberSettings> {
  const { connection_id: id } = body
  const named = id === undefined ? undefined : brandAs<ApplicationId>(id)
  const applicationId = id === '' ? null : named
  return given<NumberSettings>({
    applicationId,
    customerReference: body.customer_reference,
    tags: body.tags,
  })
}
