// Which legs a command is about, and the two things that a handler does with its own command: accepting it and putting
// it back into the line.

import type { LegId } from '../base/ids.ts'
import type { Command } from '../ports/commands.ts'
import type { Request } from './answers.ts'
import { subjectOf } from './command-subject.ts'
import type { StepContext } from './context.ts'
import type { Leg, WaitingCommand } from './state.ts'

/** A command that found its leg claimed by somebody else runs again, first, when that is decided. */
export function runAgain(ctx: StepContext, request: Request): void {
  const legs = legsIn(request.envelope.command).filter((legId) => ctx.state.legs.has(legId))
  const waiting: WaitingCommand = { ...request, legs }
  for (const legId of legs) ctx.state.legs.get(legId)?.line.unshift(waiting)
}

/**
 * The command is accepted: its client_state holds from here on, before its first event, and an inbound leg is now its
 * key's to dial for (outbound-limits.ts).
 */
export function accept(ctx: StepContext, request: Request, leg: Leg): void {
  const { clientState, keyName } = request.envelope
  if (leg.direction === 'incoming' && keyName !== undefined && leg.keyName !== keyName) {
    leg.keyName = keyName
    ctx.touch(leg)
  }
  if (clientState === undefined) return
  leg.clientState = clientState === '' ? null : clientState
  ctx.touch(leg)
}

/** Every leg that the command would move: it waits for verbs about any of them. */
export function legsIn(command: Command): readonly LegId[] {
  if (command.kind === 'bridge' && command.target.kind === 'leg') {
    return [...new Set([command.legId, command.target.legId])]
  }
  if (command.kind === 'queued-call-update' || command.kind === 'queued-call-remove') {
    return [command.legId]
  }
  const subject = subjectOf(command)
  return subject === undefined ? [] : [subject]
}
