// What SIP reports, one case each. A leg that is unknown or has ended is nobody's business any more: late inputs are
// normal. The one exception is a 2xx that crossed our CANCEL, which must still be acknowledged and ended.

import type { SignalingInput } from '../../ports/signaling.ts'
import type { StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { callerCancelled, dialogLost, failure, farHangup, refusedByFarEnd } from '../leg-ends.ts'
import type { Leg } from '../state.ts'
import { hearKey } from './dtmf.ts'
import { heardProgress } from './early-media.ts'
import { incomingCall } from './incoming-call.ts'
import { legAccepted } from './leg-accepted.ts'
import { referInput } from './refer.ts'

export function signalingInput(ctx: StepContext, input: SignalingInput): void {
  if (input.kind === 'incoming-call') {
    incomingCall(ctx, input)
    return
  }
  const leg = ctx.living(input.legId)
  if (leg !== undefined) {
    legInput(ctx, leg, input)
    return
  }
  if (input.kind !== 'leg-accepted') return
  ctx.signal({ kind: 'confirm', legId: input.legId })
  ctx.signal({ kind: 'bye', legId: input.legId, headers: [] })
}

type LegInput = Exclude<SignalingInput, { kind: 'incoming-call' }>

function legInput(ctx: StepContext, leg: Leg, input: LegInput): void {
  switch (input.kind) {
    case 'leg-cancelled':
      endLeg(ctx, leg, callerCancelled())
      return
    case 'leg-confirmed':
      confirmed(ctx, leg, input.sdp)
      return
    case 'leg-progress':
      if (leg.state.at === 'dialing') progressed(ctx, leg, input)
      return
    case 'leg-accepted':
      legAccepted(ctx, leg, input)
      return
    case 'leg-refused':
      if (leg.state.at !== 'dialing') return
      endLeg(ctx, leg, refusedByFarEnd(input.status, input.unheard))
      return
    case 'leg-bye':
      endLeg(ctx, leg, farHangup(leg, input.headers))
      return
    case 'leg-lost':
      endLeg(ctx, leg, dialogLost(input.status))
      return
    case 'leg-reoffered':
      ctx.media({ kind: 'reoffer', legId: leg.legId, offerSdp: input.sdp })
      return
    case 'leg-reanswered':
      ctx.media({ kind: 'set-remote', legId: leg.legId, sdp: input.sdp, stage: 'final' })
      return
    case 'leg-info-dtmf':
      hearKey(ctx, leg, { digit: input.digit, by: 'info', passOnMs: input.durationMs })
      return
    case 'refer-progress':
    case 'refer-received':
      referInput(ctx, leg, input)
  }
}

/** The ACK of an INVITE without an offer must bring the answer (RFC 3261 §13.2.2.4); without it there is no call. */
function confirmed(ctx: StepContext, leg: Leg, sdp: string | undefined): void {
  if (!leg.delayedOffer || leg.direction !== 'incoming') return
  if (sdp === undefined) {
    endLeg(ctx, leg, failure(488))
    return
  }
  ctx.media({ kind: 'set-remote', legId: leg.legId, sdp, stage: 'final' })
}

function progressed(
  ctx: StepContext,
  leg: Leg,
  input: Extract<SignalingInput, { kind: 'leg-progress' }>,
): void {
  const { status, sdp } = input
  if (sdp !== undefined) {
    ctx.media({ kind: 'set-remote', legId: leg.legId, sdp, stage: 'early' })
    leg.earlyMedia = true
  }
  heardProgress(ctx, leg, { status, early: sdp !== undefined })
}
