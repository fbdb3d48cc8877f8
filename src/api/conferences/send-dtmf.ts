import { keyFields } from '../calls/send-dtmf.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlIds, clientState, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Send DTMF to conference participants',
  description: 'Without `call_control_ids`: to all of them.',
  path: conferenceParams,
  body: Type.Object({
    ...keyFields,
    call_control_ids: Type.Optional(callControlIds),
    client_state: clientState,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/send_dtmf */
export function sendDtmfToConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/send_dtmf`, { schema }, async (request, reply) => {
    const { body, params } = request
    const command = {
      kind: 'conference-dtmf',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
      digits: body.digits,
      durationMs: body.duration_millis,
    } as const
    return context.act(request, reply, command, body)
  })
}
