// Ends everything that goes on: for the next test on the same server. Commands do it, as a client would, so that every
// rule of an ending holds and every event is told.

import type { CallControl, Command } from '../ports/commands.ts'
import type { ApplicationId, LegId } from '../base/ids.ts'
import type { Store } from '../ports/store.ts'

const pageSize = 250
const everything = { number: 1, size: pageSize }
/** Real time until the phones have answered the BYEs; the legs end without, too. */
const pauseMs = 10
const roundsMax = 500

export interface ResetParts {
  readonly control: Pick<CallControl, 'activeCalls' | 'submit'>
  readonly queues: Pick<Store, 'pageQueues' | 'pageEntries'>
  applications(): readonly ApplicationId[]
  pause(ms: number): Promise<void>
}

/** The number of calls that were up; rejects when some do not end. */
export async function endEverything(parts: ResetParts): Promise<number> {
  const ended = new Set<LegId>()
  for (let round = 0; round < roundsMax; round++) {
    const living = livingLegs(parts)
    const places = await keptPlaces(parts)
    if (living.length === 0 && places.length === 0) return ended.size
    const fresh = living.filter((legId) => !ended.has(legId))
    for (const legId of fresh) {
      ended.add(legId)
      await give(parts, { kind: 'hangup', legId, customHeaders: [] })
    }
    // A place goes with its caller; those of callers who are gone are given up.
    if (living.length === 0) for (const command of places) await give(parts, command)
    await parts.pause(pauseMs)
  }
  throw new Error('some calls did not end')
}

function livingLegs({ control, applications }: ResetParts): readonly LegId[] {
  return applications().flatMap((id) =>
    control.activeCalls(id, everything).rows.map(({ legId }) => legId),
  )
}

async function keptPlaces({ queues }: ResetParts): Promise<readonly Command[]> {
  const { rows } = await queues.pageQueues(everything)
  const found: Command[] = []
  for (const { queueName } of rows) {
    const entries = await queues.pageEntries(queueName, everything)
    for (const { entry } of entries?.rows ?? []) {
      found.push({ kind: 'queued-call-remove', queueName, legId: entry.legId })
    }
  }
  return found
}

/** A call that ended meanwhile is what we want. */
async function give({ control }: ResetParts, command: Command): Promise<void> {
  await control.submit({
    command,
    clientState: undefined,
    commandId: undefined,
    request: undefined,
  })
}
