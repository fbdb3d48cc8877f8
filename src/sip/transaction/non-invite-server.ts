// Non-INVITE server transaction (RFC 3261 §17.2.2 as narrowed by RFC 4320). Pure. There is no Proceeding state: provisional
// responses are never sent, and an answer that comes after the client gave up is not sent either.

import type { ServerEffect, ServerInput, ServerStep } from './server-machine.ts'
import { giveUpMs, type MachineContext } from './timings.ts'

export type NonInviteServerState =
  { readonly at: 'trying' } | { readonly at: 'completed' } | { readonly at: 'terminated' }

type Step = ServerStep<NonInviteServerState>

export function startNonInviteServer(context: MachineContext): Step {
  const ms = giveUpMs(context.timings)
  return { state: { at: 'trying' }, effects: [{ do: 'set', timer: 'unanswered', ms }] }
}

export function stepNonInviteServer(
  state: NonInviteServerState,
  input: ServerInput,
  context: MachineContext,
): Step {
  switch (state.at) {
    case 'trying':
      return stepTrying(state, input, context)
    case 'completed':
      return stepCompleted(state, input)
    case 'terminated':
      return { state, effects: [] }
  }
}

function stepTrying(
  state: NonInviteServerState & { at: 'trying' },
  input: ServerInput,
  context: MachineContext,
): Step {
  switch (input.type) {
    case 'respond':
      return answered(state, input.status, context)
    case 'timer':
      return input.timer === 'unanswered'
        ? { state: { at: 'terminated' }, effects: [{ do: 'terminate' }] }
        : { state, effects: [] }
    case 'retransmission':
    case 'ack':
      return { state, effects: [] }
  }
}

function answered(state: NonInviteServerState, status: number, context: MachineContext): Step {
  // RFC 4320 §4.1, §4.2: no provisional but a late 100, and never 408.
  if (status < 200 || status === 408) return { state, effects: [] }
  const effects: ServerEffect[] = [{ do: 'send' }, { do: 'clear', timer: 'unanswered' }]
  if (context.reliable)
    return { state: { at: 'terminated' }, effects: [...effects, { do: 'terminate' }] }
  const linger: ServerEffect = { do: 'set', timer: 'J', ms: giveUpMs(context.timings) }
  return { state: { at: 'completed' }, effects: [...effects, linger] }
}

function stepCompleted(
  state: NonInviteServerState & { at: 'completed' },
  input: ServerInput,
): Step {
  switch (input.type) {
    case 'retransmission':
      return { state, effects: [{ do: 'resend' }] }
    case 'timer':
      return input.timer === 'J'
        ? { state: { at: 'terminated' }, effects: [{ do: 'terminate' }] }
        : { state, effects: [] }
    case 'ack':
    case 'respond':
      return { state, effects: [] }
  }
}
