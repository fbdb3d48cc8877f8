import type { Api, ApiContext } from '../context.ts'
import { plainOperation } from '../operation.ts'
import { mediaParams, mediaPath } from './objects.ts'

const schema = plainOperation({
  tag: 'media',
  summary: 'Delete stored media',
  description: 'What is being played of it is played to its end.',
  path: mediaParams,
})

/** DELETE /v2/media/{media_name} */
export function deleteMedia(api: Api, context: ApiContext): void {
  api.delete(mediaPath, { schema }, async (request, reply) => {
    const removed = await context.options.media.remove(request.params.media_name)
    return removed ? reply.code(204).send() : context.refuse(reply, [{ name: 'not-found' }])
  })
}
