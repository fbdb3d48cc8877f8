// A recording as the API shows it: its published schema beside the function that writes it.

import { isoMillis } from '../../base/iso-time.ts'
import type { RecordingView } from '../../ports/recorder.ts'
import { Type } from '../schema.ts'

const time = () => Type.String({ format: 'date-time' })
const url = () => Type.Union([Type.String(), Type.Null()])

/** What the record commands answer; `recording_id` where one was started. */
export const recordResultSchema = Type.Object({
  result: Type.Literal('ok'),
  recording_id: Type.Optional(Type.String({ format: 'uuid' })),
})

export const recordingSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('recording'),
  status: Type.Enum(['completed', 'failed']),
  source: Type.Enum(['call', 'conference']),
  call_control_id: Type.String(),
  call_leg_id: Type.String(),
  call_session_id: Type.String(),
  connection_id: Type.String(),
  conference_id: Type.Optional(Type.String()),
  from: Type.String(),
  to: Type.String(),
  channels: Type.Enum(['single', 'dual']),
  duration_millis: Type.Integer(),
  recording_started_at: time(),
  recording_ended_at: time(),
  created_at: time(),
  updated_at: time(),
  download_urls: Type.Object({ mp3: url(), wav: url() }),
})

/** `link` is where its file can be had for the next minutes. */
export function recordingObject(recording: RecordingView, link: string) {
  const { format, conferenceId } = recording
  return {
    id: recording.recordingId,
    record_type: 'recording',
    status: recording.status,
    source: conferenceId === undefined ? 'call' : 'conference',
    call_control_id: recording.legId,
    call_leg_id: recording.legUuid,
    call_session_id: recording.sessionId,
    connection_id: recording.applicationId,
    ...(conferenceId === undefined ? {} : { conference_id: conferenceId }),
    from: recording.from,
    to: recording.to,
    channels: recording.channels,
    duration_millis: recording.durationMs,
    recording_started_at: isoMillis(recording.startedAtMs),
    recording_ended_at: isoMillis(recording.endedAtMs),
    created_at: isoMillis(recording.startedAtMs),
    updated_at: isoMillis(recording.updatedAtMs),
    download_urls: { mp3: format === 'mp3' ? link : null, wav: format === 'wav' ? link : null },
  }
}
