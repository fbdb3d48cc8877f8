// transfer: dials a new leg in this leg's session and bridges the two when it answers. Until then the leg is parked (or
// still rings) and takes commands; one that moves it, or its end, cancels the new leg. C7, C27.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { dialLeg, refuseOutbound } from '../dial-leg.ts'
import { cancelIntents, setIntent } from '../intents.ts'
import { detach, release, tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { takeOut } from '../take-out.ts'

type Transfer = Extract<LegCommand, { kind: 'transfer' }>

export function transfer(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Transfer,
): CommandAnswer | undefined {
  const { keyName } = request.envelope
  const why = refuseOutbound(ctx, leg.applicationId, command.dial.to, keyName)
  if (why !== undefined) return refusal(why)
  return takeOut(ctx, request, leg, (later, left) => {
    accept(later, request, leg)
    const released = detach(later, leg)
    if (left !== undefined) {
      tellDequeued(later, left, 'bridging-in-process')
      later.move(leg, { kind: 'parked' })
    }
    cancelIntents(later, leg)
    dialFor(later, leg, command, keyName)
    release(later, released)
    return done
  })
}

function dialFor(ctx: StepContext, leg: Leg, command: Transfer, keyName: string | undefined): void {
  const dialled = dialLeg(ctx, {
    fresh: command.fresh,
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    // The `to` of the original call (C46).
    from: command.dial.from ?? leg.to,
    options: command.dial,
    partner: leg.legId,
    retryOnTimeout: true,
    keyName,
    clientState: command.targetClientState,
  })
  const { parkAfterUnbridge, muteDtmf } = command
  setIntent(ctx, dialled, {
    operation: 'transfer',
    other: leg.legId,
    issuer: leg.legId,
    settings: { parkAfterUnbridge, holdAfterUnbridge: false, muteDtmf },
    preventDoubleBridge: false,
    earlyMedia: command.earlyMedia,
  })
}
