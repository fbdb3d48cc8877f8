import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { pageAnswer } from '../setup/answers.ts'
import { mediaObject, mediaSchema } from './objects.ts'

const contentType = Type.Unsafe<string | readonly string[]>({
  description: 'Content types, repeated or separated by commas.',
})

const schema = listOperation({
  tag: 'media',
  summary: 'List uploaded media',
  path: {},
  query: Type.Object({
    ...pageFields,
    'filter[content_type]': Type.Optional(contentType),
    'filter[content_type][]': Type.Optional(contentType),
  }),
  item: mediaSchema,
  meta: metaSchema,
})

/** GET /v2/media: by name. */
export function listMedia(api: Api, context: ApiContext): void {
  api.get('/v2/media', { schema }, async (request, reply) => {
    const { query } = request
    const wanted = [query['filter[content_type]'], query['filter[content_type][]']]
      .flat()
      .flatMap((one) => one?.split(',') ?? [])
    const found = context.options.media
      .list()
      .filter((file) => wanted.length === 0 || wanted.includes(file.contentType))
    return reply.send(pageAnswer(found, query, mediaObject))
  })
}
