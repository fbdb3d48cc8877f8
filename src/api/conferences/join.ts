import { brandAs } from '../../base/ids.ts'
import type { LegId, ParticipantId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, callControlIds, commonFields, flag, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { holdAudioFields, holdAudioOf, ownBeep, supervisorRole } from './fields.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Join a conference',
  path: conferenceParams,
  body: Type.Object({
    call_control_id: callControlId('The call to join.'),
    beep_enabled: ownBeep,
    start_conference_on_enter: flag(false),
    end_conference_on_exit: flag(false),
    soft_end_conference_on_exit: flag(false),
    hold: flag(false),
    ...holdAudioFields,
    mute: flag(false),
    supervisor_role: supervisorRole,
    whisper_call_control_ids: Type.Optional(callControlIds),
    region,
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/join */
export function joinConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/join`, { schema }, async (request, reply) => {
    const { body, params } = request
    const hold = await holdAudioOf(context, body)
    if ('problem' in hold) return context.refuse(reply, [hold.problem])
    const command = {
      kind: 'conference-join',
      conference: context.conferenceName(request, params.id),
      legId: brandAs<LegId>(body.call_control_id),
      participantId: brandAs<ParticipantId>(context.options.random.uuid()),
      options: {
        startOnEnter: body.start_conference_on_enter,
        endOnExit: body.end_conference_on_exit,
        softEndOnExit: body.soft_end_conference_on_exit,
        hold: body.hold,
        holdAudio: hold.audio,
        mute: body.mute,
        role: body.supervisor_role,
        whisperTo: legIdsOf(body.whisper_call_control_ids),
        beep: body.beep_enabled,
      },
    } as const
    return context.act(request, reply, command, body)
  })
}
