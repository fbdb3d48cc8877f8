// The statements of what is looked up afterwards. Each answers about one piece of the tables: of whatever has no index at
// most `spanRows` rows are looked at, so that a question never holds back the commits that calls wait for.

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type {
  CallEventQuery,
  CommandRecord,
  DeliveryQuery,
  StoredDelivery,
  StoredEventQuery,
} from '../../ports/records.ts'
import type { DeliveryAttempt, DeliveryRow } from '../../ports/store.ts'
import { inspectRecordings, type RecordingInspection, type RecordingsFound } from './recordings.ts'

/** Rows that one piece looks at. */
const spanRows = 2000
/** Attempts that are kept of one delivery. */
const attemptsKept = 20

export type Inspection =
  | {
      readonly kind: 'event-keys'
      readonly query: StoredEventQuery
      /** Below this sequence; undefined: from the newest. */
      readonly below: number | undefined
      readonly limit: number
    }
  | {
      readonly kind: 'command-keys'
      readonly query: CallEventQuery
      readonly below: number | undefined
      readonly limit: number
    }
  | {
      readonly kind: 'delivery-keys'
      readonly query: DeliveryQuery
      readonly below: number | undefined
      readonly limit: number
    }
  | { readonly kind: 'events'; readonly sequences: readonly number[] }
  | { readonly kind: 'commands'; readonly ids: readonly number[] }
  | { readonly kind: 'deliveries'; readonly sequences: readonly number[] }
  | { readonly kind: 'delivery'; readonly id: string }
  | { readonly kind: 'revive'; readonly id: string; readonly nowMs: number }
  | RecordingInspection

export type Inspected =
  /** Newest first; `next`: the same question again below that, undefined: there is no more. */
  | {
      readonly kind: 'keys'
      readonly keys: readonly { readonly at: number; readonly occurredAtUs: number }[]
      readonly next: number | undefined
    }
  | {
      readonly kind: 'events'
      readonly events: readonly {
        readonly sequence: number
        readonly eventId: string
        readonly occurredAtUs: number
        readonly legSequence: number
        readonly json: string
      }[]
    }
  | {
      readonly kind: 'commands'
      readonly commands: readonly (CommandRecord & { readonly at: number })[]
    }
  | { readonly kind: 'deliveries'; readonly deliveries: readonly StoredDelivery[] }
  | {
      readonly kind: 'revived'
      readonly row: DeliveryRow | undefined
      readonly attempts: number
    }
  | RecordingsFound

export interface RecordTables {
  inspect(ask: Inspection): Inspected
  putCommands(records: readonly CommandRecord[]): void
  /** A failed attempt, beside the last one that the delivery's row has. */
  putAttempt(deliveryId: string, number: number, attempt: DeliveryAttempt): void
  /** Removes commands from before that moment, at most `limit`; how many. */
  prune(beforeUs: number, limit: number): number
}

type Row = Readonly<Record<string, SQLOutputValue>>
type Condition = readonly [sql: string, ...values: SQLInputValue[]]
type Keys = Extract<Inspected, { kind: 'keys' }>

