// Recording one call: start, stop, pause, resume.

import type { Api, ApiContext } from '../context.ts'
import { commonFields } from '../fields.ts'
import { bodyOperation } from '../operation.ts'
import { orderOf, recordingIdField, recordingIdOf, recordStartFields } from '../record-fields.ts'
import { recordResultSchema } from '../recordings/object.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const startSchema = bodyOperation({
  tag: 'calls',
  summary: 'Recording start',
  path: callParams,
  body: Type.Object({ ...recordStartFields, ...commonFields }),
  ok: recordResultSchema,
})

const changeSchema = (summary: string) =>
  bodyOperation({
    tag: 'calls',
    summary,
    path: callParams,
    body: Type.Object({ recording_id: recordingIdField, ...commonFields }),
    ok: recordResultSchema,
  })

/** POST /v2/calls/{call_control_id}/actions/record_start */
export function recordStart(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/record_start`, { schema: startSchema }, async (request, reply) => {
    const { body, params } = request
    const order = orderOf(context.options.random, body)
    const command = { kind: 'record-start', legId: legIdOf(params), order } as const
    return context.act(request, reply, command, body)
  })
}

const changes = [
  ['record-stop', 'record_stop', 'Recording stop'],
  ['record-pause', 'record_pause', 'Record pause'],
  ['record-resume', 'record_resume', 'Record resume'],
] as const

/** POST /v2/calls/{call_control_id}/actions/record_stop, record_pause and record_resume */
export function recordChanges(api: Api, context: ApiContext): void {
  for (const [kind, action, summary] of changes) {
    const schema = changeSchema(summary)
    api.post(`${callPath}/actions/${action}`, { schema }, async (request, reply) => {
      const { body, params } = request
      const recordingId = recordingIdOf(body.recording_id)
      const command = { kind, legId: legIdOf(params), recordingId } as const
      return context.act(request, reply, command, body)
    })
  }
}
