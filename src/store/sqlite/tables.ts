// The statements of the journal: what is written per batch and what a start reads. One prepared statement per verb of
// the protocol; nothing here decides anything.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type {
  DeliveryProgress,
  DeliveryRow,
  EntryFacts,
  EventStart,
  OwedDeliveries,
  PendingDelivery,
  QueueRecord,
  StateTable,
} from '../../ports/store.ts'
import { apartMsMax } from '../order/deliveries.ts'
import type { PlacedCall } from '../order/queue-book.ts'
import { createEventTable } from './event-table.ts'
import { createRecordTables, type Inspected, type Inspection } from './records.ts'
import { recordingWriter } from './recordings.ts'
import type { CommandRecord } from '../../ports/records.ts'
import type { JournalBatch, JournalEvents, JournalLive } from './protocol.ts'

/** Rows that one step of `prune` takes, so that a large clean-up never holds back a commit for long. */
const pruneRowsMax = 2000

export interface Tables {
  write(batch: JournalBatch): void
  progress(steps: readonly DeliveryProgress[]): void
  pending(
    after: number,
    limit: number,
    applicationId: ApplicationId | undefined,
  ): readonly PendingDelivery[]
  apart(applicationId: ApplicationId, nowMs: number, limit: number): readonly PendingDelivery[]
  owed(): readonly OwedDeliveries[]
  events(after: EventStart, limit: number): JournalEvents | undefined
  inspect(ask: Inspection): Inspected
  commands(records: readonly CommandRecord[]): void
  /** One step; true when there is more. */
  prune(olderThanMs: number): boolean
  live(): JournalLive
}

type StoredFacts = Omit<EntryFacts, 'deadlineMs'> & { readonly deadlineMs?: number }
type Row = Readonly<Record<string, SQLOutputValue>>

