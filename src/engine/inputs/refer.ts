// REFER in both directions, after it has been sent or heard. One that we hear is carried out only for a bridged leg: then
// there is somebody to be connected with the target, and the call between the two is the referrer's to give away.

import { peerOf } from '../../calls/bridge.ts'
import type { DialOptions, Refusal } from '../../ports/commands.ts'
import type { SignalingInput } from '../../ports/signaling.ts'
import type { StepContext } from '../context.ts'
import { freshLegIn } from '../derived-ids.ts'
import { dialLeg, refuseOutbound } from '../dial-leg.ts'
import { setIntent } from '../intents.ts'
import type { Leg } from '../state.ts'

/** The target rings this long; the same as the default of the transfer command. */
const ringTimeMs = 30_000
/** The same as the default of the transfer command. */
const timeLimitMs = 14_400_000

export function referInput(
  ctx: StepContext,
  leg: Leg,
  input: Extract<SignalingInput, { kind: 'refer-progress' | 'refer-received' }>,
): void {
  if (input.kind === 'refer-progress') referProgress(ctx, leg, input.status)
  else referReceived(ctx, leg, input.target)
}

/** How our own REFER went. The first final status ends it. */
function referProgress(ctx: StepContext, leg: Leg, status: number): void {
  if (!leg.referring || status < 200) return
  leg.referring = false
  const type = status < 300 ? 'refer-completed' : 'refer-failed'
  ctx.emit({ type, leg: ctx.facts(leg), sipStatus: status })
}

function referReceived(ctx: StepContext, leg: Leg, heard: string): void {
  const to = destinationOf(heard)
  const peer =
    leg.state.at === 'bridged' ? ctx.living(peerOf(leg.state.bridge, leg.legId)) : undefined
  const status = refuseStatus(ctx, leg, peer, to)
  if (peer === undefined || status !== undefined) {
    ctx.signal({ kind: 'refer-refuse', legId: leg.legId, status: status ?? 603 })
    return
  }
  ctx.signal({ kind: 'refer-accept', legId: leg.legId })
  const dialled = dialLeg(ctx, {
    fresh: freshLegIn(ctx, leg.sessionId),
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    // The target sees whom it will talk to.
    from: peer.direction === 'incoming' ? peer.from : peer.to,
    options: plainDial(to),
    partner: peer.legId,
    retryOnTimeout: true,
    keyName: keyOf(leg, peer),
    clientState: undefined,
  })
  dialled.referral = { referrer: leg.legId, peerWaits: false }
  leg.referredBy = dialled.legId
  setIntent(ctx, dialled, {
    operation: 'transfer',
    other: peer.legId,
    issuer: peer.legId,
    settings: { parkAfterUnbridge: false, holdAfterUnbridge: false, muteDtmf: 'none' },
    preventDoubleBridge: false,
    earlyMedia: true,
  })
}

function refuseStatus(
  ctx: StepContext,
  leg: Leg,
  peer: Leg | undefined,
  to: string,
): number | undefined {
  if (peer === undefined) return 603
  // RFC 3891: taking over a dialog by Replaces is not supported; dialling without it would make a second call.
  if (/[?&]replaces=/i.test(to)) return 501
  // One REFER at a time, and none while a command is deciding over either leg.
  if (leg.referredBy !== undefined || leg.claim !== undefined || peer.claim !== undefined) {
    return 491
  }
  const why = refuseOutbound(ctx, leg.applicationId, to, keyOf(leg, peer))
  return why && statusOf(why)
}

/** A phone has no key: whoever's command brought it into the call answers for what it dials. */
function keyOf(leg: Leg, peer: Leg): string | undefined {
  return leg.keyName ?? peer.keyName
}

function statusOf(why: Refusal): number {
  if (why.code !== 'destination-refused') return 503
  switch (why.why) {
    case 'malformed':
      return 400
    case 'forbidden-host':
    case 'forbidden-prefix':
    case 'forbidden-key-prefix':
      return 403
    case 'no-trunk':
    case 'unknown-user':
      return 404
  }
}

/** `tel:+1555…` is dialled as the number that it is. */
function destinationOf(target: string): string {
  return target.toLowerCase().startsWith('tel:') ? target.slice(4) : target
}

function plainDial(to: string): DialOptions {
  return {
    to,
    from: undefined,
    fromDisplayName: undefined,
    timeoutMs: ringTimeMs,
    timeLimitMs,
    customHeaders: [],
    sipHeaders: [],
    credentials: undefined,
    transport: undefined,
    privacy: false,
    codecs: undefined,
    audio: undefined,
    webhooks: undefined,
  }
}
