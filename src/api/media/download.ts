import type { Api, ApiContext } from '../context.ts'
import { errorSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { mediaParams, mediaPath } from './objects.ts'

const schema = {
  tags: ['media'],
  summary: 'Download stored media',
  params: Type.Object(mediaParams),
  response: {
    200: {
      description: 'The file as it was uploaded.',
      content: {
        'audio/wav': { schema: { type: 'string', format: 'binary' } },
        'audio/mpeg': { schema: { type: 'string', format: 'binary' } },
      },
    },
    default: errorSchema,
  },
}

/** GET /v2/media/{media_name}/download */
export function downloadMedia(api: Api, context: ApiContext): void {
  api.get(`${mediaPath}/download`, { schema }, async (request, reply) => {
    const { media } = context.options
    const { media_name: name } = request.params
    const file = media.get(name)
    const bytes = file && (await media.read(name))
    if (file === undefined || bytes === undefined) {
      return context.refuse(reply, [{ name: 'not-found' }])
    }
    return reply.type(file.contentType).send(Buffer.from(bytes))
  })
}
