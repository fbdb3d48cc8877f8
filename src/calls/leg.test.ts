// Every pair of the state tables, against the contract's matrix written down here a second time, by hand.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  commandRule,
  legCommandNames,
  type CommandRule,
  type LegCommandName,
} from './leg-commands.ts'
import { legMoveNames, legStateNames, moveLeg } from './leg.ts'
import { moveResult, renderStateTables, sampleMove, sampleState } from './state-tables.ts'

const Y = 'allowed'
const E = 'allowed-elsewhere'
const N = 'no-op'
const U = 'not-answered'
const W = 'wrong-direction'
const Q = 'not-queued'
const S = 'no-audio-yet'

/** C36: ringing-in, dialing, parked, queued, bridged, in-conference. */
const contract: Readonly<Record<LegCommandName, readonly CommandRule[]>> = {
  answer: [Y, W, N, N, N, N],
  reject: [Y, W, W, W, W, W],
  hangup: [Y, Y, Y, Y, Y, Y],
  enqueue: [U, U, Y, E, Y, Y],
  'leave-queue': [Q, Q, Q, Y, Q, Q],
  bridge: [U, U, Y, Y, Y, Y],
  transfer: [Y, U, Y, Y, Y, Y],
  refer: [U, U, Y, Y, Y, Y],
  'conference-join': [U, U, Y, Y, Y, E],
  'playback-start': [U, U, Y, Y, Y, Y],
  speak: [U, U, Y, Y, Y, Y],
  'playback-stop': [N, N, Y, Y, Y, Y],
  gather: [U, U, Y, Y, Y, Y],
  'gather-stop': [N, N, Y, Y, Y, Y],
  'send-dtmf': [U, U, Y, Y, Y, Y],
  'client-state-update': [Y, Y, Y, Y, Y, Y],
  'switch-supervisor-role': [Y, Y, Y, Y, Y, Y],
  'record-start': [S, S, Y, Y, Y, Y],
  'record-stop': [N, N, Y, Y, Y, Y],
  'record-pause': [N, N, Y, Y, Y, Y],
  'record-resume': [N, N, Y, Y, Y, Y],
  'streaming-start': [U, U, Y, Y, Y, Y],
  'streaming-stop': [Y, Y, Y, Y, Y, Y],
  'fork-start': [U, U, Y, Y, Y, Y],
  'fork-stop': [Y, Y, Y, Y, Y, Y],
}

test("B.0: every state × command pair is the contract's", () => {
  assert.deepEqual([...legCommandNames].toSorted(), Object.keys(contract).toSorted())
  for (const command of legCommandNames) {
    const rules = legStateNames.map((at) => commandRule(command, at))
    assert.deepEqual(rules, [...contract[command], 'leg-ended'], command)
  }
})

test('every state × move pair leads where it says, or is an assertion', () => {
  const answered = ['parked', 'queued', 'bridged', 'in-conference']
  for (const at of legStateNames) {
    for (const kind of legMoveNames) {
      const to = moveResult(at, kind)
      if (at === 'ended') assert.equal(to, undefined)
      else if (kind === 'ended') assert.equal(to, 'ended')
      else if (kind === 'answered') assert.equal(to, answered.includes(at) ? undefined : 'parked')
      else if (!answered.includes(at)) assert.equal(to, undefined)
      else assert.equal(to, kind === 'joined' ? 'in-conference' : kind)
    }
  }
})

test('a move carries its facts', () => {
  const queued = moveLeg(sampleState('parked'), sampleMove('queued'))
  assert.deepEqual(queued, { at: 'queued', queueName: 'queue' })
})

test('docs/internals/state-tables.md is what the code says', () => {
  const page = readFileSync(
    new URL('../../docs/internals/state-tables.md', import.meta.url),
    'utf8',
  )
  assert.equal(page, renderStateTables())
})
