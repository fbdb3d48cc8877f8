import type { AudioReference } from '../../ports/media-engine.ts'
import type { Api, ApiContext } from '../context.ts'
import { audioFields, commonFields, flag, loop, targetLegs } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { missing } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { loopsOf } from '../rules.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

interface Source {
  readonly audio_url?: string
  readonly media_name?: string
  readonly playback_content?: string
  readonly cache_audio: boolean
}

/** POST /v2/calls/{call_control_id}/actions/playback_start */
export function playbackStart(api: Api, context: ApiContext): void {
  const bodyLimit = context.options.config.limits.playback_body_bytes
  const schema = bodyOperation({
    tag: 'calls',
    summary: 'Play audio URL',
    path: callParams,
    body: Type.Object({
      ...audioFields,
      playback_content: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: bodyLimit,
          'x-rule': 'base64',
          description: 'MP3 or WAV in base64.',
        }),
      ),
      audio_type: Type.Enum(['mp3', 'wav'], { default: 'mp3' }),
      loop,
      overlay: flag(false),
      stop: Type.Optional(Type.Enum(['current', 'all', 'overlay'], { 'x-own': 'stop-invalid' })),
      target_legs: targetLegs,
      cache_audio: flag(true),
      ...commonFields,
    }),
    ok: doneSchema,
  })
  api.post(`${callPath}/actions/playback_start`, { schema, bodyLimit }, async (request, reply) => {
    const { body, params } = request
    const source = await audioOf(context, body)
    if ('problem' in source) return context.refuse(reply, [source.problem])
    if (body.overlay && body.target_legs !== 'self') {
      const detail = "The 'overlay' parameter needs target_legs self."
      return context.refuse(reply, [{ name: 'parameter-refused', detail, pointer: '/overlay' }])
    }
    const command = {
      kind: 'playback-start',
      legId: legIdOf(params),
      playbackId: context.options.random.uuid(),
      audio: source.audio,
      loops: loopsOf(body.loop) ?? 1,
      overlay: body.overlay,
      stop: body.stop,
      targetLegs: body.target_legs,
    } as const
    return context.act(request, reply, command, body)
  })
}

async function audioOf(
  context: ApiContext,
  body: Source,
): Promise<{ audio: AudioReference } | { problem: Problem }> {
  const { playback_content: content, cache_audio: cache } = body
  if (content !== undefined) {
    if (body.audio_url === undefined && body.media_name === undefined) {
      return { audio: { kind: 'inline', bytes: Buffer.from(content, 'base64') } }
    }
    const detail =
      "The 'playback_content' parameter can't be used together with audio_url or media_name."
    return { problem: { name: 'parameter-refused', detail, pointer: '/playback_content' } }
  }
  const source = await context.audio(body)
  if ('problem' in source) return source
  if (source.audio === undefined) {
    return { problem: { ...missing('audio_url'), pointer: '/audio_url' } }
  }
  const { audio } = source
  return { audio: audio.kind === 'url' ? { ...audio, cache } : audio }
}