export function createTables(database: DatabaseSync): Tables {
  const write = batchWriter(database)
  const events = createEventTable(database)
  const records = createRecordTables(database)
  const progress = database.prepare(
    `UPDATE delivery SET attempts = ?, next_attempt_at_ms = ?, state = ?, finished_at_ms = ?,
       last_attempt = coalesce(?, last_attempt) WHERE delivery_id = ?`,
  )
  const pending = database.prepare(
    `SELECT row, attempts, next_attempt_at_ms FROM delivery
     WHERE state IN ('pending', 'apart') AND sequence > ? ORDER BY sequence LIMIT ?`,
  )
  // Before the first that is owed lie days of those that are not: reading over them would hold up the commits of calls.
  const pendingFromFirst = database.prepare(
    `SELECT row, attempts, next_attempt_at_ms FROM delivery
     WHERE state IN ('pending', 'apart') AND sequence >= (
       SELECT min(first) FROM (
         SELECT min(sequence) AS first FROM delivery INDEXED BY delivery_pending WHERE state = 'pending'
         UNION ALL
         SELECT min(sequence) FROM delivery INDEXED BY delivery_apart WHERE state = 'apart'
       )
     ) ORDER BY sequence LIMIT ?`,
  )
  const pendingOfOne = database.prepare(
    `SELECT row, attempts, next_attempt_at_ms FROM delivery
     WHERE state = 'pending' AND application_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  )
  const apart = database.prepare(
    `SELECT row, attempts, next_attempt_at_ms FROM delivery
     WHERE state = 'apart' AND application_id = ? AND next_attempt_at_ms BETWEEN ? AND ?
     ORDER BY next_attempt_at_ms LIMIT ?`,
  )
  const owed = database.prepare(
    `SELECT application_id, sum(count) AS count, max(last) AS last, sum(apart) AS apart FROM (
       SELECT application_id, count(*) AS count, max(sequence) AS last, 0 AS apart FROM delivery
         WHERE state = 'pending' GROUP BY application_id
       UNION ALL
       SELECT application_id, 0, 0, count(*) FROM delivery
         WHERE state = 'apart' GROUP BY application_id
     ) GROUP BY application_id`,
  )
  const pruneDeliveries = database.prepare(
    `DELETE FROM delivery WHERE sequence IN
       (SELECT sequence FROM delivery WHERE finished_at_ms < ? LIMIT ${pruneRowsMax})`,
  )
  return {
    write,
    progress(steps) {
      for (const { deliveryId, attempts, nextAttemptAtMs, state, ...rest } of steps) {
        const last = rest.lastAttempt && JSON.stringify(rest.lastAttempt)
        const at = Math.round(nextAttemptAtMs)
        progress.run(attempts, at, state, rest.finishedAtMs ?? null, last ?? null, deliveryId)
        const failed = [...(rest.earlier ?? [])]
        if (rest.lastAttempt !== undefined && state !== 'delivered') failed.push(rest.lastAttempt)
        const first = attempts - failed.length + (state === 'delivered' ? 0 : 1)
        failed.forEach((one, index) => records.putAttempt(deliveryId, first + index, one))
      }
    },
    pending: (after, limit, applicationId) => {
      if (applicationId !== undefined)
        return pendingOfOne.all(applicationId, after, limit).map(pendingOf)
      const rows = after <= 0 ? pendingFromFirst.all(limit) : pending.all(after, limit)
      return rows.map(pendingOf)
    },
    apart: (applicationId, nowMs, limit) => {
      const due = apart.all(applicationId, 0, nowMs, limit)
      const farFromMs = nowMs + apartMsMax
      const far = apart.all(applicationId, farFromMs, Number.MAX_SAFE_INTEGER, limit - due.length)
      return [...due, ...far].map(pendingOf)
    },
    owed: () =>
      owed.all().map((row) => ({
        applicationId: brandAs<ApplicationId>(text(row['application_id'])),
        count: Number(row['count']),
        lastSequence: Number(row['last']),
        apart: Number(row['apart']),
      })),
    events: (after, limit) => events.read(after, limit),
    inspect: records.inspect,
    commands: records.putCommands,
    prune(olderThanMs) {
      const deliveries = Number(pruneDeliveries.run(olderThanMs).changes)
      const removed = events.prune(olderThanMs * 1000, pruneRowsMax)
      const commands = records.prune(olderThanMs * 1000, pruneRowsMax)
      return Math.max(deliveries, removed, commands) === pruneRowsMax
    },
    live: () => readLive(database),
  }
}

function pendingOf(row: Row): PendingDelivery {
  return {
    row: parsed<DeliveryRow>(row['row']),
    attempts: Number(row['attempts']),
    nextAttemptAtMs: Number(row['next_attempt_at_ms']),
  }
}

function batchWriter(database: DatabaseSync): (batch: JournalBatch) => void {
  const putState = database.prepare(
    `INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row`,
  )
  const dropState = database.prepare('DELETE FROM state WHERE kind = ? AND id = ?')
  const recording = recordingWriter(database)
  const putQueue = database.prepare('INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?)')
  const dropQueue = database.prepare('DELETE FROM queue WHERE name = ?')
  const putEntry = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)')
  const dropEntry = database.prepare('DELETE FROM entry WHERE leg_id = ?')
  const putEvent = database.prepare(
    'INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const putDelivery = database.prepare(
    "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, 0, ?, 'pending', NULL, NULL, ?)",
  )
  const putMark = database.prepare(
    "UPDATE mark SET value = max(value, ?) WHERE name = 'last_sequence'",
  )
  return ({ state, queues, entries, events, deliveries }) => {
    for (const { table, id, json } of state) {
      if (table === 'finished-recording') recording(id, json)
      else if (json === undefined) dropState.run(table, id)
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
    for (const {
      sequence,
      eventId,
      occurredAtUs,
      legId,
      legSequence,
      type,
      json,
      call,
    } of events) {
      const leg = legId ?? null
      const told = [sequence, eventId, occurredAtUs, leg, type, json, legSequence ?? null] as const
      const { legUuid = null, sessionId = null, applicationId = null } = call ?? {}
      putEvent.run(...told, legUuid, sessionId, applicationId)
      putMark.run(sequence)
    }
    for (const row of deliveries) {
      const { sequence, deliveryId, createdAtMs, applicationId } = row
      putDelivery.run(sequence, deliveryId, JSON.stringify(row), createdAtMs, applicationId)
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
