import { audioPrompts, digitFields, gatherCommand, promptedFields } from '../calls/gather.ts'
import type { Api, ApiContext } from '../context.ts'
import { audioFields, callControlId, commonFields, lacking, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Gather DTMF using audio prompt in a conference',
  description: 'From one participant, who alone hears the prompt; told by `call.gather.ended`.',
  path: conferenceParams,
  body: Type.Object({
    call_control_id: callControlId('The participant.'),
    ...audioFields,
    invalid_audio_url: audioFields.audio_url,
    invalid_media_name: audioFields.media_name,
    ...digitFields,
    ...promptedFields,
    stop_playback_on_dtmf: lacking(true),
    initial_timeout_millis: Type.Optional(Type.Unsafe<number>(lacking())),
    gather_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100, 'x-rule': 'printable' })),
    ...commonFields,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/gather_using_audio */
export function gatherInConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/gather_using_audio`, { schema }, async (request, reply) => {
    const { body, params } = request
    const prompts = await audioPrompts(context, body)
    if ('problem' in prompts) return context.refuse(reply, [prompts.problem])
    const gather = gatherCommand(context, body, body, prompts)
    if ('problem' in gather) return context.refuse(reply, [gather.problem])
    const { legId } = gather
    const conference = context.conferenceName(request, params.id)
    const command = { kind: 'conference-gather', conference, legId, gather } as const
    return context.act(request, reply, command, body)
  })
}
