// Events as readers outside see them: in order, behind a mark, and never with a silent gap. The mark of the last pruned
// event is kept, so that a reader who stood there is told apart from one who would miss something.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { EventMark, EventStart } from '../../ports/store.ts'
import type { JournalEvents } from './protocol.ts'

export interface EventTable {
  read(after: EventStart, limit: number): JournalEvents | undefined
  /** Removes events from before that moment, at most `limit`; how many. */
  prune(beforeUs: number, limit: number): number
}

type Row = Readonly<Record<string, SQLOutputValue>>

export function createEventTable(database: DatabaseSync): EventTable {
  const behind = database.prepare(
    `SELECT sequence, event_id, occurred_at_us, leg_sequence, json FROM event
     WHERE sequence > ? AND leg_sequence IS NOT NULL ORDER BY sequence LIMIT ?`,
  )
  const fromEnd = database.prepare(
    `SELECT sequence, event_id FROM event
     WHERE leg_sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1 OFFSET ?`,
  )
  const one = database.prepare('SELECT sequence, event_id FROM event WHERE sequence = ?')
  const pruned = database.prepare('SELECT sequence, event_id FROM pruned_event')
  const prune = database.prepare(
    `DELETE FROM event WHERE sequence IN
       (SELECT sequence FROM event WHERE occurred_at_us < ? LIMIT ?)
     RETURNING sequence, event_id, leg_sequence`,
  )
  const putPruned = database.prepare(
    'UPDATE pruned_event SET sequence = ?1, event_id = ?2 WHERE sequence < ?1',
  )

  const behindAllBut = (last: number): EventMark | undefined =>
    markOf(fromEnd.get(last)) ?? markOf(pruned.get())

  const markFor = (after: EventStart): EventMark | undefined => {
    if (after === 'oldest') return markOf(pruned.get())
    if (after === 'newest') return behindAllBut(0)
    if ('last' in after) return behindAllBut(after.last)
    const there = [markOf(one.get(after.sequence)), markOf(pruned.get())]
    return there.find((mark) => mark?.eventId === after.eventId && mark.sequence === after.sequence)
  }

  return {
    read(after, limit) {
      const from = markFor(after)
      // Pruning follows the clock, which may have been set: behind its mark something may be missing.
      const end = markOf(pruned.get())?.sequence ?? 0
      if (from === undefined || from.sequence < end) return undefined
      const events = behind.all(from.sequence, limit).map((row) => ({
        sequence: Number(row['sequence']),
        eventId: String(row['event_id']),
        occurredAtUs: Number(row['occurred_at_us']),
        legSequence: Number(row['leg_sequence']),
        json: String(row['json']),
      }))
      return { from, events }
    },
    prune(beforeUs, limit) {
      const removed = prune.all(beforeUs, limit)
      for (const row of removed) {
        if (row['leg_sequence'] === null) continue
        putPruned.run(Number(row['sequence']), String(row['event_id']))
      }
      return removed.length
    },
  }
}

function markOf(row: Row | undefined): EventMark | undefined {
  if (row === undefined) return undefined
  return { sequence: Number(row['sequence']), eventId: String(row['event_id']) }
}
