// Supervisors of bridged calls. A call that was dialled with a leg to supervise belongs to that leg until one of the two
// ends or the supervisor is moved by a command: whenever the leg is bridged the supervisor listens or speaks in its role,
// in between it is parked in silence (C146). For the API the supervisor is parked and the pair is bridged; who hears whom
// is one media command with the whole list, given anew whenever the list or the bridge changes.

import type { Supervisor } from '../ports/media-engine.ts'
import type { StepContext } from './context.ts'
import { ownHangup } from './leg-ends.ts'
import type { Leg } from './state.ts'

/** From now on `supervisor`, answered or not, goes with `target`. */
export function superviseFrom(
  ctx: StepContext,
  supervisor: Leg,
  target: Leg,
  role: Supervisor['role'],
): void {
  supervisor.supervises = { target: target.legId, role }
  target.supervisors.add(supervisor.legId)
  ctx.touch(supervisor)
}

/** The role of one that supervises already; heard from now on. */
export function changeRole(ctx: StepContext, supervisor: Leg, role: Supervisor['role']): void {
  const { supervises } = supervisor
  if (supervises === undefined || supervises.role === role) return
  supervisor.supervises = { ...supervises, role }
  ctx.touch(supervisor)
  arrange(ctx, ctx.living(supervises.target))
}

/** The supervisor has answered: it listens if there is anything to listen to. */
export function beginSupervising(ctx: StepContext, supervisor: Leg): void {
  const { supervises } = supervisor
  if (supervises !== undefined) arrange(ctx, ctx.living(supervises.target))
}

/** A bridge was made, or stands again after a restart: those who go with its legs listen. Nothing for all others. */
export function superviseBridge(ctx: StepContext, leg: Leg): void {
  if (listOf(ctx, leg).length > 0) arrange(ctx, leg)
}

/** The leg moves by a command, or ends: it supervises nobody any more. */
export function stopSupervising(ctx: StepContext, supervisor: Leg): void {
  const { supervises } = supervisor
  if (supervises === undefined) return
  supervisor.supervises = undefined
  ctx.touch(supervisor)
  const target = ctx.living(supervises.target)
  target?.supervisors.delete(supervisor.legId)
  arrange(ctx, target)
}

/** The leg has ended: those who were called to listen to it go, too. */
export function dismissSupervisors(ctx: StepContext, leg: Leg): void {
  for (const legId of leg.supervisors) {
    const supervisor = ctx.living(legId)
    if (supervisor === undefined) continue
    supervisor.supervises = undefined
    ctx.touch(supervisor)
    ctx.endSoon(supervisor, ownHangup(supervisor))
  }
  leg.supervisors.clear()
}

/** At a start, with all legs in place. A supervisor whose leg is gone goes as if it had ended just now. */
export function reviveSupervision(ctx: StepContext, legs: readonly Leg[]): void {
  for (const leg of legs) {
    if (leg.supervises === undefined || leg.state.at === 'ended') continue
    const target = ctx.living(leg.supervises.target)
    if (target !== undefined) target.supervisors.add(leg.legId)
    else ctx.endSoon(leg, ownHangup(leg))
  }
}

/** Tells the media engine who is heard by whom in the bridge of `leg`, if it has one. */
function arrange(ctx: StepContext, leg: Leg | undefined): void {
  if (leg?.state.at !== 'bridged') return
  const { issuer: a, other: b } = leg.state.bridge
  ctx.media({ kind: 'supervise', a, b, supervisors: listOf(ctx, leg) })
}

/** Of both sides of the bridge. */
function listOf(ctx: StepContext, leg: Leg): readonly Supervisor[] {
  if (leg.state.at !== 'bridged') return []
  const { issuer, other } = leg.state.bridge
  const legIds = [issuer, other].flatMap((legId) => [...(ctx.living(legId)?.supervisors ?? [])])
  return legIds.flatMap((legId) => {
    const supervisor = ctx.living(legId)
    if (supervisor?.state.at !== 'parked' || supervisor.supervises === undefined) return []
    const { target, role } = supervisor.supervises
    return [{ legId, target, role }]
  })
}
