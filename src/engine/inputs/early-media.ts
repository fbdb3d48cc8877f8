// 18x on an outbound leg: what the leg that waits for it hears (C27). An answered leg hears the new leg's early media, or
// our ringback when there is none; its own audio stops when the early media starts. An inbound leg that still rings gets
// the early media with a 183; plain ringing it has already.

import type { StepContext } from '../context.ts'
import { stopAudio } from '../leg-audio.ts'
import { passEarlyMediaToConference } from '../planned-join.ts'
import { tellReferralProgress } from '../referral.ts'
import type { Leg } from '../state.ts'

/** `early`: the 18x had SDP, and the media engine has been given it. */
export function heardProgress(
  ctx: StepContext,
  leg: Leg,
  progress: { readonly status: number; readonly early: boolean },
): void {
  tellReferralProgress(ctx, leg, progress.status)
  if (progress.early && passEarlyMediaToConference(ctx, leg)) return
  const { intent } = leg
  if (intent?.operation !== 'transfer') return
  const waiter = ctx.living(intent.other)
  if (waiter === undefined) return
  if (progress.early && intent.earlyMedia) passEarlyMedia(ctx, leg, waiter)
  // A 180 after early media does not take it away again: the latest early dialog may still be playing.
  else if (!leg.earlyPassed && waiter.state.at === 'parked') {
    const source = { kind: 'ringback', country: 'us' } as const
    ctx.media({ kind: 'hear', legId: waiter.legId, source })
  }
}

function passEarlyMedia(ctx: StepContext, leg: Leg, waiter: Leg): void {
  const { legId } = waiter
  const source = { kind: 'leg', legId: leg.legId } as const
  switch (waiter.state.at) {
    case 'ringing-in':
      // Without an offer in the INVITE our SDP is an offer, which a 183 cannot carry without 100rel: it goes on ringing.
      if (waiter.delayedOffer || waiter.localSdp === undefined) return
      listen(ctx, leg)
      if (!waiter.earlyPassed) {
        waiter.earlyPassed = true
        ctx.media({ kind: 'start', legId })
        ctx.signal({ kind: 'progress', legId, sdp: waiter.localSdp })
      }
      ctx.media({ kind: 'hear', legId, source })
      return
    case 'parked':
      if (!leg.earlyPassed) stopAudio(ctx, waiter, 'cancelled')
      listen(ctx, leg)
      ctx.media({ kind: 'hear', legId, source })
      return
    // Talking with its referrer until the answer.
    case 'bridged':
    // None of these waits for a transfer: the command that brought it there has cancelled the intent.
    case 'dialing':
    case 'queued':
    case 'in-conference':
    case 'ended':
      return
  }
}

/** RTP of the new leg is listened to before its answer. */
function listen(ctx: StepContext, leg: Leg): void {
  if (leg.earlyPassed) return
  leg.earlyPassed = true
  ctx.media({ kind: 'start', legId: leg.legId })
}
