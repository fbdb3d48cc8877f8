// The live stream (C223): Server-Sent Events, which every browser reads and connects anew by itself.

import { isoMillis } from '../../base/iso-time.ts'
import { serverIsFull } from '../context.ts'
import type { Api, ApiContext } from '../context.ts'
import { serverVersion } from '../openapi.ts'
import { errorSchema } from '../operation.ts'
import { messageWithoutSecrets } from '../sessions/read-role.ts'
import { Type } from '../schema.ts'

const schema = {
  tags: ['events'],
  summary: 'Follow events and statistics live (Server-Sent Events)',
  description: [
    '`event: hello` comes first, with `server_time` and `version`.',
    '`event: event` is an item of `GET /v2/events`, its `id` the cursor.',
    '`event: statistics` has `{"data": […]}`, items of `GET /v2/queue_statistics`: all at the beginning, then at most once a second what changed.',
    '`event: reset`: events behind the cursor are gone; read anew what was built from them.',
    'A comment comes every 10 seconds. The header `Last-Event-ID`, or `after`, goes on behind a cursor.',
  ].join(' '),
  querystring: Type.Object({
    after: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'A cursor, or `newest` (the default). `Last-Event-ID` comes before it.',
      }),
    ),
  }),
  response: {
    200: {
      description: 'The stream.',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    default: errorSchema,
  },
}

/** GET /v2/live */
export function followLive(api: Api, context: ApiContext): void {
  const { hub } = context
  api.get('/v2/live', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const { raw } = reply
    const session = request.access?.session
    const isReadOnly = session?.role === 'read'
    const sink = {
      write: (text: string) => raw.write(isReadOnly ? messageWithoutSecrets(text) : text),
      // What a reader does not take would keep the connection open for ever.
      close: () => void (raw.writableLength === 0 ? raw.end() : raw.destroy()),
    }
    const isValid = (): boolean =>
      session === undefined || context.tokens.isLive(session, context.nowMs())
    const reader = hub.open(sink, isValid)
    if (reader === undefined) return context.refuse(reply, [serverIsFull])
    const last = request.headers['last-event-id']
    const after = typeof last === 'string' && last !== '' ? last : request.query.after
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value)
    }
    reply.hijack()
    raw.on('drain', () => reader.drained())
    raw.on('close', () => reader.gone())
    raw.on('error', () => reader.gone())
    // For proxies that would gather an answer before they hand it on.
    raw.setHeader('x-accel-buffering', 'no')
    raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    raw.flushHeaders()
    const hello = { server_time: isoMillis(context.nowMs()), version: serverVersion }
    await reader.start(hello, after)
    return reply
  })
}
