// Fields that conference commands share.

import { Type } from 'typebox'
import type { ApiContext } from '../context.ts'
import { audioFields } from '../fields.ts'

/** Beeps are not played: the parameter is checked and otherwise without effect. */
export const beepEnabled = Type.Optional(
  Type.Enum(['always', 'never', 'on_enter', 'on_exit'], { description: 'Accepted and ignored.' }),
)

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
