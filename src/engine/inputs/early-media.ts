// 18x on an outbound leg: what the leg that waits for it hears.

import type { StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

/** `early`: the 18x had SDP, and the media engine has been given it. */
export function heardProgress(
  _ctx: StepContext,
  _leg: Leg,
  _progress: { readonly status: number; readonly early: boolean },
): void {
  return
}
