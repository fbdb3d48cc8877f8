// dial: a new outbound leg, or several that ring at the same time (ring-group.ts). The API has its answer at once; what
// becomes of the legs is told by their events.

import { plainBridge } from '../../calls/bridge.ts'
import type {
  CallView,
  CommandAnswer,
  DialCommand,
  Refusal,
  RingBranch,
} from '../../ports/commands.ts'
import { callView } from '../call-views.ts'
import type { Request } from '../answers.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { setIntent } from '../intents.ts'
import { dialLeg, refuseOutbound } from '../dial-leg.ts'
import { ringTogether } from '../ring-group.ts'
import type { Leg } from '../state.ts'
import { superviseFrom } from '../supervision.ts'

export function dial(ctx: StepContext, request: Request, command: DialCommand): CommandAnswer {
  const { keyName } = request.envelope
  const refused = refuseDial(ctx, command, keyName)
  if (refused !== undefined) return refusal(refused)
  const linked = command.linkTo === undefined ? undefined : ctx.living(command.linkTo)
  const leg = dialOne(ctx, request, command, linked)
  const others = command.others?.map((one) => {
    return dialOne(ctx, request, { ...command, ...branchOf(command, one) }, linked)
  })
  if (others !== undefined) ringTogether([leg, ...others])
  // Dialling is asynchronous, so its answer always says not alive.
  const viewOf = (one: Leg): CallView => ({ ...callView(one), alive: false })
  const { record } = command.dial
  return accepted({
    kind: 'dialed',
    leg: viewOf(leg),
    ...(others === undefined ? {} : { others: others.map(viewOf) }),
    ...(record === undefined ? {} : { recordingId: record.recordingId }),
  })
}

/** All that differs: at most one of the legs is ever answered, so ids of its recording and participant are the same. */
function branchOf(
  { fresh: { sessionId }, dial: options }: DialCommand,
  { fresh, to, sendDigits }: RingBranch,
): Pick<DialCommand, 'fresh' | 'dial'> {
  return { fresh: { ...fresh, sessionId }, dial: { ...options, to, sendDigits } }
}

/** One leg with all that is intended for its answer. */
function dialOne(
  ctx: StepContext,
  request: Request,
  command: DialCommand,
  linked: Leg | undefined,
): Leg {
  const leg = dialLeg(ctx, {
    fresh: command.fresh,
    sessionId: linked?.sessionId ?? command.fresh.sessionId,
    applicationId: command.applicationId,
    from: fromOf(command, linked),
    options: command.dial,
    partner: linked?.legId,
    retryOnTimeout: command.retryOnTimeout,
    keyName: request.envelope.keyName,
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
  return leg
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
  return refuseDestinations(ctx, command, keyName)
}

/** All or none: one that cannot be dialled refuses the whole list, before anybody is rung. */
function refuseDestinations(
  ctx: StepContext,
  { applicationId, dial: { to }, others }: DialCommand,
  keyName: string | undefined,
): Refusal | undefined {
  if (others === undefined) return refuseOutbound(ctx, applicationId, to, keyName)
  const all = [to, ...others.map((one) => one.to)]
  for (const [place, one] of all.entries()) {
    const refused = refuseOutbound(ctx, applicationId, one, keyName, all.slice(0, place))
    if (refused?.code === 'destination-refused') return { ...refused, place }
    if (refused !== undefined) return refused
  }
  return undefined
}
