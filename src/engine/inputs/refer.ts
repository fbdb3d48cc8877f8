// REFER in both directions, after it has been sent or heard.

import type { SignalingInput } from '../../ports/signaling.ts'
import type { StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

export function referInput(
  ctx: StepContext,
  leg: Leg,
  input: Extract<SignalingInput, { kind: 'refer-progress' | 'refer-received' }>,
): void {
  if (input.kind === 'refer-received') {
    ctx.signal({ kind: 'refer-refuse', legId: leg.legId, status: 603 })
  }
}
