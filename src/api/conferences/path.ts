// The path of one conference.

import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import { pathText } from '../operation.ts'

export const conferencePath = '/v2/conferences/:id'
export const conferenceParams = { id: pathText }

/** The legs that a list of ids names, unchecked. */
export function legIdsOf(ids: readonly string[] | undefined): readonly LegId[] {
  return (ids ?? []).map((id) => brandAs<LegId>(id))
}
