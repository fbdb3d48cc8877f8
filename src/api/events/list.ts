// An addition of ours (C79): the events of the webhooks for consumers that come and ask.

import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { Type } from '../schema.ts'

const schema = listOperation({
  tag: 'events',
  summary: 'List events in order, from a cursor on',
  description:
    'What the webhooks say, of all applications, also where no webhook URL is set. Kept for `events.keep_hours`.',
  path: {},
  query: Type.Object({
    after: Type.Optional(
      Type.String({
        maxLength: 100,
        description:
          'Cursor of the last event that is known. Without it: from the oldest that is kept. `newest`: none, only the cursor of now; `latest`: the last `limit` events.',
      }),
    ),
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
    wait_secs: Type.Integer({
      ...{ default: 0, minimum: 0, maximum: 30 },
      description: 'How long to wait for an event when there is none.',
    }),
  }),
  item: Type.Object({
    cursor: Type.String(),
    record_type: Type.Literal('event'),
    event_type: Type.String(),
    id: Type.String(),
    occurred_at: Type.String(),
    leg_sequence: Type.Integer({ minimum: 1 }),
    payload: Type.Object({}, { additionalProperties: true }),
  }),
  meta: Type.Object({
    next: Type.String({ description: 'The cursor for the next request.' }),
  }),
})

/** GET /v2/events */
export function listEvents(api: Api, context: ApiContext): void {
  api.get('/v2/events', { schema }, async (request, reply) => {
    const { after, limit, wait_secs: waitSecs } = request.query
    const answer = await context.options.events.read(after, limit, waitSecs * 1000)
    switch (answer.kind) {
      case 'malformed': {
        const detail = "The 'after' parameter is not a cursor."
        return context.refuse(reply, [{ name: 'parameter-refused', detail, parameter: 'after' }])
      }
      case 'gone':
        return context.refuse(reply, [{ name: 'events-gone', parameter: 'after' }])
      case 'events':
        return reply.send({
          data: answer.items.map(({ cursor, data }) => ({ cursor, ...data })),
          meta: { next: answer.next },
        })
    }
  })
}