export function createRecordTables(database: DatabaseSync): RecordTables {
  const putCommand = database.prepare(
    `INSERT INTO command (occurred_at_us, name, leg_uuid, session_id, application_id, caller, callee,
       failed, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const putAttempt = database.prepare(
    `INSERT OR REPLACE INTO attempt
       SELECT sequence, ?, ? FROM delivery WHERE delivery_id = ?`,
  )
  const trimAttempts = database.prepare(
    `DELETE FROM attempt WHERE number <= ?
       AND sequence = (SELECT sequence FROM delivery WHERE delivery_id = ?)`,
  )
  const prune = database.prepare(
    `DELETE FROM command WHERE id IN (SELECT id FROM command WHERE occurred_at_us < ? LIMIT ?)`,
  )
  return {
    inspect: (ask) => inspect(database, ask),
    putCommands(records) {
      for (const one of records) {
        const { occurredAtUs, name, legUuid, sessionId, applicationId, from, to, failed } = one
        const said = [name, legUuid, sessionId, applicationId, from, to] as const
        putCommand.run(occurredAtUs, ...said, failed ? 1 : 0, JSON.stringify(one.metadata))
      }
    },
    putAttempt(deliveryId, number, attempt) {
      putAttempt.run(number, JSON.stringify(attempt), deliveryId)
      if (number > attemptsKept) trimAttempts.run(number - attemptsKept, deliveryId)
    },
    prune: (beforeUs, limit) => Number(prune.run(beforeUs, limit).changes),
  }
}

function inspect(database: DatabaseSync, ask: Inspection): Inspected {
  switch (ask.kind) {
    case 'event-keys':
      return eventKeys(database, ask)
    case 'command-keys':
      return commandKeys(database, ask)
    case 'delivery-keys':
      return deliveryKeys(database, ask)
    case 'events':
      return { kind: 'events', events: ask.sequences.flatMap((one) => eventAt(database, one)) }
    case 'commands':
      return { kind: 'commands', commands: ask.ids.flatMap((one) => commandAt(database, one)) }
    case 'deliveries': {
      const deliveries = ask.sequences.flatMap((one) => deliveryAt(database, 'sequence', one))
      return { kind: 'deliveries', deliveries }
    }
    case 'delivery':
      return { kind: 'deliveries', deliveries: deliveryAt(database, 'delivery_id', ask.id) }
    case 'revive':
      return revive(database, ask)
    case 'recording':
    case 'recordings':
    case 'recordings-ended':
      return inspectRecordings(database, ask)
  }
}

function revive(
  database: DatabaseSync,
  { id, nowMs }: Extract<Inspection, { kind: 'revive' }>,
): Inspected {
  const finished = `delivery_id = ? AND state IN ('delivered', 'failed')`
  // A success stands in the delivery's row only, where the next attempt takes its place.
  database
    .prepare(
      `INSERT OR IGNORE INTO attempt
       SELECT sequence, attempts, last_attempt FROM delivery
       WHERE ${finished} AND last_attempt IS NOT NULL`,
    )
    .run(id)
  const row = database
    .prepare(
      `UPDATE delivery SET state = 'apart', finished_at_ms = NULL, next_attempt_at_ms = ?
       WHERE ${finished} RETURNING row, attempts`,
    )
    .get(Math.round(nowMs), id)
  const found = row === undefined ? undefined : parsed<DeliveryRow>(row['row'])
  return { kind: 'revived', row: found, attempts: Number(row?.['attempts'] ?? 0) }
}

const caller =
  "coalesce(json_extract(json, '$.event.leg.from'), json_extract(json, '$.event.conference.creator.from'))"
const callee = caller.replaceAll('.from', '.to')

/** By call or session over its index; else a span of the table, downwards. */
function eventKeys(
  database: DatabaseSync,
  { query, below, limit }: Extract<Inspection, { kind: 'event-keys' }>,
): Keys {
  const { legUuid, sessionId, applicationId, types, from, to, failed, status } = query
  const conditions: Condition[] = [['leg_sequence IS NOT NULL']]
  if (legUuid !== undefined) conditions.push(['leg_uuid = ?', legUuid])
  if (sessionId !== undefined) conditions.push(['session_id = ?', sessionId])
  if (applicationId !== undefined) conditions.push(['event.application_id = ?', applicationId])
  if (types !== undefined) conditions.push([`type IN (${marks(types)})`, ...types])
  if (from !== undefined) conditions.push([`${caller} = ?`, from])
  if (to !== undefined) conditions.push([`${callee} = ?`, to])
  if (failed !== undefined) conditions.push([`coalesce(state, '') ${failed ? '=' : '<>'} 'failed'`])
  if (status !== undefined) conditions.push([statusConditions[status]])
  return keysOf(database, {
    table: 'event LEFT JOIN delivery USING (sequence)',
    key: 'event.sequence',
    bounds: timeBounds(database, 'event', 'sequence', query),
    time: ['occurred_at_us BETWEEN ? AND ?', query.fromUs, query.toUs],
    occurred: 'occurred_at_us',
    isIndexed: legUuid !== undefined || sessionId !== undefined,
    conditions,
    below,
    limit,
  })
}

const owed = "state IN ('pending', 'apart')"
const statusConditions = {
  init: `${owed} AND attempts = 0`,
  in_progress: `${owed} AND attempts > 0`,
  completed: `coalesce(state, 'delivered') IN ('delivered', 'failed')`,
} as const

function commandKeys(
  database: DatabaseSync,
  { query, below, limit }: Extract<Inspection, { kind: 'command-keys' }>,
): Keys {
  const { legUuid, sessionId, applicationId, name, from, to, failed } = query
  const conditions: Condition[] = [['TRUE']]
  if (legUuid !== undefined) conditions.push(['leg_uuid = ?', legUuid])
  if (sessionId !== undefined) conditions.push(['session_id = ?', sessionId])
  if (applicationId !== undefined) conditions.push(['application_id = ?', applicationId])
  if (name !== undefined) conditions.push(['name = ?', name])
  if (from !== undefined) conditions.push(['caller = ?', from])
  if (to !== undefined) conditions.push(['callee = ?', to])
  if (failed !== undefined) conditions.push(['failed = ?', failed ? 1 : 0])
  return keysOf(database, {
    table: 'command',
    key: 'id',
    bounds: timeBounds(database, 'command', 'id', query),
    time: ['occurred_at_us BETWEEN ? AND ?', query.fromUs, query.toUs],
    occurred: 'occurred_at_us',
    isIndexed: legUuid !== undefined || sessionId !== undefined,
    conditions,
    below,
    limit,
  })
}

const startedAt = "json_extract(row, '$.createdAtMs')"
const finishedAt = "coalesce(finished_at_ms, json_extract(last_attempt, '$.finishedAtMs'))"

function deliveryKeys(
  database: DatabaseSync,
  { query, below, limit }: Extract<Inspection, { kind: 'delivery-keys' }>,
): Keys {
  const { delivered, eventTypes, webhookContains, attemptsContain } = query
  const conditions: Condition[] = [['attempts > 0']]
  if (delivered !== undefined) conditions.push([`state ${delivered ? '=' : '<>'} 'delivered'`])
  if (eventTypes !== undefined) {
    conditions.push([`json_extract(row, '$.eventType') IN (${marks(eventTypes)})`, ...eventTypes])
  }
  if (webhookContains !== undefined)
    conditions.push(["instr(json_extract(row, '$.dataJson'), ?) > 0", webhookContains])
  if (attemptsContain !== undefined) {
    const earlier = `SELECT group_concat(json) FROM attempt WHERE attempt.sequence = delivery.sequence`
    const all = `coalesce(last_attempt, '') || coalesce((${earlier}), '')`
    conditions.push([`instr(${all}, ?) > 0`, attemptsContain])
  }
  const { startedFromMs, startedToMs, finishedFromMs, finishedToMs } = query
  if (startedFromMs !== undefined) conditions.push([`${startedAt} >= ?`, startedFromMs])
  if (startedToMs !== undefined) conditions.push([`${startedAt} <= ?`, startedToMs])
  if (finishedFromMs !== undefined) conditions.push([`${finishedAt} >= ?`, finishedFromMs])
  if (finishedToMs !== undefined) conditions.push([`${finishedAt} <= ?`, finishedToMs])
  const ends = database
    .prepare('SELECT min(sequence) AS first, max(sequence) AS last FROM delivery')
    .get()
  return keysOf(database, {
    table: 'delivery',
    key: 'sequence',
    bounds: { first: Number(ends?.['first'] ?? 1), last: Number(ends?.['last'] ?? 0) },
    time: ['TRUE'],
    occurred: '0',
    isIndexed: false,
    conditions,
    below,
    limit,
  })
}

interface Search {
  readonly table: string
  readonly key: string
  /** Keys that can fit at all, both included. */
  readonly bounds: { readonly first: number; readonly last: number }
  readonly time: Condition
  readonly occurred: string
  /** An index leads to the few rows of one call: no need for pieces. */
  readonly isIndexed: boolean
  readonly conditions: readonly Condition[]
  readonly below: number | undefined
  readonly limit: number
}

function keysOf(database: DatabaseSync, search: Search): Keys {
  const { table, key, bounds, time, occurred, isIndexed, below, limit } = search
  const top = Math.min(below ?? Infinity, bounds.last + 1)
  const floor = isIndexed ? bounds.first : Math.max(bounds.first, top - spanRows)
  if (top <= floor) return { kind: 'keys', keys: [], next: undefined }
  // The unary plus keeps SQLite from walking the table by key where the index of the call is shorter.
  const range: Condition = isIndexed
    ? [`+${key} >= ? AND +${key} < ?`, floor, top]
    : [`${key} >= ? AND ${key} < ?`, floor, top]
  const all = [range, time, ...search.conditions]
  const rows = database
    .prepare(
      `SELECT ${key} AS at, ${occurred} AS occurred FROM ${table}
       WHERE ${all.map(([sql]) => sql).join(' AND ')} ORDER BY ${key} DESC LIMIT ?`,
    )
    .all(...all.flatMap(([, ...values]) => values), limit)
  const keys = rows.map((row) => ({
    at: Number(row['at']),
    occurredAtUs: Number(row['occurred']),
  }))
  const more = floor > bounds.first && rows.length < limit
  return { kind: 'keys', keys, next: more ? floor : undefined }
}

/** Where the time of a question begins and ends in a table that grows with time. */
function timeBounds(
  database: DatabaseSync,
  table: 'event' | 'command',
  key: 'sequence' | 'id',
  { fromUs, toUs }: CallEventQuery | StoredEventQuery,
): { readonly first: number; readonly last: number } {
  const at = (sql: string, us: number): SQLOutputValue | undefined =>
    database.prepare(`SELECT ${key} AS at FROM ${table} WHERE occurred_at_us ${sql}`).get(us)?.[
      'at'
    ]
  const first = at('>= ? ORDER BY occurred_at_us LIMIT 1', fromUs)
  const last = at('<= ? ORDER BY occurred_at_us DESC LIMIT 1', toUs)
  return { first: Number(first ?? 1), last: Number(last ?? 0) }
}

function eventAt(database: DatabaseSync, sequence: number) {
  const row = database
    .prepare('SELECT event_id, occurred_at_us, leg_sequence, json FROM event WHERE sequence = ?')
    .get(sequence)
  if (row === undefined) return []
  return [
    {
      sequence,
      eventId: text(row['event_id']),
      occurredAtUs: Number(row['occurred_at_us']),
      legSequence: Number(row['leg_sequence']),
      json: text(row['json']),
    },
  ]
}

function commandAt(database: DatabaseSync, id: number) {
  const row = database.prepare('SELECT * FROM command WHERE id = ?').get(id)
  if (row === undefined) return []
  // Our own row, written by `putCommands`.
  const ids = {
    legUuid: text(row['leg_uuid']),
    sessionId: text(row['session_id']),
    applicationId: text(row['application_id']),
  } as Pick<CommandRecord, 'legUuid' | 'sessionId' | 'applicationId'>
  return [
    {
      at: id,
      ...ids,
      occurredAtUs: Number(row['occurred_at_us']),
      name: text(row['name']),
      from: text(row['caller']),
      to: text(row['callee']),
      failed: row['failed'] === 1,
      metadata: parsed<CommandRecord['metadata']>(row['metadata']),
    },
  ]
}

function deliveryAt(
  database: DatabaseSync,
  key: 'sequence' | 'delivery_id',
  value: SQLInputValue,
): StoredDelivery[] {
  const row: Row | undefined = database
    .prepare(
      `SELECT sequence, row, state, last_attempt FROM delivery WHERE ${key} = ? AND attempts > 0`,
    )
    .get(value)
  if (row === undefined) return []
  const state = text(row['state']) as StoredDelivery['state'] // Only `progress` writes it.
  const failed = database
    .prepare('SELECT json FROM attempt WHERE sequence = ? ORDER BY number DESC')
    .all(row['sequence'] ?? null)
    .map((one) => parsed<DeliveryAttempt>(one['json']))
  // The last one failed and is among them, or it is the one that succeeded.
  const last = row['last_attempt'] === null ? [] : [parsed<DeliveryAttempt>(row['last_attempt'])]
  const known = failed.some((one) => one.startedAtMs === last[0]?.startedAtMs)
  const attempts = known ? failed : [...last, ...failed]
  return [{ row: parsed<DeliveryRow>(row['row']), state, attempts }]
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ')
}

function text(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Our own rows, written by this store. */
function parsed<T>(value: SQLOutputValue | undefined): T {
  return JSON.parse(text(value)) as T
}
