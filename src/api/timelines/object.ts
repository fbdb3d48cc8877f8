// A call's timeline as the API shows it, and what can go wrong when it is asked for.

import type { Timelines } from '../../ports/trace.ts'
import type { AnyReply, ApiContext } from '../context.ts'
import { Type } from '../schema.ts'

const time = () => Type.String({ format: 'date-time' })
const timeOrNull = () => Type.Union([time(), Type.Null()])

export const legStates = [
  'ringing',
  'answered',
  'queued',
  'bridged',
  'conference',
  'ended',
] as const

export const legFields = {
  call_control_id: Type.String(),
  call_leg_id: Type.String(),
  call_session_id: Type.String(),
  connection_id: Type.String(),
  direction: Type.Enum(['incoming', 'outgoing']),
  from: Type.String(),
  to: Type.String(),
  state: Type.Enum(legStates),
  queue_name: Type.Union([Type.String(), Type.Null()]),
  hangup_cause: Type.Union([Type.String(), Type.Null()]),
  started_at: time(),
  answered_at: timeOrNull(),
  ended_at: timeOrNull(),
}

export const timelineSchema = Type.Object({
  call_control_id: Type.String(),
  call_session_id: Type.String(),
  legs: Type.Array(Type.Object(legFields), {
    description: 'Those of the session, and those that were bridged with them.',
  }),
  items: Type.Array(
    Type.Object({
      at: time(),
      lane: Type.Enum(['sip', 'command', 'event', 'webhook', 'media']),
      leg: Type.String({ description: 'call_control_id' }),
      kind: Type.String(),
      summary: Type.String(),
      detail: Type.Object({}, { additionalProperties: true }),
      cursor: Type.String(),
    }),
  ),
  gaps: Type.Array(Type.Object({ from: time(), to: time(), items: Type.Integer({ minimum: 1 }) }), {
    description: 'Times in which the server had no room to write everything down.',
  }),
})

/** Asks, and refuses where nothing can be told; undefined: the request has been answered. */
export async function askTimelines<T>(
  context: ApiContext,
  reply: AnyReply,
  ask: (timelines: Timelines) => Promise<T>,
): Promise<T | undefined> {
  const { timelines } = context.options
  if (timelines === undefined) {
    const detail = 'Timelines are not written on this server: trace.enabled is false.'
    context.refuse(reply, [{ name: 'feature-off', detail }])
    return undefined
  }
  try {
    const answer = await ask(timelines)
    if (answer === undefined) context.refuse(reply, [{ name: 'not-found', pointer: '/' }])
    return answer
  } catch {
    const detail = 'The timelines cannot be read at the moment.'
    context.refuse(reply, [{ name: 'unavailable', detail, retryAfterSecs: 5 }])
    return undefined
  }
}
