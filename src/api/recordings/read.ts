// GET and DELETE of finished recordings.

import type { RecordingFilter } from '../../ports/recorder.ts'
import { recordingIdOf } from '../record-fields.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation, pathText, plainOperation } from '../operation.ts'
import { metaSchema, pageFields, pageMeta, pageOf } from '../paging.ts'
import { Type } from '../schema.ts'
import { recordingSchema } from './object.ts'

const text = () => Type.Optional(Type.String({ maxLength: 255 }))
const time = () => Type.Optional(Type.String({ maxLength: 40, 'x-rule': 'time' }))

const listSchema = listOperation({
  tag: 'recordings',
  summary: 'List all call recordings',
  description: 'Finished ones, the newest first.',
  path: {},
  query: Type.Object({
    'filter[call_leg_id]': text(),
    'filter[call_session_id]': text(),
    'filter[conference_id]': text(),
    'filter[connection_id]': text(),
    'filter[from]': text(),
    'filter[to]': text(),
    'filter[created_at][gte]': time(),
    'filter[created_at][lte]': time(),
    ...pageFields,
  }),
  item: recordingSchema,
  meta: metaSchema,
})

const path = { recording_id: pathText }

const retrieveSchema = plainOperation({
  tag: 'recordings',
  summary: 'Retrieve a call recording',
  path,
  ok: recordingSchema,
})

const deleteSchema = plainOperation({
  tag: 'recordings',
  summary: 'Delete a call recording',
  description: 'Its file too.',
  path,
  ok: recordingSchema,
})

type Query = Readonly<Partial<Record<string, string | number>>>

/** GET /v2/recordings */
export function listRecordings(api: Api, context: ApiContext): void {
  api.get('/v2/recordings', { schema: listSchema }, async (request, reply) => {
    const { query } = request
    const page = pageOf(query)
    const { rows, total } = await context.options.control.recordings(filterOf(query), page)
    const data = rows.map((row) => context.recording(request, row))
    return reply.send({ data, meta: pageMeta(page, total) })
  })
}

/** GET /v2/recordings/{recording_id} */
export function retrieveRecording(api: Api, context: ApiContext): void {
  api.get('/v2/recordings/:recording_id', { schema: retrieveSchema }, async (request, reply) => {
    const recordingId = recordingIdOf(request.params.recording_id)
    const found = recordingId && (await context.options.control.recording(recordingId))
    if (!found) return context.refuse(reply, [{ name: 'recording-unknown' }])
    return reply.send({ data: context.recording(request, found) })
  })
}

/** DELETE /v2/recordings/{recording_id} */
export function deleteRecording(api: Api, context: ApiContext): void {
  api.delete('/v2/recordings/:recording_id', { schema: deleteSchema }, async (request, reply) => {
    const recordingId = recordingIdOf(request.params.recording_id)
    const recording = recordingId && (await context.options.control.recording(recordingId))
    if (!recording) return context.refuse(reply, [{ name: 'recording-unknown' }])
    return context.act(request, reply, { kind: 'recording-delete', recording }, {})
  })
}

function filterOf(query: Query): RecordingFilter {
  const filter: Record<string, string | number> = {}
  for (const [name, key] of filters) {
    const value = query[name]
    if (typeof value === 'string') filter[key] = key.endsWith('Ms') ? Date.parse(value) : value
  }
  return filter // Keys and types are those of the table.
}

const filters = [
  ['filter[call_leg_id]', 'legUuid'],
  ['filter[call_session_id]', 'sessionId'],
  ['filter[conference_id]', 'conferenceId'],
  ['filter[connection_id]', 'applicationId'],
  ['filter[from]', 'from'],
  ['filter[to]', 'to'],
  ['filter[created_at][gte]', 'sinceMs'],
  ['filter[created_at][lte]', 'untilMs'],
] as const
