// `conference_config` and supervision of a dialled call: what it is for beside talking to whoever asked.

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, LegId, ParticipantId } from '../../base/ids.ts'
import type { DialConference } from '../../ports/commands.ts'
import type { ApiContext } from '../context.ts'
import { serverIsFull } from '../context.ts'
import { callControlId, callControlIds, flag } from '../fields.ts'
import { missing } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { holdAudioFields, holdAudioOf, ownBeep, supervisorRole } from '../conferences/fields.ts'
import { legIdsOf } from '../conferences/path.ts'
import { Type } from '../schema.ts'

export const superviseFields = {
  supervise_call_control_id: Type.Optional(
    callControlId('A bridged call; the new one listens to it or speaks into it.'),
  ),
  supervisor_role: Type.Enum(['barge', 'whisper', 'monitor'], { default: 'barge' }),
}

export const conferenceConfig = Type.Optional(
  Type.Object(
    {
      id: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      conference_name: Type.Optional(
        Type.String({ minLength: 1, maxLength: 255, 'x-rule': 'printable' }),
      ),
      beep_enabled: ownBeep,
      early_media: flag(true, 'What it sounds like before its answer is heard in the conference.'),
      start_conference_on_enter: flag(false),
      start_conference_on_create: flag(true),
      end_conference_on_exit: flag(false),
      soft_end_conference_on_exit: flag(false),
      hold: flag(false),
      ...holdAudioFields,
      mute: flag(false),
      supervisor_role: supervisorRole,
      whisper_call_control_ids: Type.Optional(callControlIds),
    },
    { description: 'The conference that the call joins with its answer.' },
  ),
)

interface Config {
  readonly id?: string
  readonly conference_name?: string
  readonly beep_enabled?: 'always' | 'never' | 'on_enter' | 'on_exit'
  readonly early_media: boolean
  readonly start_conference_on_enter: boolean
  readonly start_conference_on_create: boolean
  readonly end_conference_on_exit: boolean
  readonly soft_end_conference_on_exit: boolean
  readonly hold: boolean
  readonly hold_audio_url?: string
  readonly hold_media_name?: string
  readonly mute: boolean
  readonly supervisor_role: 'barge' | 'monitor' | 'none' | 'whisper'
  readonly whisper_call_control_ids?: readonly string[]
}

export interface PurposeParameters {
  readonly conference_config?: Config
  readonly supervise_call_control_id?: string
  readonly supervisor_role: 'barge' | 'whisper' | 'monitor'
  readonly bridge_on_answer: boolean
}

export interface Purpose {
  readonly joins: DialConference | undefined
  readonly supervise:
    { readonly target: LegId; readonly role: 'barge' | 'whisper' | 'monitor' } | undefined
}

/** What the new call is for: at most one of a bridge, a conference and a call to supervise. */
export async function purposeOf(
  context: ApiContext,
  body: PurposeParameters,
): Promise<{ purpose: Purpose } | { problem: Problem }> {
  const { conference_config: config, supervise_call_control_id: supervised } = body
  const wanted = [
    ['bridge_on_answer', body.bridge_on_answer],
    ['conference_config', config !== undefined],
    ['supervise_call_control_id', supervised !== undefined],
  ] as const
  const [first, second] = wanted.filter(([, isWanted]) => isWanted)
  if (first !== undefined && second !== undefined) {
    const detail = `The '${second[0]}' parameter can't be used together with ${first[0]}.`
    return { problem: { name: 'parameter-refused', detail, pointer: `/${second[0]}` } }
  }
  const supervise =
    supervised === undefined
      ? undefined
      : { target: brandAs<LegId>(supervised), role: body.supervisor_role }
  if (config === undefined) return { purpose: { joins: undefined, supervise } }
  const found = await conferenceOf(context, config)
  return 'problem' in found ? found : { purpose: { joins: found.conference, supervise } }
}

async function conferenceOf(
  context: ApiContext,
  config: Config,
): Promise<{ conference: DialConference } | { problem: Problem }> {
  const pointer = '/conference_config'
  const { id, conference_name: name } = config
  if (id === undefined && name === undefined) {
    return { problem: { ...missing('conference_config.id'), pointer: `${pointer}/id` } }
  }
  if (id !== undefined && name !== undefined) {
    const detail = "The 'conference_name' parameter can't be used together with id."
    return {
      problem: { name: 'parameter-refused', detail, pointer: `${pointer}/conference_name` },
    }
  }
  const hold = await holdAudioOf(context, config)
  if ('problem' in hold) return hold
  const { control, config: settings, random } = context.options
  const running = control.conference(id ?? name ?? '')
  const isNew = id === undefined && (running === undefined || running.status === 'completed')
  if (isNew && control.counts().conferences >= settings.limits.conferences) {
    return { problem: serverIsFull }
  }
  return {
    conference: {
      by: id === undefined ? 'name' : 'id',
      conference: id ?? name ?? '',
      conferenceId: brandAs<ConferenceId>(random.uuid()),
      participantId: brandAs<ParticipantId>(random.uuid()),
      earlyMedia: config.early_media,
      startOnCreate: config.start_conference_on_create,
      participantsMax: Math.min(250, settings.limits.conference_participants),
      beep: config.beep_enabled ?? 'never',
      options: {
        startOnEnter: config.start_conference_on_enter,
        endOnExit: config.end_conference_on_exit,
        softEndOnExit: config.soft_end_conference_on_exit,
        hold: config.hold,
        holdAudio: hold.audio,
        mute: config.mute,
        role: config.supervisor_role,
        whisperTo: legIdsOf(config.whisper_call_control_ids),
        beep: config.beep_enabled,
      },
    },
  }
}
