// Fields that conference commands share.

import type { ApiContext } from '../context.ts'
import { audioFields } from '../fields.ts'
import { Type } from '../schema.ts'

const beepWhen = ['always', 'never', 'on_enter', 'on_exit'] as const

/** Of a conference. */
export const beepEnabled = Type.Enum(beepWhen, {
  default: 'never',
  description: 'A tone for everybody when somebody comes or goes.',
})

/** Of one participant; absent: as the conference has it. */
export const ownBeep = Type.Optional(
  Type.Enum(beepWhen, {
    description:
      'Overrides the setting of the conference. Without it supervisors who listen or whisper make no tone.',
  }),
)

export const supervisorRole = Type.Enum(['barge', 'monitor', 'none', 'whisper'], {
  default: 'none',
  description:
    '`barge` and `none`: a participant like any other. `monitor`: hears all, is heard by nobody. `whisper`: heard by `whisper_call_control_ids` alone.',
})

export const holdAudioFields = {
  hold_audio_url: audioFields.audio_url,
  hold_media_name: audioFields.media_name,
}

/** What a held participant hears; see `ApiContext.audio`. */
export async function holdAudioOf(
  context: ApiContext,
  body: { readonly hold_audio_url?: string; readonly hold_media_name?: string },
) {
  const { hold_audio_url: url, hold_media_name: name } = body
  const found = await context.audio({
    ...(url === undefined ? {} : { audio_url: url }),
    ...(name === undefined ? {} : { media_name: name }),
  })
  if (!('problem' in found) || found.problem.pointer === undefined) return found
  return { problem: { ...found.problem, pointer: '/hold_media_name' } }
}
