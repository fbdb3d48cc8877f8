import type { Api, ApiContext } from '../context.ts'
import { bodyOperation } from '../operation.ts'
import { missing } from '../problems.ts'
import { Type } from '../schema.ts'
import { mediaObject, mediaSchema } from './objects.ts'
import {
  mediaBytes,
  mediaFields,
  putProblem,
  readMediaRequest,
  ttlMsOf,
  withForms,
} from './source.ts'

const body = Type.Object({
  ...mediaFields,
  media_name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      'x-rule': 'media-name',
      description: 'Unique; what had that name is replaced (C128). Made up when absent.',
    }),
  ),
})

const schema = bodyOperation({
  tag: 'media',
  summary: 'Upload media',
  path: {},
  body,
  ok: mediaSchema,
})

/** POST /v2/media */
export function uploadMedia(api: Api, context: ApiContext): void {
  withForms(api, context, (inner) => {
    // The body is checked by `readMediaRequest`, in both of its forms.
    const route = { schema, validatorCompiler: () => (value: unknown) => ({ value }) }
    inner.post('/v2/media', route, async (request, reply) => {
      const asked = await readMediaRequest(context, request, body)
      const source = await mediaBytes(context, asked)
      if ('problem' in source) return context.refuse(reply, [source.problem])
      if (source.bytes === undefined) {
        return context.refuse(reply, [{ ...missing('media_url'), pointer: '/media_url' }])
      }
      const { media_name: given } = asked.fields
      const name = typeof given === 'string' ? given : context.options.random.uuid()
      const kept = await context.options.media.put(name, source.bytes, ttlMsOf(asked))
      if (!kept.ok) return context.refuse(reply, [putProblem(context, kept.why)])
      return reply.send({ data: mediaObject(kept.file) })
    })
  })
}
