import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, LegId, ParticipantId } from '../../base/ids.ts'
import { serverIsFull } from '../context.ts'
import type { Api, ApiContext } from '../context.ts'
import { callControlId, commonFields, flag, region } from '../fields.ts'
import { conferenceSchema } from '../objects.ts'
import { bodyOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { beepEnabled, holdAudioFields, holdAudioOf } from './fields.ts'

/** POST /v2/conferences */
export function createConference(api: Api, context: ApiContext): void {
  const { conference_participants } = context.options.config.limits
  const schema = bodyOperation({
    tag: 'conferences',
    summary: 'Create conference',
    path: {},
    body: Type.Object({
      call_control_id: callControlId('An answered call; joins at once.'),
      name: Type.String({ minLength: 1, maxLength: 255, 'x-rule': 'printable' }),
      beep_enabled: beepEnabled,
      comfort_noise: flag(true, 'Accepted and ignored.'),
      duration_minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 525_600 })),
      ...holdAudioFields,
      max_participants: Type.Integer({
        default: Math.min(250, conference_participants),
        minimum: 2,
        maximum: conference_participants,
      }),
      start_conference_on_create: flag(true),
      region,
      ...commonFields,
    }),
    ok: conferenceSchema,
  })
  api.post('/v2/conferences', { schema }, async (request, reply) => {
    const { body } = request
    const hold = await holdAudioOf(context, body)
    if ('problem' in hold) return context.refuse(reply, [hold.problem])
    if (hold.audio !== undefined && body.start_conference_on_create) {
      const detail = "The 'hold_audio_url' parameter needs start_conference_on_create false."
      return context.refuse(reply, [
        { name: 'parameter-refused', detail, pointer: '/hold_audio_url' },
      ])
    }
    const running = context.options.control.counts().conferences
    if (running >= context.options.config.limits.conferences) {
      return context.refuse(reply, [serverIsFull])
    }
    const minutes = body.duration_minutes
    const command = {
      kind: 'conference-create',
      legId: brandAs<LegId>(body.call_control_id),
      conferenceId: brandAs<ConferenceId>(context.options.random.uuid()),
      participantId: brandAs<ParticipantId>(context.options.random.uuid()),
      name: body.name,
      durationMs: minutes === undefined ? undefined : minutes * 60_000,
      participantsMax: body.max_participants,
      startOnCreate: body.start_conference_on_create,
      holdAudio: hold.audio,
      beep: body.beep_enabled,
      region: body.region,
    } as const
    return context.act(request, reply, command, body)
  })
}
