// The objects of the API: their published schema beside the function that writes them from what the ports tell.

import { isoMillis } from '../base/iso-time.ts'
import type { CallView, ConferenceView, ParticipantView } from '../ports/commands.ts'
import type { QueueRecord, QueuedCall } from '../ports/store.ts'
import { Type } from './schema.ts'

const time = () => Type.String({ format: 'date-time' })
const nullable = (type: ReturnType<typeof Type.String>) => Type.Union([type, Type.Null()])

export const queueSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  record_type: Type.Literal('queue'),
  current_size: Type.Integer(),
  max_size: Type.Integer(),
  average_wait_time_secs: Type.Integer(),
  created_at: time(),
  updated_at: time(),
})

/** C23: the mean wait of the calls now in the queue, in whole seconds, computed at read time. */
export function queueObject(queue: QueueRecord, nowMs: number) {
  const meanMs = queue.size === 0 ? 0 : nowMs - queue.enqueuedAtSumMs / queue.size
  return {
    id: queue.queueId,
    name: queue.queueName,
    record_type: 'queue',
    current_size: queue.size,
    max_size: queue.maxSize,
    average_wait_time_secs: wholeSecs(meanMs),
    created_at: isoMillis(queue.createdAtMs),
    updated_at: isoMillis(queue.updatedAtMs),
  }
}

export const queueCallSchema = Type.Object({
  call_control_id: Type.String(),
  call_leg_id: Type.String(),
  call_session_id: Type.String(),
  connection_id: Type.String(),
  from: Type.String(),
  to: Type.String(),
  enqueued_at: time(),
  wait_time_secs: Type.Integer(),
  queue_position: Type.Integer(),
  queue_id: Type.String(),
  is_alive: Type.Boolean(),
  record_type: Type.Literal('queue_call'),
})

export function queueCallObject(call: QueuedCall, nowMs: number) {
  return {
    call_control_id: call.entry.legId,
    call_leg_id: call.entry.legUuid,
    call_session_id: call.entry.sessionId,
    connection_id: call.entry.applicationId,
    from: call.entry.from,
    to: call.entry.to,
    enqueued_at: isoMillis(call.enqueuedAtMs),
    wait_time_secs: wholeSecs(nowMs - call.enqueuedAtMs),
    queue_position: call.position,
    queue_id: call.queueId,
    is_alive: call.alive,
    record_type: 'queue_call',
  }
}

export const callSchema = Type.Object({
  call_control_id: Type.String(),
  call_leg_id: Type.String(),
  call_session_id: Type.String(),
  is_alive: Type.Optional(Type.Boolean()),
  record_type: Type.Literal('call'),
  client_state: Type.Optional(Type.String()),
  start_time: Type.Optional(time()),
  end_time: Type.Optional(time()),
  call_duration: Type.Optional(Type.Integer()),
})

function callIds(call: CallView) {
  return {
    call_control_id: call.legId,
    call_leg_id: call.legUuid,
    call_session_id: call.sessionId,
    record_type: 'call',
    ...(call.clientState === null ? {} : { client_state: call.clientState }),
  }
}

/** `legs`: of a list of destinations, in its order; the fields beside it are those of the first (C160). */
export const dialedSchema = Type.Object({
  ...callSchema.properties,
  legs: Type.Optional(
    Type.Array(Type.Object({ to: Type.String(), ...callSchema.properties }), {
      description: 'Ours: one call for each destination of a list.',
    }),
  ),
})

/** Answer of a dial: `is_alive` is false, because dialling goes on by itself. */
export function dialedObject(call: CallView, others: readonly CallView[] | undefined) {
  const objectOf = (one: CallView) => ({ ...callIds(one), is_alive: false })
  if (others === undefined) return objectOf(call)
  const legs = [call, ...others].map((one) => ({ to: one.to, ...objectOf(one) }))
  return { ...objectOf(call), legs }
}

export function callObject(call: CallView, nowMs: number) {
  return {
    ...callIds(call),
    is_alive: call.alive,
    start_time: isoMillis(call.startedAtMs),
    ...(call.endedAtMs === undefined ? {} : { end_time: isoMillis(call.endedAtMs) }),
    call_duration: durationSecs(call, nowMs),
  }
}

/** Here a call without state has null, as in webhooks: the description requires the field. */
export function activeCallObject(call: CallView, nowMs: number) {
  const { clientState } = call
  return { ...callIds(call), client_state: clientState, call_duration: durationSecs(call, nowMs) }
}

export const activeCallSchema = Type.Object({
  ...callSchema.properties,
  client_state: nullable(Type.String()),
})

export const conferenceSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  record_type: Type.Literal('conference'),
  connection_id: Type.String(),
  created_at: time(),
  updated_at: time(),
  expires_at: time(),
  region: Type.Optional(Type.String()),
  status: Type.Enum(['init', 'in_progress', 'completed']),
  end_reason: nullable(Type.String()),
  ended_by: Type.Union([
    Type.Object({ call_control_id: Type.String(), call_session_id: Type.String() }),
    Type.Null(),
  ]),
})

export function conferenceObject(conference: ConferenceView) {
  const { endedBy } = conference
  return {
    id: conference.conferenceId,
    name: conference.name,
    record_type: 'conference',
    connection_id: conference.applicationId,
    created_at: isoMillis(conference.createdAtMs),
    updated_at: isoMillis(conference.updatedAtMs),
    expires_at: isoMillis(conference.expiresAtMs),
    ...(conference.region === undefined ? {} : { region: conference.region }),
    status: conference.status,
    end_reason: conference.endReason,
    ended_by:
      endedBy === null
        ? null
        : { call_control_id: endedBy.legId, call_session_id: endedBy.sessionId },
  }
}

export const participantSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('participant'),
  call_control_id: Type.String(),
  call_leg_id: Type.String(),
  conference: Type.Object({ id: Type.String(), name: Type.String() }),
  muted: Type.Boolean(),
  on_hold: Type.Boolean(),
  status: Type.Enum(['joining', 'joined', 'left']),
  end_conference_on_exit: Type.Boolean(),
  soft_end_conference_on_exit: Type.Boolean(),
  whisper_call_control_ids: Type.Array(Type.String()),
  created_at: time(),
  updated_at: time(),
})

export function participantObject(participant: ParticipantView) {
  return {
    id: participant.participantId,
    record_type: 'participant',
    call_control_id: participant.legId,
    call_leg_id: participant.legUuid,
    conference: { id: participant.conferenceId, name: participant.conferenceName },
    muted: participant.muted,
    on_hold: participant.onHold,
    status: participant.status,
    end_conference_on_exit: participant.endOnExit,
    soft_end_conference_on_exit: participant.softEndOnExit,
    whisper_call_control_ids: [...participant.whisperTo],
    created_at: isoMillis(participant.createdAtMs),
    updated_at: isoMillis(participant.updatedAtMs),
  }
}

function durationSecs(call: CallView, nowMs: number): number {
  return wholeSecs((call.endedAtMs ?? nowMs) - call.startedAtMs)
}

// Wall clocks may jump back; a duration is never negative.
function wholeSecs(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000))
}
