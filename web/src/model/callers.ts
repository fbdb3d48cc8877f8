// The callers of one queue in their order, kept up from events between two loads. Pure: an input gives new rows.
// Positions are counted, not stored: when the first goes, a thousand others move up without a change of theirs.

import type { CallEvent, QueueCall } from '../api/types.ts'

export interface Caller {
  readonly id: string
  readonly sessionId: string
  readonly connectionId: string
  readonly from: string
  readonly to: string
  readonly enqueuedAtMs: number
  /** False: hung up, and the place is kept. */
  readonly alive: boolean
}

export function callerOf(call: QueueCall): Caller {
  return {
    id: call.call_control_id,
    sessionId: call.call_session_id,
    connectionId: call.connection_id,
    from: call.from,
    to: call.to,
    enqueuedAtMs: Date.parse(call.enqueued_at),
    alive: call.is_alive,
  }
}

/** A list as it was loaded, without those who left while it was on its way; each caller once. */
export function callersOf(
  calls: readonly QueueCall[],
  left: ReadonlySet<string>,
): readonly Caller[] {
  const found = new Map(calls.map((call) => [call.call_control_id, call]))
  return [...found.values()].filter((call) => !left.has(call.call_control_id)).map(callerOf)
}

/** What an event means for the list of one queue. */
export type QueueChange =
  | { readonly kind: 'none' }
  /** Somebody came; who it is has to be asked for, the event does not tell. */
  | { readonly kind: 'came'; readonly id: string }
  | { readonly kind: 'left'; readonly id: string }
  | { readonly kind: 'hung-up'; readonly id: string }

export function changeOf(event: CallEvent, queueName: string): QueueChange {
  const { payload, event_type: type } = event
  const id = payload['call_control_id']
  if (typeof id !== 'string') return { kind: 'none' }
  if (type === 'call.hangup') return { kind: 'hung-up', id }
  if (payload['queue'] !== queueName) return { kind: 'none' }
  if (type === 'call.enqueued') return { kind: 'came', id }
  return type === 'call.dequeued' ? { kind: 'left', id } : { kind: 'none' }
}

/** Who is being called for a caller, by the session that both calls share. */
export type Calling = ReadonlyMap<string, { readonly leg: string; readonly to: string }>

/** Two supervisors must see that one of them has somebody called already. The same map when nothing changes. */
export function callingAfter(calling: Calling, event: CallEvent): Calling {
  const { call_control_id: leg, call_session_id: session, direction, to } = event.payload
  if (typeof leg !== 'string' || typeof session !== 'string') return calling
  if (event.event_type === 'call.initiated' && direction === 'outgoing')
    return new Map(calling).set(session, { leg, to: typeof to === 'string' ? to : '' })
  const isOver = event.event_type === 'call.hangup' || event.event_type === 'call.bridged'
  if (!isOver || calling.get(session)?.leg !== leg) return calling
  return new Map([...calling].filter(([one]) => one !== session))
}

/** The same rows when nothing changes, so that nothing is drawn anew. */
export function without(rows: readonly Caller[], id: string): readonly Caller[] {
  const index = rows.findIndex((row) => row.id === id)
  return index < 0 ? rows : rows.toSpliced(index, 1)
}

/** At the place its time gives it; one that is there already is replaced. */
export function withCaller(rows: readonly Caller[], caller: Caller): readonly Caller[] {
  const others = without(rows, caller.id)
  const before = others.findLastIndex(({ enqueuedAtMs }) => enqueuedAtMs <= caller.enqueuedAtMs)
  return others.toSpliced(before + 1, 0, caller)
}

export function hungUp(rows: readonly Caller[], id: string): readonly Caller[] {
  const index = rows.findIndex((row) => row.id === id && row.alive)
  const row = rows[index]
  return row === undefined ? rows : rows.with(index, { ...row, alive: false })
}

/** Rows whose number holds the text; with the position each has in the whole queue. */
export function matching(
  rows: readonly Caller[],
  text: string,
): readonly { readonly caller: Caller; readonly position: number }[] {
  const wanted = text.trim().toLowerCase()
  const all = rows.map((caller, index) => ({ caller, position: index + 1 }))
  if (wanted === '') return all
  return all.filter(({ caller }) => `${caller.from} ${caller.to}`.toLowerCase().includes(wanted))
}
