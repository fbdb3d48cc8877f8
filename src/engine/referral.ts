// A REFER from a phone, carried out: the leg that was dialled for it (holding the intent to be bridged with the referrer's
// peer) also remembers who asked, so that the referrer hears how it goes (RFC 3515 §2.4.4) and is hung up when it worked.
// A phone may hang up right after its REFER was accepted; its peer then stays and hears ringing.

import type { StepContext } from './context.ts'
import { ownHangup } from './leg-ends.ts'
import type { Leg, LegEnd } from './state.ts'

/** 18x of the dialled leg, passed on as NOTIFY; the call to anybody else's leg does nothing. */
export function tellReferralProgress(ctx: StepContext, dialled: Leg, status: number): void {
  const referrer = referrerOf(ctx, dialled)
  if (referrer === undefined || status <= 100) return
  ctx.signal({ kind: 'refer-notify', legId: referrer.legId, status })
}

/** The dialled leg has answered: the referrer has done its part and goes. Its old bridge is undone by the new one. */
export function completeReferral(ctx: StepContext, dialled: Leg): void {
  const referrer = referrerOf(ctx, dialled)
  dialled.referral = undefined
  if (referrer === undefined) return
  referrer.referredBy = undefined
  ctx.signal({ kind: 'refer-notify', legId: referrer.legId, status: 200 })
  ctx.endSoon(referrer, ownHangup(referrer))
}

/**
 * The dialled leg ended unanswered, before its intent is dropped: the referrer hears it and its bridge goes on. If the
 * referrer has gone meanwhile, nobody is left for its peer.
 */
export function failReferral(ctx: StepContext, dialled: Leg, end: LegEnd): void {
  const { referral, intent } = dialled
  if (referral === undefined) return
  const referrer = referrerOf(ctx, dialled)
  dialled.referral = undefined
  if (referrer !== undefined) {
    referrer.referredBy = undefined
    ctx.signal({ kind: 'refer-notify', legId: referrer.legId, status: failureStatus(end) })
  }
  const peer = intent === undefined ? undefined : ctx.living(intent.other)
  if (referral.peerWaits && peer?.state.at === 'parked') ctx.endSoon(peer, ownHangup(peer))
}

/** The referrer has left its bridge: true when its peer stays for the leg that is being dialled. */
export function waitsForReferral(ctx: StepContext, peer: Leg): boolean {
  for (const legId of peer.awaiting) {
    const dialled = ctx.living(legId)
    if (dialled?.referral === undefined) continue
    dialled.referral = { ...dialled.referral, peerWaits: true }
    ctx.media({ kind: 'hear', legId: peer.legId, source: { kind: 'ringback', country: 'us' } })
    return true
  }
  return false
}

function referrerOf(ctx: StepContext, dialled: Leg): Leg | undefined {
  return dialled.referral === undefined ? undefined : ctx.living(dialled.referral.referrer)
}

/** What the sipfrag says: the far end's own refusal, or 487 when we gave up. */
function failureStatus(end: LegEnd): number {
  const status = Number(end.sipCause)
  return Number.isInteger(status) && status >= 300 && status <= 699 ? status : 487
}
