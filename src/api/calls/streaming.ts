// The sound of a call over a WebSocket, and copied as RTP.

import { brandAs } from '../../base/ids.ts'
import type { StreamId } from '../../base/ids.ts'
import type { Api, ApiContext } from '../context.ts'
import { commonFields, lacking } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { Type } from '../schema.ts'
import { streamOf, streamStartFields } from '../stream-fields.ts'
import { readUdpTarget } from '../stream-rules.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const startSchema = bodyOperation({
  tag: 'calls',
  summary: 'Streaming start',
  path: callParams,
  body: Type.Object({
    ...streamStartFields,
    enable_dialogflow: lacking(false),
    dialogflow_config: lacking(),
    ...commonFields,
  }),
  ok: doneSchema,
})

const stopSchema = bodyOperation({
  tag: 'calls',
  summary: 'Streaming stop',
  path: callParams,
  body: Type.Object({
    stream_id: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Of the `start` message.' }),
    ),
    ...commonFields,
  }),
  ok: doneSchema,
})

const target = (what: string) =>
  Type.String({
    minLength: 1,
    'x-rule': 'udp-target',
    description: `\`udp:address:port\`, ${what}.`,
  })

const forkSchema = bodyOperation({
  tag: 'calls',
  summary: 'Forking start',
  path: callParams,
  body: Type.Object({
    rx: target('where what the call says is sent'),
    tx: target('where what the call hears is sent'),
    stream_type: Type.Enum(['decrypted'], { default: 'decrypted' }),
    target: lacking(),
    ...commonFields,
  }),
  ok: doneSchema,
})

const forkStopSchema = bodyOperation({
  tag: 'calls',
  summary: 'Forking stop',
  path: callParams,
  body: Type.Object({
    stream_type: Type.Enum(['raw', 'decrypted'], { default: 'raw' }),
    ...commonFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/streaming_start */
export function streamingStart(api: Api, context: ApiContext): void {
  api.post(
    `${callPath}/actions/streaming_start`,
    { schema: startSchema },
    async (request, reply) => {
      const { body, params } = request
      const read = streamOf(context, body)
      if ('problem' in read) return context.refuse(reply, [read.problem])
      if (read.stream === undefined) return context.refuse(reply, [{ name: 'malformed-request' }])
      const legId = legIdOf(params)
      return context.act(
        request,
        reply,
        { kind: 'streaming-start', legId, order: read.stream },
        body,
      )
    },
  )
}

/** POST /v2/calls/{call_control_id}/actions/streaming_stop */
export function streamingStop(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/streaming_stop`, { schema: stopSchema }, async (request, reply) => {
    const { body, params } = request
    const { stream_id: id } = body
    const streamId = id === undefined ? undefined : brandAs<StreamId>(id)
    const command = { kind: 'streaming-stop', legId: legIdOf(params), streamId } as const
    return context.act(request, reply, command, body)
  })
}

/** POST /v2/calls/{call_control_id}/actions/fork_start */
export function forkStart(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/fork_start`, { schema: forkSchema }, async (request, reply) => {
    const { body, params } = request
    const [rx, tx] = [readUdpTarget(body.rx), readUdpTarget(body.tx)]
    if (rx === undefined || tx === undefined) {
      return context.refuse(reply, [{ name: 'malformed-request' }])
    }
    const streamId = brandAs<StreamId>(context.options.random.uuid())
    const order = { streamId, rx, tx }
    const command = { kind: 'fork-start', legId: legIdOf(params), order } as const
    return context.act(request, reply, command, body)
  })
}

/** POST /v2/calls/{call_control_id}/actions/fork_stop */
export function forkStop(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/fork_stop`, { schema: forkStopSchema }, async (request, reply) => {
    const { body, params } = request
    return context.act(request, reply, { kind: 'fork-stop', legId: legIdOf(params) }, body)
  })
}
