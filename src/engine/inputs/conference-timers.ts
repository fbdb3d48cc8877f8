// Deadlines of conferences, and what a start finds of them.

import { brandAs, type ConferenceId } from '../../base/ids.ts'
import { members } from '../../conferences/conference.ts'
import type { LiveRows } from '../../ports/store.ts'
import {
  expireConference,
  forgetConference,
  restoreConference,
  stepLiveConference,
} from '../conference-membership.ts'
import type { LiveConference } from '../conference-state.ts'
import type { StepContext } from '../context.ts'

/** `id` is the conference's id. */
export function conferenceTimer(
  ctx: StepContext,
  name: 'conference-expiry' | 'conference-forget',
  id: string,
): void {
  if (name === 'conference-expiry') expireConference(ctx, id)
  else forgetConference(ctx, id)
}

/**
 * Conferences of a former run are on record again. Participants whose legs live on leave when the caller ends those
 * legs; the others leave here, and the last one ends the conference (all_left).
 */
export function restoreConferences(ctx: StepContext, rows: LiveRows['rows']): void {
  for (const { table, id, row } of rows) {
    if (table !== 'conference') continue
    if (!isLiveConference(row)) {
      ctx.remove('conference', id)
      continue
    }
    restoreConference(ctx, row)
    for (const { legId } of members(row.machine)) {
      if (ctx.living(legId) !== undefined) continue
      stepLiveConference(ctx, brandAs<ConferenceId>(id), { kind: 'leave', legId })
    }
  }
}

/** Rows are our own: the shape is looked at only as far as a row of another version could differ. */
function isLiveConference(row: unknown): row is LiveConference {
  if (typeof row !== 'object' || row === null) return false
  if (!('machine' in row) || !('creator' in row)) return false
  const { machine } = row
  if (typeof machine !== 'object' || machine === null) return false
  return (
    'conferenceId' in machine && 'participants' in machine && Array.isArray(machine.participants)
  )
}
