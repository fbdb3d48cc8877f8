// Calls as the API reads them: plain copies, so that nobody outside holds a record of the engine.

import type { ApplicationId, LegId } from '../base/ids.ts'
import type { CallControl, CallView } from '../ports/commands.ts'
import type { EngineState, Leg } from './state.ts'

export function callView(leg: Leg): CallView {
  return {
    from: leg.from,
    to: leg.to,
    legId: leg.legId,
    legUuid: leg.legUuid,
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    clientState: leg.clientState,
    alive: leg.state.at !== 'ended',
    startedAtMs: leg.startedAtMs,
    answeredAtMs: leg.answeredAtMs,
    endedAtMs: leg.endedAtMs,
    state: leg.state.at,
  }
}

/** GET /calls/{id}: ended calls until `rememberEndedMs` after their end (C16), also when a kept entry keeps the record. */
export function viewCall(
  state: EngineState,
  legId: LegId,
  endedAfterMs: number,
): CallView | undefined {
  const leg = state.legs.get(legId)
  if (leg === undefined || !leg.told) return undefined
  if (leg.endedAtMs !== undefined && leg.endedAtMs <= endedAfterMs) return undefined
  return callView(leg)
}

type ActivePage = Parameters<CallControl['activeCalls']>[1]
type ActiveCalls = ReturnType<CallControl['activeCalls']>

/** One page of an application's living legs. A cursor is the order of a row, so it survives that row's end. */
export function viewActiveCalls(
  state: EngineState,
  applicationId: ApplicationId,
  page: ActivePage,
): ActiveCalls {
  const living = state.byApplication.get(applicationId)?.living
  if (living === undefined) {
    return { rows: [], total: 0, first: null, last: null, more: false, earlier: false }
  }
  const after = orderOf(page.after)
  const before = orderOf(page.before)
  let from = (page.number - 1) * page.size
  let count = page.size
  if (after !== undefined) from = living.rank(after + 1)
  else if (before !== undefined) {
    const end = living.rank(before)
    from = Math.max(0, end - page.size)
    count = end - from
  }
  const legs = living.slice(from, count)
  return {
    rows: legs.map(callView),
    total: living.size,
    first: cursorOf(legs[0]),
    last: cursorOf(legs.at(-1)),
    more: from + legs.length < living.size,
    earlier: from > 0 && living.size > 0,
  }
}

/**
 * Applications of which something may still be told: of calls that are remembered, of conferences that have not ended, by whom
 * they were made, and of recordings whose files are not closed. Looks at all of them: for housekeeping.
 */
export function viewApplications(state: EngineState): Set<ApplicationId> {
  const found = new Set<ApplicationId>()
  for (const { applicationId } of state.legs.values()) found.add(applicationId)
  for (const { applicationId, creator, machine } of state.conferences.all()) {
    if (machine.status !== 'completed') found.add(applicationId).add(creator.applicationId)
  }
  for (const { leg } of state.recordings.all()) found.add(leg.applicationId)
  return found
}

function cursorOf(leg: Leg | undefined): string | null {
  return leg === undefined ? null : leg.order.toString(36)
}

function orderOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined || !/^[0-9a-z]{1,10}$/.test(cursor)) return undefined
  return Number.parseInt(cursor, 36)
}
