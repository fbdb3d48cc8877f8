// Birth and oblivion of leg records, and the indexes that go with them.

import type { ApplicationId, LegId, LegUuid, SessionId } from '../base/ids.ts'
import type { LegState } from '../calls/leg.ts'
import type { WebhookOverrides } from '../ports/events.ts'
import type { StepContext } from './context.ts'
import { emptyAudio } from './audio-state.ts'
import { OrderedIndex } from './ordered-index.ts'
import { outboundDown, outboundUp } from './outbound-limits.ts'
import type { ApplicationLegs, EngineState, InviteFacts, Leg, LegDial } from './state.ts'

/** What a new leg is made of; everything else starts empty. */
export interface LegBirth {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly direction: 'incoming' | 'outgoing'
  readonly from: string
  readonly to: string
  readonly tags: readonly string[]
  readonly startedAtUs: number
  readonly startedAtMs: number
  readonly state: LegState
  readonly clientState: string | null
  readonly webhooks: WebhookOverrides | undefined
  readonly delayedOffer: boolean
  readonly invite: InviteFacts | undefined
  readonly dial: LegDial | undefined
  readonly keyName: string | undefined
}

const nobody: readonly LegId[] = []

/** A record with nothing in it but its birth; not yet in any index. */
export function newLeg(birth: LegBirth, order: number): Leg {
  return {
    ...birth,
    order,
    answeredAtMs: undefined,
    endedAtMs: undefined,
    told: false,
    timeLimitAtMs: undefined,
    unheard: false,
    held: false,
    localSdp: undefined,
    earlyMedia: false,
    intent: undefined,
    awaiting: new Set(),
    rivals: nobody,
    audio: emptyAudio(),
    stream: undefined,
    fork: undefined,
    gather: undefined,
    machine: undefined,
    pressing: [],
    lastKey: undefined,
    overlay: emptyAudio(),
    supervises: undefined,
    supervisors: new Set(),
    joins: undefined,
    referring: false,
    referral: undefined,
    referredBy: undefined,
    earlyPassed: false,
    claim: undefined,
    deferredEnd: undefined,
    takenElsewhere: false,
    line: [],
    kept: undefined,
  }
}

/** Makes a living leg and puts it into every index. */
export function createLeg(ctx: StepContext, birth: LegBirth): Leg {
  ctx.state.nextLegOrder += 1
  const leg = newLeg(birth, ctx.state.nextLegOrder)
  ctx.state.legs.set(leg.legId, leg)
  indexLeg(ctx, leg)
  ctx.touch(leg)
  return leg
}

/** A living leg becomes findable by its application, and counts. */
export function indexLeg(ctx: StepContext, leg: Leg): void {
  const legs = legsOf(ctx.state, leg.applicationId)
  legs.living.add(leg)
  legs[leg.direction] += 1
  ctx.state.counts.legs += 1
  if (leg.state.at === 'queued') ctx.state.counts.queued += 1
  outboundUp(ctx, leg)
}

/** The leg has ended: it leaves the indexes and is remembered for a while (C16). */
export function retireLeg(ctx: StepContext, leg: Leg): void {
  const legs = legsOf(ctx.state, leg.applicationId)
  legs.living.delete(leg)
  legs[leg.direction] -= 1
  ctx.state.counts.legs -= 1
  outboundDown(ctx, leg)
  ctx.arm('forget-leg', leg.legId, ctx.settings.rememberEndedMs)
}

/** The time of remembering is over; a leg whose entry is kept in a queue stays known with it. */
export function forgetLeg(ctx: StepContext, legId: LegId): void {
  const leg = ctx.state.legs.get(legId)
  if (leg === undefined || leg.state.at !== 'ended' || leg.kept !== undefined) return
  ctx.state.legs.delete(legId)
  ctx.touch(leg)
}

/** The kept entry of a dead leg is gone. */
export function releaseKept(ctx: StepContext, leg: Leg): void {
  leg.kept = undefined
  ctx.disarm('max-wait', leg.legId)
  ctx.touch(leg)
  const endedForMs = ctx.nowMs - (leg.endedAtMs ?? ctx.nowMs)
  ctx.arm('forget-leg', leg.legId, ctx.settings.rememberEndedMs - endedForMs)
}

export function legsOf(state: EngineState, applicationId: ApplicationId): ApplicationLegs {
  const known = state.byApplication.get(applicationId)
  if (known !== undefined) return known
  const made = { living: new OrderedIndex<Leg>(), incoming: 0, outgoing: 0 }
  state.byApplication.set(applicationId, made)
  return made
}
