// Puts the pieces of a question together (records.ts). One question at a time: a reader in a hurry must not fill the
// journal's line with pieces, in which the commits of calls wait as well.

import type { RecordKey, RecordStore } from '../../ports/records.ts'
import type { StampedEvent } from '../../ports/events.ts'
import type { Inspected, Inspection } from './records.ts'

/** Pieces that one question may take: 100,000 rows. */
const piecesMax = 50

export type Ask = (ask: Inspection) => Promise<Inspected>
type KeyInspection = Extract<Inspection, { readonly below: number | undefined }>
type Key = Extract<Inspected, { kind: 'keys' }>['keys'][number]

export function createRecordReader(
  ask: Ask,
  eventOf: (json: string) => Pick<StampedEvent, 'event' | 'quality'>,
): Omit<RecordStore, 'recordCommands'> {
  let last: Promise<unknown> = Promise.resolve()

  const gather = async (first: KeyInspection): Promise<readonly Key[]> => {
    const found: Key[] = []
    let below = first.below
    for (let pieces = 0; pieces < piecesMax && found.length < first.limit; pieces++) {
      const piece = await ask({ ...first, below, limit: first.limit - found.length })
      if (piece.kind !== 'keys') break
      found.push(...piece.keys)
      below = piece.next
      if (below === undefined) break
    }
    return found
  }
  const inTurn = (first: KeyInspection): Promise<readonly Key[]> => {
    const mine = last.then(() => gather(first))
    last = mine.catch(() => undefined)
    return mine
  }
  const keysAs =
    (kind: RecordKey['kind']) =>
    ({ at, occurredAtUs }: Key): RecordKey => ({ kind, at, occurredAtUs })

  return {
    eventKeys: async (query, limit) =>
      (await inTurn({ kind: 'event-keys', query, below: undefined, limit })).map(keysAs('event')),
    commandKeys: async (query, limit) =>
      (await inTurn({ kind: 'command-keys', query, below: undefined, limit })).map(
        keysAs('command'),
      ),
    deliveryKeys: async (query, limit) =>
      (await inTurn({ kind: 'delivery-keys', query, below: undefined, limit })).map(({ at }) => at),
    async events(sequences) {
      const found = await ask({ kind: 'events', sequences })
      if (found.kind !== 'events') return []
      return found.events.map(({ json, ...stamp }) => ({ ...stamp, ...eventOf(json) }))
    },
    async commands(ids) {
      const found = await ask({ kind: 'commands', ids })
      return found.kind === 'commands' ? found.commands : []
    },
    async deliveries(sequences) {
      const found = await ask({ kind: 'deliveries', sequences })
      return found.kind === 'deliveries' ? found.deliveries : []
    },
    async delivery(id) {
      const found = await ask({ kind: 'delivery', id })
      return found.kind === 'deliveries' ? found.deliveries[0] : undefined
    },
    async revive(id, nowMs) {
      const found = await ask({ kind: 'revive', id, nowMs })
      if (found.kind !== 'revived' || found.row === undefined) return undefined
      return { row: found.row, attempts: found.attempts }
    },
  }
}
