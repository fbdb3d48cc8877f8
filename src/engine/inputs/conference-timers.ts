// Deadlines of conferences, and what a start finds of them.

import type { LiveRows } from '../../ports/store.ts'
import type { StepContext } from '../context.ts'

/** `id` is the conference's id. */
export function conferenceTimer(
  _ctx: StepContext,
  _name: 'conference-expiry' | 'conference-forget',
  _id: string,
): void {
  return
}

/** Conferences of a former run end (their participants' legs are ended by the caller). */
export function restoreConferences(_ctx: StepContext, _rows: LiveRows['rows']): void {
  return
}
