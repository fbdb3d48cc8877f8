// dial: a new outbound leg. The API has its answer at once; what becomes of the leg is told by its events.

import { plainBridge } from '../../calls/bridge.ts'
import type { CommandAnswer, DialCommand, Refusal } from '../../ports/commands.ts'
import { callView } from '../call-views.ts'
import type { Request } from '../answers.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { setIntent } from '../intents.ts'
import { dialLeg, refuseOutbound } from '../dial-leg.ts'
import type { Leg } from '../state.ts'
import { superviseFrom } from '../supervision.ts'

export function dial(ctx: StepContext, request: Request, command: DialCommand): CommandAnswer {
  const { keyName } = request.envelope
  const refused = refuseDial(ctx, command, keyName)
  if (refused !== undefined) return refusal(refused)
  const linked = command.linkTo === undefined ? undefined : ctx.living(command.linkTo)
  const leg = dialLeg(ctx, {
    fresh: command.fresh,
    sessionId: linked?.sessionId ?? command.fresh.sessionId,
    applicationId: command.applicationId,
    from: fromOf(command, linked),
    options: command.dial,
    partner: linked?.legId,
    retryOnTimeout: command.retryOnTimeout,
    keyName,
    clientState: request.envelope.clientState,
  })
  if (linked !== undefined && command.bridgeOnAnswer) {
    setIntent(ctx, leg, {
      operation: 'bridge-on-answer',
      other: linked.legId,
      issuer: leg.legId,
      settings: { ...plainBridge, parkAfterUnbridge: command.parkAfterUnbridge },
      preventDoubleBridge: command.preventDoubleBridge,
      earlyMedia: false,
    })
  }
  leg.joins = command.joins
  const { supervise } = command
  const supervised = supervise === undefined ? undefined : ctx.living(supervise.target)
  if (supervise !== undefined && supervised !== undefined) {
    superviseFrom(ctx, leg, supervised, supervise.role)
  }
  // Dialling is asynchronous, so its answer always says not alive.
  const { record } = command.dial
  return accepted({
    kind: 'dialed',
    leg: { ...callView(leg), alive: false },
    ...(record === undefined ? {} : { recordingId: record.recordingId }),
  })
}

function fromOf(command: DialCommand, linked: Leg | undefined): string {
  if (command.bridgeIntent && linked !== undefined) return linked.from
  return command.dial.from ?? linked?.from ?? ''
}

function refuseDial(
  ctx: StepContext,
  command: DialCommand,
  keyName: string | undefined,
): Refusal | undefined {
  const application = ctx.world.applications.get(command.applicationId)
  if (application === undefined || !application.active) return { code: 'application-unknown' }
  if (command.linkTo !== undefined) {
    const linked = ctx.state.legs.get(command.linkTo)
    if (linked === undefined || !linked.told) return { code: 'link-unknown' }
    if (linked.state.at === 'ended') return { code: 'link-ended' }
  }
  if (command.joins?.by === 'id') {
    const live = ctx.state.conferences.find(command.joins.conference)
    if (live === undefined) return { code: 'conference-unknown' }
    if (live.machine.status === 'completed') return { code: 'conference-ended' }
  }
  if (command.supervise !== undefined) {
    const target = ctx.state.legs.get(command.supervise.target)
    if (target === undefined || !target.told) return { code: 'supervised-unknown' }
    if (target.state.at === 'ended') return { code: 'supervised-ended' }
    if (target.state.at !== 'bridged') return { code: 'supervised-not-bridged' }
  }
  return refuseOutbound(ctx, application.id, command.dial.to, keyName)
}
