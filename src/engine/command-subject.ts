// What a command is on, read from its shape: a leg, or something that is no leg (a queue, a conference, the world).

import type { LegId } from '../base/ids.ts'
import type { Command } from '../ports/commands.ts'

/** The leg that the command is on; undefined for commands on queues and their entries, conferences and the world. */
export function subjectOf(command: Command): LegId | undefined {
  if (!('legId' in command)) return undefined
  // These name an entry of a queue: its call may be long over.
  if (command.kind === 'queued-call-update' || command.kind === 'queued-call-remove')
    return undefined
  return command.legId
}
