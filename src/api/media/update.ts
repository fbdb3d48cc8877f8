import type { MediaFile } from '../../ports/media-files.ts'
import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import type { Problem } from '../problems.ts'
import { Type } from '../schema.ts'
import { mediaObject, mediaParams, mediaPath, mediaSchema } from './objects.ts'
import {
  mediaBytes,
  mediaFields,
  putProblem,
  readMediaRequest,
  ttlMsOf,
  withForms,
} from './source.ts'
import type { MediaRequest } from './source.ts'

const body = Type.Object(mediaFields)

const schema = bodyOperation({
  tag: 'media',
  summary: 'Update stored media',
  path: mediaParams,
  body,
  ok: mediaSchema,
})

/** PUT /v2/media/{media_name}: another content, another lifetime, or both. */
export function updateMedia(api: Api, context: ApiContext): void {
  withForms(api, context, (inner) => {
    const route = { schema, validatorCompiler: () => (value: unknown) => ({ value }) }
    inner.put(mediaPath, route, async (request, reply) => {
      const { media_name: name } = request.params
      const asked = await readMediaRequest(context, request, body)
      const outcome = await change(context, name, asked)
      if ('problem' in outcome) return context.refuse(reply, [outcome.problem])
      return reply.send({ data: mediaObject(outcome.file) })
    })
  })
}

async function change(
  context: ApiContext,
  name: string,
  asked: MediaRequest,
): Promise<{ readonly file: MediaFile } | { readonly problem: Problem }> {
  const { media } = context.options
  if (media.get(name) === undefined) return { problem: { name: 'not-found' } }
  const source = await mediaBytes(context, asked)
  if ('problem' in source) return source
  const ttlMs = ttlMsOf(asked)
  if (source.bytes !== undefined) {
    const kept = await media.put(name, source.bytes, ttlMs)
    return kept.ok ? kept : { problem: putProblem(context, kept.why) }
  }
  const file = ttlMs === undefined ? media.get(name) : await media.extend(name, ttlMs)
  return file === undefined ? { problem: { name: 'not-found' } } : { file }
}
