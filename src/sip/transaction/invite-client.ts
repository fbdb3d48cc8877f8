// INVITE client transaction (RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §8.4). Pure: a state and an input give a
// state and effects.

import type { ClientEffect, ClientInput, ClientStep } from './client-machine.ts'
import { giveUpMs, type MachineContext } from './timings.ts'

export type InviteClientState =
  | { readonly at: 'calling'; readonly intervalMs: number }
  | { readonly at: 'proceeding' }
  /** Non-2xx final heard: ACK its retransmissions. */
  | { readonly at: 'completed' }
  /** 2xx heard: pass every further one up. */
  | { readonly at: 'accepted' }
  | { readonly at: 'terminated' }

type Step = ClientStep<InviteClientState>

export function startInviteClient(context: MachineContext): Step {
  const { t1 } = context.timings
  const effects: ClientEffect[] = [
    { do: 'send' },
    { do: 'set', timer: 'B', ms: giveUpMs(context.timings) },
  ]
  // RFC 3261 §17.1.1.2: timer A runs on unreliable transports only.
  if (!context.reliable) effects.push({ do: 'set', timer: 'A', ms: t1 })
  return { state: { at: 'calling', intervalMs: t1 }, effects }
}

export function stepInviteClient(
  state: InviteClientState,
  input: ClientInput,
  context: MachineContext,
): Step {
  switch (state.at) {
    case 'calling':
      return stepCalling(state, input, context)
    case 'proceeding':
      return stepProceeding(state, input, context)
    case 'completed':
      return stepCompleted(state, input)
    case 'accepted':
      return stepAccepted(state, input)
    case 'terminated':
      return { state, effects: [] }
  }
}

function stepCalling(
  state: InviteClientState & { at: 'calling' },
  input: ClientInput,
  context: MachineContext,
): Step {
  switch (input.type) {
    case 'response':
      return heard(state, input.status, context)
    case 'timer': {
      if (input.timer === 'A') {
        const intervalMs = state.intervalMs * 2
        const effects: ClientEffect[] = [{ do: 'send' }, { do: 'set', timer: 'A', ms: intervalMs }]
        return { state: { at: 'calling', intervalMs }, effects }
      }
      return input.timer === 'B' || input.timer === 'cancel' ? timedOut() : { state, effects: [] }
    }
    case 'transport-failed':
      return failed()
    case 'cancel-sent':
      return { state, effects: [{ do: 'set', timer: 'cancel', ms: giveUpMs(context.timings) }] }
  }
}

function stepProceeding(
  state: InviteClientState & { at: 'proceeding' },
  input: ClientInput,
  context: MachineContext,
): Step {
  switch (input.type) {
    case 'response':
      return heard(state, input.status, context)
    case 'timer':
      return input.timer === 'cancel' ? timedOut() : { state, effects: [] }
    case 'transport-failed':
      return failed()
    case 'cancel-sent':
      return { state, effects: [{ do: 'set', timer: 'cancel', ms: giveUpMs(context.timings) }] }
  }
}

function heard(state: InviteClientState, status: number, context: MachineContext): Step {
  const stopped: ClientEffect[] = [
    { do: 'clear', timer: 'A' },
    { do: 'clear', timer: 'B' },
  ]
  if (status < 200) {
    const effects: ClientEffect[] =
      state.at === 'calling' ? [...stopped, { do: 'deliver' }] : [{ do: 'deliver' }]
    return { state: { at: 'proceeding' }, effects }
  }
  stopped.push({ do: 'clear', timer: 'cancel' })
  if (status < 300) {
    const linger: ClientEffect = { do: 'set', timer: 'M', ms: giveUpMs(context.timings) }
    return { state: { at: 'accepted' }, effects: [...stopped, linger, { do: 'deliver' }] }
  }
  const acked: ClientEffect[] = [...stopped, { do: 'send-ack' }]
  if (context.reliable) {
    // Timer D is zero: nothing can be retransmitted.
    return {
      state: { at: 'terminated' },
      effects: [...acked, { do: 'deliver' }, { do: 'terminate' }],
    }
  }
  const linger: ClientEffect = {
    do: 'set',
    timer: 'D',
    ms: Math.max(32_000, giveUpMs(context.timings)),
  }
  return { state: { at: 'completed' }, effects: [...acked, linger, { do: 'deliver' }] }
}

function stepCompleted(state: InviteClientState & { at: 'completed' }, input: ClientInput): Step {
  switch (input.type) {
    case 'response':
      return { state, effects: input.status >= 300 ? [{ do: 'send-ack' }] : [] }
    case 'timer':
      return input.timer === 'D' ? finished() : { state, effects: [] }
    case 'transport-failed':
      // The final response is known already; only its retransmissions go unacknowledged.
      return finished()
    case 'cancel-sent':
      return { state, effects: [] }
  }
}

function stepAccepted(state: InviteClientState & { at: 'accepted' }, input: ClientInput): Step {
  switch (input.type) {
    case 'response':
      return {
        state,
        effects: input.status >= 200 && input.status < 300 ? [{ do: 'deliver' }] : [],
      }
    case 'timer':
      return input.timer === 'M' ? finished() : { state, effects: [] }
    case 'transport-failed':
      return finished()
    case 'cancel-sent':
      return { state, effects: [] }
  }
}

function timedOut(): Step {
  return { state: { at: 'terminated' }, effects: [{ do: 'report-timeout' }, { do: 'terminate' }] }
}

function failed(): Step {
  return { state: { at: 'terminated' }, effects: [{ do: 'report-failure' }, { do: 'terminate' }] }
}

function finished(): Step {
  return { state: { at: 'terminated' }, effects: [{ do: 'terminate' }] }
}
