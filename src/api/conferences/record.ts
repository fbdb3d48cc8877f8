// Recording one conference: start, stop, pause, resume.

import type { Api, ApiContext } from '../context.ts'
import { clientState, commandId, region } from '../fields.ts'
import { bodyOperation } from '../operation.ts'
import {
  conferenceRecordFields,
  orderOf,
  recordingIdField,
  recordingIdOf,
} from '../record-fields.ts'
import { recordResultSchema } from '../recordings/object.ts'
import { Type } from '../schema.ts'
import { conferenceParams, conferencePath } from './path.ts'

const startSchema = bodyOperation({
  tag: 'conferences',
  summary: 'Conference recording start',
  path: conferenceParams,
  body: Type.Object({ ...conferenceRecordFields, command_id: commandId, region }),
  ok: recordResultSchema,
})

const changeSchema = (summary: string) =>
  bodyOperation({
    tag: 'conferences',
    summary,
    path: conferenceParams,
    body: Type.Object({
      recording_id: recordingIdField,
      client_state: clientState,
      command_id: commandId,
      region,
    }),
    ok: recordResultSchema,
  })

/** POST /v2/conferences/{id}/actions/record_start */
export function recordConference(api: Api, context: ApiContext): void {
  api.post(
    `${conferencePath}/actions/record_start`,
    { schema: startSchema },
    async (request, reply) => {
      const { body, params } = request
      const command = {
        kind: 'conference-record-start',
        conference: context.conferenceName(request, params.id),
        order: orderOf(context.options.random, body),
      } as const
      return context.act(request, reply, command, body)
    },
  )
}

const changes = [
  ['conference-record-stop', 'record_stop', 'Conference recording stop'],
  ['conference-record-pause', 'record_pause', 'Conference recording pause'],
  ['conference-record-resume', 'record_resume', 'Conference recording resume'],
] as const

/** POST /v2/conferences/{id}/actions/record_stop, record_pause and record_resume */
export function recordConferenceChanges(api: Api, context: ApiContext): void {
  for (const [kind, action, summary] of changes) {
    const schema = changeSchema(summary)
    api.post(`${conferencePath}/actions/${action}`, { schema }, async (request, reply) => {
      const { body, params } = request
      const conference = context.conferenceName(request, params.id)
      const recordingId = recordingIdOf(body.recording_id)
      return context.act(request, reply, { kind, conference, recordingId }, body)
    })
  }
}
