// Non-INVITE client transaction (RFC 3261 §17.1.2). Pure, like its siblings.

import type { ClientEffect, ClientInput, ClientStep } from './client-machine.ts'
import { giveUpMs, type MachineContext } from './timings.ts'

export type NonInviteClientState =
  | { readonly at: 'trying'; readonly intervalMs: number }
  | { readonly at: 'proceeding' }
  | { readonly at: 'completed' }
  | { readonly at: 'terminated' }

type Step = ClientStep<NonInviteClientState>

export function startNonInviteClient(context: MachineContext): Step {
  const { t1 } = context.timings
  const effects: ClientEffect[] = [
    { do: 'send' },
    { do: 'set', timer: 'F', ms: giveUpMs(context.timings) },
  ]
  if (!context.reliable) effects.push({ do: 'set', timer: 'E', ms: t1 })
  return { state: { at: 'trying', intervalMs: t1 }, effects }
}

export function stepNonInviteClient(
  state: NonInviteClientState,
  input: ClientInput,
  context: MachineContext,
): Step {
  switch (state.at) {
    case 'trying':
    case 'proceeding':
      return stepOpen(state, input, context)
    case 'completed':
      return stepCompleted(state, input)
    case 'terminated':
      return { state, effects: [] }
  }
}

type Open = NonInviteClientState & { at: 'trying' | 'proceeding' }

function stepOpen(state: Open, input: ClientInput, context: MachineContext): Step {
  switch (input.type) {
    case 'response':
      return heard(state, input.status, context)
    case 'timer':
      if (input.timer === 'E') return retransmit(state, context)
      return input.timer === 'F' ? end('report-timeout') : { state, effects: [] }
    case 'transport-failed':
      return end('report-failure')
    case 'cancel-sent':
      return { state, effects: [] }
  }
}

/** RFC 3261 §17.1.2.2: the interval doubles up to T2; once a provisional was heard it is T2. */
function retransmit(state: Open, context: MachineContext): Step {
  const { t2 } = context.timings
  if (state.at === 'proceeding') {
    return { state, effects: [{ do: 'send' }, { do: 'set', timer: 'E', ms: t2 }] }
  }
  const intervalMs = Math.min(state.intervalMs * 2, t2)
  const effects: ClientEffect[] = [{ do: 'send' }, { do: 'set', timer: 'E', ms: intervalMs }]
  return { state: { at: 'trying', intervalMs }, effects }
}

function heard(state: Open, status: number, context: MachineContext): Step {
  if (status < 200) return { state: { at: 'proceeding' }, effects: [{ do: 'deliver' }] }
  const effects: ClientEffect[] = [
    { do: 'clear', timer: 'E' },
    { do: 'clear', timer: 'F' },
  ]
  if (context.reliable) {
    return {
      state: { at: 'terminated' },
      effects: [...effects, { do: 'deliver' }, { do: 'terminate' }],
    }
  }
  const linger: ClientEffect = { do: 'set', timer: 'K', ms: context.timings.t4 }
  return { state: { at: 'completed' }, effects: [...effects, linger, { do: 'deliver' }] }
}

function stepCompleted(
  state: NonInviteClientState & { at: 'completed' },
  input: ClientInput,
): Step {
  switch (input.type) {
    case 'timer':
      return input.timer === 'K'
        ? { state: { at: 'terminated' }, effects: [{ do: 'terminate' }] }
        : { state, effects: [] }
    case 'response':
    case 'transport-failed':
    case 'cancel-sent':
      return { state, effects: [] }
  }
}

function end(report: 'report-timeout' | 'report-failure'): Step {
  return { state: { at: 'terminated' }, effects: [{ do: report }, { do: 'terminate' }] }
}
