import type { Api, ApiContext } from '../context.ts'
import { audioFields, callControlIds, commandId, loop, region } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { missing } from '../problems.ts'
import { loopsOf } from '../rules.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath, legIdsOf } from './path.ts'

const schema = bodyOperation({
  tag: 'conferences',
  summary: 'Play audio to conference participants',
  description:
    'Without `call_control_ids` everybody hears it over those who speak; with them these participants hear it alone.',
  path: conferenceParams,
  body: Type.Object({
    ...audioFields,
    loop,
    call_control_ids: Type.Optional(callControlIds),
    command_id: commandId,
    region,
  }),
  ok: doneSchema,
})

/** POST /v2/conferences/{id}/actions/play */
export function playToConference(api: Api, context: ApiContext): void {
  api.post(`${conferencePath}/actions/play`, { schema }, async (request, reply) => {
    const { body, params } = request
    const source = await context.audio(body)
    if ('problem' in source) return context.refuse(reply, [source.problem])
    if (source.audio === undefined) {
      return context.refuse(reply, [{ ...missing('audio_url'), pointer: '/audio_url' }])
    }
    const command = {
      kind: 'conference-play',
      conference: context.conferenceName(request, params.id),
      legIds: legIdsOf(body.call_control_ids),
      playbackId: context.options.random.uuid(),
      audio: source.audio,
      loops: loopsOf(body.loop) ?? 1,
    } as const
    return context.act(request, reply, command, body)
  })
}
