// INVITE server transaction (RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §8.7). Pure. The automatic 100 is the
// layer's: it answers at once instead of after 200 ms, because callers' proxies repeat the INVITE meanwhile.

import type { ServerEffect, ServerInput, ServerStep } from './server-machine.ts'
import { giveUpMs, type MachineContext } from './timings.ts'

export type InviteServerState =
  | { readonly at: 'proceeding' }
  /** Non-2xx sent, ACK awaited. */
  | { readonly at: 'completed'; readonly intervalMs: number }
  | { readonly at: 'confirmed' }
  /** 2xx sent: the invite session repeats it, INVITE retransmissions are absorbed. */
  | { readonly at: 'accepted' }
  | { readonly at: 'terminated' }

type Step = ServerStep<InviteServerState>

export function stepInviteServer(
  state: InviteServerState,
  input: ServerInput,
  context: MachineContext,
): Step {
  switch (state.at) {
    case 'proceeding':
      return stepProceeding(state, input, context)
    case 'completed':
      return stepCompleted(state, input, context)
    case 'confirmed':
      return stepConfirmed(state, input)
    case 'accepted':
      return stepAccepted(state, input)
    case 'terminated':
      return { state, effects: [] }
  }
}

function stepProceeding(
  state: InviteServerState & { at: 'proceeding' },
  input: ServerInput,
  context: MachineContext,
): Step {
  switch (input.type) {
    case 'retransmission':
      return { state, effects: [{ do: 'resend' }] }
    case 'respond':
      return answered(state, input.status, context)
    case 'ack':
    case 'timer':
      return { state, effects: [] }
  }
}

function answered(state: InviteServerState, status: number, context: MachineContext): Step {
  if (status < 200) return { state, effects: [{ do: 'send' }] }
  const ms = giveUpMs(context.timings)
  if (status < 300) {
    return { state: { at: 'accepted' }, effects: [{ do: 'send' }, { do: 'set', timer: 'L', ms }] }
  }
  // Timer H bounds the wait on every transport, timer G repeats on unreliable ones only.
  const effects: ServerEffect[] = [{ do: 'send' }, { do: 'set', timer: 'H', ms }]
  const { t1 } = context.timings
  if (!context.reliable) effects.push({ do: 'set', timer: 'G', ms: t1 })
  return { state: { at: 'completed', intervalMs: t1 }, effects }
}

function stepCompleted(
  state: InviteServerState & { at: 'completed' },
  input: ServerInput,
  context: MachineContext,
): Step {
  switch (input.type) {
    case 'retransmission':
      return { state, effects: [{ do: 'resend' }] }
    case 'ack':
      return acknowledged(context)
    case 'timer':
      if (input.timer === 'H') {
        return {
          state: { at: 'terminated' },
          effects: [{ do: 'report-no-ack' }, { do: 'terminate' }],
        }
      }
      return input.timer === 'G' ? repeat(state, context) : { state, effects: [] }
    case 'respond':
      return { state, effects: [] }
  }
}

function repeat(state: InviteServerState & { at: 'completed' }, context: MachineContext): Step {
  const intervalMs = Math.min(state.intervalMs * 2, context.timings.t2)
  const effects: ServerEffect[] = [{ do: 'resend' }, { do: 'set', timer: 'G', ms: intervalMs }]
  return { state: { at: 'completed', intervalMs }, effects }
}

function acknowledged(context: MachineContext): Step {
  const stopped: ServerEffect[] = [
    { do: 'clear', timer: 'G' },
    { do: 'clear', timer: 'H' },
  ]
  if (context.reliable)
    return { state: { at: 'terminated' }, effects: [...stopped, { do: 'terminate' }] }
  const linger: ServerEffect = { do: 'set', timer: 'I', ms: context.timings.t4 }
  return { state: { at: 'confirmed' }, effects: [...stopped, linger] }
}

function stepConfirmed(state: InviteServerState & { at: 'confirmed' }, input: ServerInput): Step {
  switch (input.type) {
    case 'timer':
      return input.timer === 'I' ? finished() : { state, effects: [] }
    case 'ack':
    case 'retransmission':
    case 'respond':
      return { state, effects: [] }
  }
}

function stepAccepted(state: InviteServerState & { at: 'accepted' }, input: ServerInput): Step {
  switch (input.type) {
    case 'respond':
      return { state, effects: input.status >= 200 && input.status < 300 ? [{ do: 'send' }] : [] }
    case 'ack':
      // Only an RFC 2543 peer acknowledges a 2xx inside the transaction.
      return { state, effects: [{ do: 'deliver-ack' }] }
    case 'timer':
      return input.timer === 'L' ? finished() : { state, effects: [] }
    case 'retransmission':
      return { state, effects: [] }
  }
}

function finished(): Step {
  return { state: { at: 'terminated' }, effects: [{ do: 'terminate' }] }
}
