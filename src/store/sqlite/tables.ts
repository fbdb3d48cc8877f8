// The statements of the journal: what is written per batch and what a start reads. One prepared statement per verb of
// the protocol; nothing here decides anything.

import { brandAs } from '../../base/ids.ts'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type {
  DeliveryProgress,
  DeliveryRow,
  EntryFacts,
  PendingDelivery,
  QueueRecord,
  StateTable,
} from '../../ports/store.ts'
import type { PlacedCall } from '../order/queue-book.ts'
import type { JournalBatch, JournalLive } from './protocol.ts'

/** Rows that one step of `prune` takes, so that a large clean-up never holds back a commit for long. */
const pruneRowsMax = 2000

export interface Tables {
  write(batch: JournalBatch): void
  progress(steps: readonly DeliveryProgress[]): void
  pending(after: number, limit: number): readonly PendingDelivery[]
  /** One step; true when there is more. */
  prune(olderThanMs: number): boolean
  live(): JournalLive
}

type StoredFacts = Omit<EntryFacts, 'deadlineMs'> & { readonly deadlineMs?: number }
type Row = Readonly<Record<string, SQLOutputValue>>

export function createTables(database: DatabaseSync): Tables {
  const write = batchWriter(database)
  const progress = database.prepare(
    `UPDATE delivery SET attempts = ?, next_attempt_at_ms = ?, state = ?, finished_at_ms = ?,
       last_attempt = coalesce(?, last_attempt) WHERE delivery_id = ?`,
  )
  const pending = database.prepare(
    `SELECT row, attempts, next_attempt_at_ms FROM delivery
     WHERE state = 'pending' AND sequence > ? ORDER BY sequence LIMIT ?`,
  )
  const pruneDeliveries = database.prepare(
    `DELETE FROM delivery WHERE sequence IN
       (SELECT sequence FROM delivery WHERE finished_at_ms < ? LIMIT ${pruneRowsMax})`,
  )
  const pruneEvents = database.prepare(
    `DELETE FROM event WHERE sequence IN
       (SELECT sequence FROM event WHERE occurred_at_us < ? LIMIT ${pruneRowsMax})`,
  )
  return {
    write,
    progress(steps) {
      for (const { deliveryId, attempts, nextAttemptAtMs, state, ...rest } of steps) {
        const last = rest.lastAttempt && JSON.stringify(rest.lastAttempt)
        const at = Math.round(nextAttemptAtMs)
        progress.run(attempts, at, state, rest.finishedAtMs ?? null, last ?? null, deliveryId)
      }
    },
    pending: (after, limit) =>
      pending.all(after, limit).map((row) => ({
        row: parsed<DeliveryRow>(row['row']),
        attempts: Number(row['attempts']),
        nextAttemptAtMs: Number(row['next_attempt_at_ms']),
      })),
    prune(olderThanMs) {
      const deliveries = Number(pruneDeliveries.run(olderThanMs).changes)
      const events = Number(pruneEvents.run(olderThanMs * 1000).changes)
      return deliveries === pruneRowsMax || events === pruneRowsMax
    },
    live: () => readLive(database),
  }
}

function batchWriter(database: DatabaseSync): (batch: JournalBatch) => void {
  const putState = database.prepare(
    `INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row`,
  )
  const dropState = database.prepare('DELETE FROM state WHERE kind = ? AND id = ?')
  const putQueue = database.prepare('INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?)')
  const dropQueue = database.prepare('DELETE FROM queue WHERE name = ?')
  const putEntry = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)')
  const dropEntry = database.prepare('DELETE FROM entry WHERE leg_id = ?')
  const putEvent = database.prepare('INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?)')
  const putDelivery = database.prepare(
    "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, 0, ?, 'pending', NULL, NULL)",
  )
  const putMark = database.prepare(
    "UPDATE mark SET value = max(value, ?) WHERE name = 'last_sequence'",
  )
  return ({ state, queues, entries, events, deliveries }) => {
    for (const { table, id, json } of state) {
      if (json === undefined) dropState.run(table, id)
      else putState.run(table, id, json)
    }
    for (const { name, queue } of queues) {
      if (queue === undefined) dropQueue.run(name)
      else putQueue.run(...queueValues(queue))
    }
    for (const { legId, entry } of entries) {
      if (entry === undefined) dropEntry.run(legId)
      else putEntry.run(legId, ...entryValues(entry))
    }
    for (const { sequence, eventId, occurredAtUs, legId, type, json } of events) {
      putEvent.run(sequence, eventId, occurredAtUs, legId ?? null, type, json)
      putMark.run(sequence)
    }
    for (const row of deliveries) {
      putDelivery.run(row.sequence, row.deliveryId, JSON.stringify(row), row.createdAtMs)
    }
  }
}

function queueValues(queue: QueueRecord) {
  const { queueName, queueId, maxSize, explicit, createdAtMs, updatedAtMs, idleSinceMs } = queue
  const flags = explicit ? 1 : 0
  return [
    queueName,
    queueId,
    maxSize,
    flags,
    createdAtMs,
    updatedAtMs,
    idleSinceMs ?? null,
  ] as const
}

function entryValues({ place, queueName, enqueuedAtMs, alive, facts }: PlacedCall) {
  return [place, queueName, enqueuedAtMs, alive ? 1 : 0, JSON.stringify(facts)] as const
}

function readLive(database: DatabaseSync): JournalLive {
  const all = (sql: string): Row[] => database.prepare(sql).all()
  return {
    state: all('SELECT kind, id, row FROM state ORDER BY rowid').map((row) => ({
      table: text(row['kind']) as StateTable, // Only `putState` writes it.
      id: text(row['id']),
      json: text(row['row']),
    })),
    queues: all('SELECT * FROM queue').map((row) => ({
      queueId: brandAs(text(row['id'])),
      queueName: brandAs(text(row['name'])),
      maxSize: Number(row['max_size']),
      size: 0,
      enqueuedAtSumMs: 0,
      explicit: row['explicit'] === 1,
      createdAtMs: Number(row['created_at_ms']),
      updatedAtMs: Number(row['updated_at_ms']),
      idleSinceMs: row['idle_since_ms'] === null ? undefined : Number(row['idle_since_ms']),
    })),
    entries: all('SELECT * FROM entry ORDER BY place').map((row) => ({
      place: Number(row['place']),
      queueName: brandAs(text(row['queue_name'])),
      enqueuedAtMs: Number(row['enqueued_at_ms']),
      alive: row['alive'] === 1,
      // JSON has no undefined: a missing deadline comes back as a missing key.
      facts: { deadlineMs: undefined, ...parsed<StoredFacts>(row['facts']) },
    })),
    lastSequence: Number(all("SELECT value FROM mark WHERE name = 'last_sequence'")[0]?.['value']),
  }
}

function text(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Our own rows, written by this file's statements and checked by SQLite's own file checks. */
function parsed<T>(value: SQLOutputValue | undefined): T {
  return JSON.parse(text(value)) as T
}
