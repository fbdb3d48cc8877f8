// Every state of the four machines meets every input: nothing throws, Terminated absorbs, and "terminate" is said exactly when
// Terminated is entered.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClientInput } from './client-machine.ts'
import { stepInviteClient, type InviteClientState } from './invite-client.ts'
import { stepInviteServer, type InviteServerState } from './invite-server.ts'
import { stepNonInviteClient, type NonInviteClientState } from './non-invite-client.ts'
import { stepNonInviteServer, type NonInviteServerState } from './non-invite-server.ts'
import type { ServerInput } from './server-machine.ts'
import { defaultTimings, type TimerName } from './timings.ts'

const timers: readonly TimerName[] = [
  ...(['A', 'B', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M'] as const),
  ...(['cancel', 'unanswered'] as const),
]
const statuses = [100, 180, 200, 202, 300, 408, 486, 487, 503, 603]

const clientInputs: readonly ClientInput[] = [
  ...statuses.map((status): ClientInput => ({ type: 'response', status })),
  ...timers.map((timer): ClientInput => ({ type: 'timer', timer })),
  { type: 'transport-failed' },
  { type: 'cancel-sent' },
]
const serverInputs: readonly ServerInput[] = [
  ...statuses.map((status): ServerInput => ({ type: 'respond', status })),
  ...timers.map((timer): ServerInput => ({ type: 'timer', timer })),
  { type: 'retransmission' },
  { type: 'ack' },
]

interface Outcome {
  readonly state: { readonly at: string }
  readonly effects: readonly { readonly do: string }[]
}

function walk<State extends { readonly at: string }, Input>(
  states: readonly State[],
  inputs: readonly Input[],
  step: (state: State, input: Input, reliable: boolean) => Outcome,
): void {
  for (const state of states) {
    for (const input of inputs) {
      for (const reliable of [false, true]) {
        const { state: next, effects } = step(state, input, reliable)
        const where = `${state.at} on ${JSON.stringify(input)}`
        if (state.at === 'terminated') assert.deepEqual([next, effects], [state, []], where)
        const ended = effects.filter((effect) => effect.do === 'terminate').length
        assert.equal(ended, state.at !== 'terminated' && next.at === 'terminated' ? 1 : 0, where)
      }
    }
  }
}

const context = (reliable: boolean) => ({ timings: defaultTimings, reliable })

describe('transaction machines', () => {
  it('RFC 3261 §17.1.1, RFC 6026 §8.4: INVITE client, all states and inputs', () => {
    const states: readonly InviteClientState[] = [
      { at: 'calling', intervalMs: 500 },
      ...(['proceeding', 'completed', 'accepted', 'terminated'] as const).map((at) => ({ at })),
    ]
    walk(states, clientInputs, (state, input, reliable) =>
      stepInviteClient(state, input, context(reliable)),
    )
  })

  it('RFC 3261 §17.1.2: non-INVITE client, all states and inputs', () => {
    const states: readonly NonInviteClientState[] = [
      { at: 'trying', intervalMs: 500 },
      ...(['proceeding', 'completed', 'terminated'] as const).map((at) => ({ at })),
    ]
    walk(states, clientInputs, (state, input, reliable) =>
      stepNonInviteClient(state, input, context(reliable)),
    )
  })

  it('RFC 3261 §17.2.1, RFC 6026 §8.7: INVITE server, all states and inputs', () => {
    const states: readonly InviteServerState[] = [
      { at: 'completed', intervalMs: 500 },
      ...(['proceeding', 'confirmed', 'accepted', 'terminated'] as const).map((at) => ({ at })),
    ]
    walk(states, serverInputs, (state, input, reliable) =>
      stepInviteServer(state, input, context(reliable)),
    )
  })

  it('RFC 3261 §17.2.2: non-INVITE server, all states and inputs', () => {
    const states: readonly NonInviteServerState[] = (
      ['trying', 'completed', 'terminated'] as const
    ).map((at) => ({ at }))
    walk(states, serverInputs, (state, input, reliable) =>
      stepNonInviteServer(state, input, context(reliable)),
    )
  })

  it('RFC 3261 §17.2.1: timer G only without a reliable transport, timer H always', () => {
    const set = (reliable: boolean) =>
      stepInviteServer({ at: 'proceeding' }, { type: 'respond', status: 486 }, context(reliable))
        .effects.flatMap((effect) => (effect.do === 'set' ? [effect.timer] : []))
        .toSorted()
    assert.deepEqual([set(false), set(true)], [['G', 'H'], ['H']])
  })

  it('RFC 3261 §17.1.1.2: timer D is at least 32 s, and set once', () => {
    const first = stepInviteClient(
      { at: 'proceeding' },
      { type: 'response', status: 486 },
      context(false),
    )
    assert.ok(
      first.effects.some(
        (effect) => effect.do === 'set' && effect.timer === 'D' && effect.ms >= 32_000,
      ),
    )
    const again = stepInviteClient(first.state, { type: 'response', status: 486 }, context(false))
    assert.deepEqual(again.effects, [{ do: 'send-ack' }])
  })
})
