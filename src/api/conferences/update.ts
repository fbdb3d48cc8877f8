import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, callControlIds, commandId, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Update conference participant supervisor role',
  path: conferenceParams,
  body: Type.Object({
    call_control_id: callControlId('The participant whose role changes.'),
    supervisor_role: Type.Enum(['barge', 'monitor', 'none', 'whisper']),
    whisper_call_control_ids: Type.Optional({
      ...callControlIds,
      description: 'Who hears a whisper. Absent: as before.',
    }),
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/update */
export function updateConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/update`, { schema }, async (request, reply) => {
    const { body, params } = request
    const whispers = body.whisper_call_control_ids
    const command = {
      kind: 'conference-role',
      conference: context.conferenceName(request, params.id),
      legId: brandAs<LegId>(body.call_control_id),
      role: body.supervisor_role,
      whisperTo: whispers === undefined ? undefined : legIdsOf(whispers),
    } as const
    return context.act(request, reply, command, body)
  })
}
