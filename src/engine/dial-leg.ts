// A new outbound leg, for dial and transfer: told at once, its INVITE leaves when the media side has made an offer.

import type { ApplicationId, LegId, SessionId } from '../base/ids.ts'
import type { DialOptions, FreshLeg, Refusal } from '../ports/commands.ts'
import type { StepContext } from './context.ts'
import { createLeg, legsOf } from './legs.ts'
import { countOutbound, refuseByLimits } from './outbound-limits.ts'
import type { Leg } from './state.ts'

export interface DialPlan {
  readonly fresh: FreshLeg
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly from: string
  readonly options: DialOptions
  readonly retryOnTimeout: boolean
  /** Whom it will be bridged with, as far as is known. */
  readonly partner?: LegId | undefined
  /** Whose limits it counts for. */
  readonly keyName: string | undefined
  /** As the command had it; '' and undefined both mean none. */
  readonly clientState: string | undefined
}

/** Why no outbound leg to `to` can be made now, beside those to `before`: no way there, or a limit. */
export function refuseOutbound(
  ctx: StepContext,
  applicationId: ApplicationId,
  to: string,
  keyName: string | undefined,
  before: readonly string[] = [],
): Refusal | undefined {
  const why = ctx.world.checkDestination(to)
  if (why !== undefined) return { code: 'destination-refused', why }
  const limit = ctx.world.applications.get(applicationId)?.outboundChannelLimit
  if (limit !== undefined && legsOf(ctx.state, applicationId).outgoing + before.length >= limit) {
    return { code: 'channel-limit', limit }
  }
  const limited = refuseByLimits(ctx, to, keyName, before)
  if (limited !== undefined) return limited
  if (ctx.state.counts.legs + before.length >= ctx.settings.callsMax) {
    return { code: 'unavailable', why: 'too many calls', retryAfterSecs: 1 }
  }
  return undefined
}

/** Makes the leg, emits leg-initiated (state bridging), starts the media side and the answer timer. */
export function dialLeg(ctx: StepContext, plan: DialPlan): Leg {
  const { fresh, options } = plan
  countOutbound(ctx, options.to, plan.keyName)
  const application = ctx.world.applications.get(plan.applicationId)
  const leg = createLeg(ctx, {
    legId: fresh.legId,
    legUuid: fresh.legUuid,
    sessionId: plan.sessionId,
    applicationId: plan.applicationId,
    direction: 'outgoing',
    from: plan.from,
    to: options.to,
    tags: application?.tags ?? [],
    startedAtUs: ctx.nowUs,
    startedAtMs: ctx.nowMs,
    state: { at: 'dialing' },
    clientState:
      plan.clientState === undefined || plan.clientState === '' ? null : plan.clientState,
    webhooks: options.webhooks,
    delayedOffer: false,
    invite: undefined,
    dial: { options, retryOnTimeout: plan.retryOnTimeout },
    keyName: plan.keyName,
  })
  leg.told = true
  ctx.emit({
    type: 'leg-initiated',
    leg: ctx.facts(leg),
    state: 'bridging',
    callerIdName: undefined,
    offeredCodecs: [],
    customHeaders: options.customHeaders,
    sipHeaders: options.sipHeaders,
    fromSipUri: undefined,
    toSipUri: undefined,
  })
  ctx.media({
    kind: 'create-leg',
    legId: leg.legId,
    offerSdp: undefined,
    codecs: options.codecs,
    partner: plan.partner,
  })
  ctx.arm('dial-timeout', leg.legId, options.timeoutMs)
  return leg
}
