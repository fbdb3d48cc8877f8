import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { ownBeep } from './fields.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Leave a conference',
  path: conferenceParams,
  body: Type.Object({
    call_control_id: callControlId('The participant; it is parked.'),
    beep_enabled: ownBeep,
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/leave */
export function leaveConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/leave`, { schema }, async (request, reply) => {
    const { command_id, call_control_id, beep_enabled } = request.body
    const command = {
      kind: 'conference-leave',
      conference: context.conferenceName(request, request.params.id),
      legId: brandAs<LegId>(call_control_id),
      beep: beep_enabled,
    } as const
    return context.act(request, reply, command, command_id === undefined ? {} : { command_id })
  })
}
