import { Type } from 'typebox'
import { brandAs } from '../../base/ids.ts'
import type { LegId, ParticipantId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, callControlIds, commonFields, flag, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { beepEnabled, holdAudioFields, holdAudioOf } from './fields.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Join a conference',
  path: conferenceParams,
  body: Type.Object({
    call_control_id: callControlId('The call to join.'),
    beep_enabled: beepEnabled,
    start_conference_on_enter: flag(false),
    end_conference_on_exit: flag(false),
    soft_end_conference_on_exit: flag(false),
    hold: flag(false),
    ...holdAudioFields,
    mute: flag(false),
    supervisor_role: Type.Enum(['barge', 'monitor', 'none', 'whisper'], {
      default: 'none',
      description: '`monitor` and `whisper` are refused with code 10015.',
    }),
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
    const role = body.supervisor_role
    if (role === 'monitor' || role === 'whisper') {
      // A supervisor who is heard by everybody is worse than an error.
      const detail = `The supervisor role '${role}' is not supported by this server.`
      const problem = { name: 'parameter-refused', detail, pointer: '/supervisor_role' } as const
      return context.refuse(reply, [problem])
    }
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
        role,
      },
    } as const
    return context.act(request, reply, command, body)
  })
}
