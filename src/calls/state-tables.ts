// The state tables of a leg as Markdown: docs/internals/state-tables.md is this text, held equal by a test.

import { AssertionFailure } from '../base/assert.ts'
import { brandAs, type LegId } from '../base/ids.ts'
import { plainBridge } from './bridge.ts'
import { renderCommandTable } from './leg-commands.ts'
import {
  legMoveNames,
  legStateNames,
  moveLeg,
  type LegMove,
  type LegState,
  type LegStateName,
} from './leg.ts'

const bridge = { ...plainBridge, issuer: brandAs<LegId>('a'), other: brandAs<LegId>('b') }

/** One state of each kind, for tables and tests. */
export function sampleState(at: LegStateName): LegState {
  switch (at) {
    case 'queued':
      return { at, queueName: brandAs('queue') }
    case 'bridged':
      return { at, bridge }
    case 'in-conference':
      return { at, conferenceId: brandAs('conference'), participantId: brandAs('participant') }
    case 'ringing-in':
    case 'dialing':
    case 'parked':
    case 'ended':
      return { at }
  }
}

/** One move of each kind. */
export function sampleMove(kind: LegMove['kind']): LegMove {
  switch (kind) {
    case 'queued':
      return { kind, queueName: brandAs('queue') }
    case 'bridged':
      return { kind, bridge }
    case 'joined':
      return { kind, conferenceId: brandAs('conference'), participantId: brandAs('participant') }
    case 'answered':
    case 'parked':
    case 'ended':
      return { kind }
  }
}

/** Where a move leads; undefined: the call logic never asks for it, and an assertion says so. */
export function moveResult(at: LegStateName, kind: LegMove['kind']): LegStateName | undefined {
  try {
    return moveLeg(sampleState(at), sampleMove(kind)).at
  } catch (error) {
    if (error instanceof AssertionFailure) return undefined
    throw error
  }
}

/** The whole page. */
export function renderStateTables(): string {
  const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const moves = [
    cells(['state', ...legMoveNames]),
    cells(['---', ...legMoveNames.map(() => '---')]),
    ...legStateNames.map((at) =>
      cells([`\`${at}\``, ...legMoveNames.map((kind) => moveResult(at, kind) ?? '–')]),
    ),
  ]
  return [
    '# State tables of a leg',
    '',
    'Printed from `src/calls`; a test holds this page equal to the code.',
    '',
    '## Commands by state',
    '',
    '`allowed-elsewhere`: refused when the leg is already in that very queue or conference.',
    'Besides its state a leg may be *claiming*: a store verb decides over it. Commands then wait, oldest first, and so do',
    'those of its counterpart; the end of the leg waits too, the rest of the network does not.',
    '',
    renderCommandTable(),
    '',
    '## Moves',
    '',
    'The state that a move leads to; `–` is a pair that the call logic never asks for (an assertion).',
    '',
    ...moves,
    '',
  ].join('\n')
}
