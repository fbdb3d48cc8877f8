// An INVITE from outside. The application hears of it when the media side has made the leg (media.ts): a call that we
// cannot carry, or that is cancelled before, makes no events.

import type { IncomingCall } from '../../ports/signaling.ts'
import type { StepContext } from '../context.ts'
import { createLeg, legsOf } from '../legs.ts'

/** RFC 3261 §21: the called number is nobody's, its application is switched off, it is busy, we are full. */
const NOT_FOUND = 404
const TEMPORARILY_UNAVAILABLE = 480
const BUSY_HERE = 486
const SERVICE_UNAVAILABLE = 503
/** Calls that came in the same turn as the last one that fitted are refused here, after they were let in. */
const RETRY_AFTER_SECS = 1

export function incomingCall(ctx: StepContext, call: IncomingCall): void {
  const status = refuseCall(ctx, call)
  if (status !== undefined) {
    const later = status === SERVICE_UNAVAILABLE && { retryAfterSecs: RETRY_AFTER_SECS }
    ctx.signal({ kind: 'refuse', legId: call.legId, status, ...later })
    return
  }
  const application = ctx.world.applications.answering(call.to, call.source)
  if (application === undefined || ctx.state.legs.has(call.legId)) return
  const leg = createLeg(ctx, {
    legId: call.legId,
    legUuid: call.legUuid,
    sessionId: call.sessionId,
    applicationId: application.id,
    direction: 'incoming',
    from: call.from,
    to: call.to,
    tags: application.tags,
    startedAtUs: ctx.nowUs,
    startedAtMs: ctx.nowMs,
    state: { at: 'ringing-in' },
    clientState: null,
    webhooks: undefined,
    delayedOffer: call.sdp === undefined,
    invite: {
      callerIdName: call.fromDisplayName,
      fromUri: call.fromUri,
      toUri: call.toUri,
      customHeaders: call.customHeaders,
      sipHeaders: call.sipHeaders,
    },
    dial: undefined,
    keyName: undefined,
  })
  ctx.media({
    kind: 'create-leg',
    legId: leg.legId,
    offerSdp: call.sdp,
    codecs: undefined,
  })
  ctx.arm('ring-limit', leg.legId, ctx.settings.ringLimitMs)
}

function refuseCall(ctx: StepContext, call: IncomingCall): number | undefined {
  const application = ctx.world.applications.answering(call.to, call.source)
  if (application === undefined) return NOT_FOUND
  if (!application.active) return TEMPORARILY_UNAVAILABLE
  const limit = application.inboundChannelLimit
  if (limit !== undefined && legsOf(ctx.state, application.id).incoming >= limit) return BUSY_HERE
  return ctx.state.counts.legs >= ctx.settings.callsMax ? SERVICE_UNAVAILABLE : undefined
}
