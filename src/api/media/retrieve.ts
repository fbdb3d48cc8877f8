import type { Api, ApiContext } from '../context.ts'
import { plainOperation } from '../operation.ts'
import { mediaObject, mediaParams, mediaPath, mediaSchema } from './objects.ts'

const schema = plainOperation({
  tag: 'media',
  summary: 'Retrieve stored media',
  path: mediaParams,
  ok: mediaSchema,
})

/** GET /v2/media/{media_name} */
export function retrieveMedia(api: Api, context: ApiContext): void {
  api.get(mediaPath, { schema }, async (request, reply) => {
    const file = context.options.media.get(request.params.media_name)
    if (file === undefined) return context.refuse(reply, [{ name: 'not-found' }])
    return reply.send({ data: mediaObject(file) })
  })
}
