// Answering an inbound call: by the answer command, or because the leg it is transferred to has answered.

import { assert } from '../base/assert.ts'
import type { NamedValue } from '../ports/signaling.ts'
import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

/** 200 with our SDP, media on, `leg-answered`. The leg rings and has been told (its SDP is there). */
export function answerLeg(ctx: StepContext, leg: Leg, headers: readonly NamedValue[] = []): void {
  assert(leg.localSdp !== undefined, 'an inbound leg is told only when its SDP is there')
  ctx.signal({ kind: 'accept', legId: leg.legId, sdp: leg.localSdp, headers })
  ctx.media({ kind: 'start', legId: leg.legId })
  markAnswered(ctx, leg, [])
  ctx.disarm('ring-limit', leg.legId)
}

/** What inbound and outbound legs have in common when they are answered. */
export function markAnswered(ctx: StepContext, leg: Leg, heard: readonly NamedValue[]): void {
  leg.localSdp = undefined
  leg.answeredAtMs = ctx.nowMs
  ctx.move(leg, { kind: 'answered' })
  const customHeaders = heard.length > 0 ? heard : (leg.invite?.customHeaders ?? [])
  ctx.emit({
    type: 'leg-answered',
    leg: ctx.facts(leg),
    customHeaders,
    sipHeaders: leg.invite?.sipHeaders ?? [],
  })
}
