// One call on one time axis (C230 to C234): the items in pages or as they come, and everything at once as a file.

import type { Api, ApiContext } from '../context.ts'
import { errorSchema, pathText } from '../operation.ts'
import { Type } from '../schema.ts'
import { askTimelines, timelineSchema } from './object.ts'

const params = Type.Object({ call_control_id: pathText })
const url = '/v2/calls/:call_control_id/timeline'

/** What documents the answers does not constrain what is sent. */
function documented<T extends object>(checked: T, more: object): T {
  return { ...checked, ...more }
}

const readQuery = Type.Object({
  after: Type.Optional(
    Type.String({
      maxLength: 20,
      description: 'Cursor of the last item that is known; without it from the beginning.',
    }),
  ),
  limit: Type.Integer({ default: 500, minimum: 1, maximum: 2000 }),
  wait_secs: Type.Integer({
    ...{ default: 0, minimum: 0, maximum: 30 },
    description: 'How long to wait for an item when there is none.',
  }),
})

const readSchema = documented(
  { params, querystring: readQuery },
  {
    tags: ['calls'],
    summary: "Read a call's timeline",
    description:
      'SIP messages, commands with their answers, events, attempts to deliver webhooks and media figures of all legs, in the order in which they were written down, while the call lasts and afterwards (C230). A page with long messages may hold fewer than `limit`. Of an ended call, too. An addition of ours.',
    response: {
      200: Type.Object({
        data: timelineSchema,
        meta: Type.Object({
          next: Type.String({ description: 'The cursor for the next request.' }),
        }),
      }),
      default: errorSchema,
    },
  },
)

const bundleSchema = documented(
  { params },
  {
    tags: ['calls'],
    summary: "Download a call's timeline as a file",
    description:
      'All items in the order in which they happened; of more than 20,000, or 64 MB, the first (`complete` is false then). An addition of ours.',
    response: {
      200: Type.Object({
        ...timelineSchema.properties,
        complete: Type.Boolean(),
      }),
      default: errorSchema,
    },
  },
)

const pcapSchema = documented(
  { params },
  {
    tags: ['calls'],
    summary: "Download a call's SIP messages as a capture file",
    description:
      'With the addresses and ports that they really had; credentials are masked (C232). An addition of ours.',
    response: {
      200: {
        description: 'For packet analysers.',
        content: {
          'application/vnd.tcpdump.pcap': { schema: { type: 'string', format: 'binary' } },
        },
      },
      default: errorSchema,
    },
  },
)

/** GET /v2/calls/{call_control_id}/timeline */
export function readTimeline(api: Api, context: ApiContext): void {
  api.get(url, { schema: readSchema }, async ({ params, query }, reply) => {
    const { after, limit, wait_secs: waitSecs } = query
    if (after !== undefined && !/^\d{0,15}$/.test(after)) {
      const detail = "The 'after' parameter is not a cursor."
      return context.refuse(reply, [{ name: 'parameter-refused', detail, parameter: 'after' }])
    }
    const id = params.call_control_id
    const found = await askTimelines(context, reply, (timelines) =>
      timelines.read(id, after, limit, waitSecs * 1000),
    )
    if (found === undefined) return reply
    return reply.send({ data: found.timeline, meta: { next: found.next } })
  })
}

/** GET /v2/calls/{call_control_id}/timeline/bundle */
export function downloadBundle(api: Api, context: ApiContext): void {
  api.get(`${url}/bundle`, { schema: bundleSchema }, async ({ params }, reply) => {
    const id = params.call_control_id
    const text = await askTimelines(context, reply, (timelines) => timelines.bundle(id))
    if (text === undefined) return reply
    reply.header('content-disposition', attachment(id, 'json'))
    // As bytes: it is JSON already.
    return reply.type('application/json; charset=utf-8').send(Buffer.from(text))
  })
}

/** GET /v2/calls/{call_control_id}/timeline/pcap */
export function downloadCapture(api: Api, context: ApiContext): void {
  api.get(`${url}/pcap`, { schema: pcapSchema }, async ({ params }, reply) => {
    const id = params.call_control_id
    const bytes = await askTimelines(context, reply, (timelines) => timelines.pcap(id))
    if (bytes === undefined) return reply
    reply.header('content-disposition', attachment(id, 'pcap'))
    return reply.type('application/vnd.tcpdump.pcap').send(Buffer.from(bytes))
  })
}

function attachment(id: string, ending: string): string {
  const name = id.replace(/[^A-Za-z0-9_-]/g, '').slice(-16)
  return `attachment; filename="call-${name}.${ending}"`
}
