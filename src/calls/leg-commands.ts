// Which command is allowed in which state: the matrix of C36 as data. The engine reads it before a command's own
// checks; docs/internals/state-tables.md is printed from it.

import { legStateNames, type LegStateName } from './leg.ts'

export type LegCommandName =
  | 'answer'
  | 'reject'
  | 'hangup'
  | 'enqueue'
  | 'leave-queue'
  | 'bridge'
  | 'transfer'
  | 'refer'
  | 'conference-join'
  | 'playback-start'
  | 'playback-stop'
  | 'speak'
  | 'gather'
  | 'gather-stop'
  | 'send-dtmf'
  | 'client-state-update'
  | 'switch-supervisor-role'
  | 'record-start'
  | 'record-stop'
  | 'record-pause'
  | 'record-resume'
  | 'streaming-start'
  | 'streaming-stop'
  | 'fork-start'
  | 'fork-stop'

export type CommandRule =
  | 'allowed'
  /** Accepted, without effect. */
  | 'no-op'
  /** Accepted in principle; the command looks at the place it wants to go to (same queue, same conference). */
  | 'allowed-elsewhere'
  | 'leg-ended'
  | 'not-answered'
  | 'wrong-direction'
  | 'not-queued'
  /** Recording needs sound. */
  | 'no-audio-yet'

type Row = Readonly<Record<Exclude<LegStateName, 'ended'>, CommandRule>>

const answeredOnly: Row = {
  'ringing-in': 'not-answered',
  dialing: 'not-answered',
  parked: 'allowed',
  queued: 'allowed',
  bridged: 'allowed',
  'in-conference': 'allowed',
}

const anywhere: Row = {
  ...answeredOnly,
  'ringing-in': 'allowed',
  dialing: 'allowed',
}

const matrix: Readonly<Record<LegCommandName, Row>> = {
  answer: {
    'ringing-in': 'allowed',
    dialing: 'wrong-direction',
    parked: 'no-op',
    queued: 'no-op',
    bridged: 'no-op',
    'in-conference': 'no-op',
  },
  reject: {
    'ringing-in': 'allowed',
    dialing: 'wrong-direction',
    parked: 'wrong-direction',
    queued: 'wrong-direction',
    bridged: 'wrong-direction',
    'in-conference': 'wrong-direction',
  },
  hangup: anywhere,
  enqueue: { ...answeredOnly, queued: 'allowed-elsewhere' },
  'leave-queue': {
    'ringing-in': 'not-queued',
    dialing: 'not-queued',
    parked: 'not-queued',
    queued: 'allowed',
    bridged: 'not-queued',
    'in-conference': 'not-queued',
  },
  bridge: answeredOnly,
  transfer: { ...answeredOnly, 'ringing-in': 'allowed' },
  refer: answeredOnly,
  'conference-join': { ...answeredOnly, 'in-conference': 'allowed-elsewhere' },
  'playback-start': answeredOnly,
  speak: answeredOnly,
  'playback-stop': { ...answeredOnly, 'ringing-in': 'no-op', dialing: 'no-op' },
  gather: answeredOnly,
  'gather-stop': { ...answeredOnly, 'ringing-in': 'no-op', dialing: 'no-op' },
  'send-dtmf': answeredOnly,
  'client-state-update': anywhere,
  'switch-supervisor-role': anywhere,
  'record-start': { ...answeredOnly, 'ringing-in': 'no-audio-yet', dialing: 'no-audio-yet' },
  'record-stop': { ...answeredOnly, 'ringing-in': 'no-op', dialing: 'no-op' },
  'record-pause': { ...answeredOnly, 'ringing-in': 'no-op', dialing: 'no-op' },
  'record-resume': { ...answeredOnly, 'ringing-in': 'no-op', dialing: 'no-op' },
  'streaming-start': answeredOnly,
  'streaming-stop': anywhere,
  'fork-start': answeredOnly,
  'fork-stop': anywhere,
}

export const legCommandNames = Object.keys(matrix) as readonly LegCommandName[]

/** The matrix; an ended leg takes no command. */
export function commandRule(command: LegCommandName, at: LegStateName): CommandRule {
  return at === 'ended' ? 'leg-ended' : matrix[command][at]
}

/** The matrix as a Markdown table. */
export function renderCommandTable(): string {
  const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const lines = [
    cells(['command', ...legStateNames]),
    cells(['---', ...legStateNames.map(() => '---')]),
  ]
  for (const command of legCommandNames) {
    lines.push(cells([`\`${command}\``, ...legStateNames.map((at) => commandRule(command, at))]))
  }
  return lines.join('\n')
}
