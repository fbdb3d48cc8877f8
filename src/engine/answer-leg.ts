// Answering an inbound call: by the answer command, or because the leg it is transferred to has answered.

import { assert } from '../base/assert.ts'
import type { NamedValue } from '../ports/signaling.ts'
import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

/**
 * 200 with our SDP, media on, `leg-answered`. The leg rings and has been told (its SDP is there). `codecs`: names in order
 * of preference; the first that the caller offered is taken, without one it stays as it is.
 */
export function answerLeg(
  ctx: StepContext,
  leg: Leg,
  headers: readonly NamedValue[] = [],
  codecs: readonly string[] = [],
): void {
  const { legId, localSdp, sdpByCodec = {} } = leg
  assert(localSdp !== undefined, 'an inbound leg is told only when its SDP is there')
  // What early media promised stands (RFC 3261 §13.2.1: the answer is the same in each response).
  const open = leg.earlyPassed ? [] : codecs.map((name) => name.toUpperCase())
  const codec = open.find((name) => sdpByCodec[name] !== undefined)
  const sdp = (codec === undefined ? undefined : sdpByCodec[codec]) ?? localSdp
  ctx.signal({ kind: 'accept', legId, sdp, headers })
  ctx.media({ kind: 'start', legId, ...(codec === undefined ? {} : { codec }) })
  markAnswered(ctx, leg, [])
  ctx.disarm('ring-limit', leg.legId)
}

/** What inbound and outbound legs have in common when they are answered. */
export function markAnswered(ctx: StepContext, leg: Leg, heard: readonly NamedValue[]): void {
  leg.localSdp = undefined
  leg.sdpByCodec = undefined
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
