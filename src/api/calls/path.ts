// The path of one call.

import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import { pathText } from '../operation.ts'

export const callPath = '/v2/calls/:call_control_id'
export const callParams = { call_control_id: pathText }

/** Opaque: whatever the path says is looked up as it is. */
export function legIdOf(params: { readonly call_control_id: string }): LegId {
  return brandAs<LegId>(params.call_control_id)
}
