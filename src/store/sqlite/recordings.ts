// Finished recordings in a table of their own. A question that one index answers is one statement; one for which rows have
// to be looked at is answered a window of time at a time, so that it never holds back the commits that calls wait for.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { FinishedRecordings, RecordingFilter } from '../../ports/recorder.ts'
import { finishedRecordingOf, spanUs } from '../order/recordings.ts'

/** Rows that one window looks at. */
const windowRows = 5000

export type RecordingInspection =
  | { readonly kind: 'recording'; readonly id: string }
  | {
      readonly kind: 'recordings'
      readonly filter: RecordingFilter
      /** Only what began before that µs; undefined: from the newest. */
      readonly before: number | undefined
      readonly skip: number
      readonly size: number
    }
  | { readonly kind: 'recordings-ended'; readonly wallMs: number; readonly limit: number }

export interface RecordingsFound {
  readonly kind: 'recordings'
  readonly rows: readonly string[]
  /** All that fit in this window, on the page or not. */
  readonly total: number
  /** The same question again before that, undefined: there is no more. */
  readonly next: number | undefined
}

/** `json` undefined: it is gone. */
export function recordingWriter(
  database: DatabaseSync,
): (id: string, json: string | undefined) => void {
  const put = database.prepare(
    `INSERT OR REPLACE INTO recording VALUES (?1,
       json_extract(?2, '$.startedAtUs'), json_extract(?2, '$.endedAtUs'),
       json_extract(?2, '$.legUuid'), json_extract(?2, '$.sessionId'),
       json_extract(?2, '$.applicationId'), json_extract(?2, '$.conferenceId'),
       json_extract(?2, '$.from'), json_extract(?2, '$.to'), ?2)`,
  )
  const drop = database.prepare('DELETE FROM recording WHERE id = ?')
  return (id, json) => {
    if (json === undefined) drop.run(id)
    else put.run(id, json)
  }
}

export function inspectRecordings(
  database: DatabaseSync,
  ask: RecordingInspection,
): RecordingsFound {
  const rowsOf = (sql: string, ...values: SQLInputValue[]): string[] =>
    database
      .prepare(`SELECT row FROM recording WHERE ${sql}`)
      .all(...values)
      .map(({ row }) => String(row))
  switch (ask.kind) {
    case 'recording':
      return found(rowsOf('id = ?', ask.id))
    case 'recordings-ended': {
      const { wallMs, limit } = ask
      return found(rowsOf('ended_at_us < ? ORDER BY ended_at_us LIMIT ?', wallMs * 1000, limit))
    }
    case 'recordings':
      return pageOf(database, ask)
  }
}

function found(rows: readonly string[]): RecordingsFound {
  return { kind: 'recordings', rows, total: rows.length, next: undefined }
}

/** Few have one of these in common. */
const few = ['leg_uuid', 'session_id', 'conference_id']

type Equal = readonly [column: string, value: string]

function equalsOf(filter: RecordingFilter): readonly Equal[] {
  const { legUuid, sessionId, conferenceId, applicationId, from, to } = filter
  const all = [
    ['leg_uuid', legUuid],
    ['session_id', sessionId],
    ['conference_id', conferenceId],
    ['application_id', applicationId],
    ['caller', from],
    ['callee', to],
  ] as const
  return all.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]))
}

function pageOf(
  database: DatabaseSync,
  ask: Extract<RecordingInspection, { kind: 'recordings' }>,
): RecordingsFound {
  const equals = equalsOf(ask.filter)
  const ofFew = equals.find(([column]) => few.includes(column))
  const lead = ofFew ?? (equals.length === 1 ? equals[0] : undefined)
  const span = spanUs(ask.filter)
  const before = Math.min(ask.before ?? Infinity, span.before ?? Infinity)
  // Without a leading index the rows of a stretch of time are looked at.
  const isOneIndex = lead !== undefined || equals.length === 0
  const floor = isOneIndex ? undefined : windowFloor(database, before)
  const from = Math.max(span.from ?? -Infinity, floor ?? -Infinity)
  const isLast = floor === undefined || floor <= (span.from ?? -Infinity)
  // The unary plus keeps SQLite from choosing among indexes: the leading one is the shortest.
  const time = ofFew === undefined ? 'started_at_us' : '+started_at_us'
  const conditions = equals.map(([column]) => `${column === lead?.[0] ? '' : '+'}${column} = ?`)
  const values: SQLInputValue[] = equals.map(([, value]) => value)
  if (from !== -Infinity) {
    conditions.push(`${time} >= ?`)
    values.push(from)
  }
  if (before !== Infinity) {
    conditions.push(`${time} < ?`)
    values.push(before)
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const count = database.prepare(`SELECT count(*) AS total FROM recording ${where}`)
  const total = Number(count.get(...values)?.['total'])
  // Only those of the page are read: those before it are passed over in the index.
  const page = database.prepare(
    `SELECT row FROM recording JOIN (
       SELECT rowid AS place FROM recording ${where}
       ORDER BY started_at_us DESC, id DESC LIMIT ? OFFSET ?
     ) ON recording.rowid = place ORDER BY started_at_us DESC, id DESC`,
  )
  const rows = ask.skip >= total || ask.size === 0 ? [] : page.all(...values, ask.size, ask.skip)
  return {
    kind: 'recordings',
    rows: rows.map(({ row }) => String(row)),
    total,
    next: isLast ? undefined : floor,
  }
}

/** Where the window that ends before that µs begins; undefined: the rest is one window. */
function windowFloor(database: DatabaseSync, before: number): number | undefined {
  const row = database
    .prepare(
      `SELECT started_at_us AS floor FROM recording WHERE started_at_us < ?
       ORDER BY started_at_us DESC LIMIT 1 OFFSET ${windowRows}`,
    )
    .get(Math.min(before, Number.MAX_SAFE_INTEGER))
  return row === undefined ? undefined : Number(row['floor'])
}

/** Puts the windows of a question together. One question of several at a time, as in record-reader.ts. */
export function createRecordingReader(
  inspect: (ask: RecordingInspection) => Promise<RecordingsFound>,
): FinishedRecordings {
  let last: Promise<unknown> = Promise.resolve()
  const windows: FinishedRecordings['page'] = async (filter, { number, size }) => {
    const rows: string[] = []
    let total = 0
    let before: number | undefined
    do {
      const skip = Math.max(0, (number - 1) * size - total)
      const part = { filter, before, skip, size: size - rows.length } as const
      const piece = await inspect({ kind: 'recordings', ...part })
      rows.push(...piece.rows)
      total += piece.total
      before = piece.next
    } while (before !== undefined)
    return { rows: rows.map(finishedRecordingOf), total }
  }
  return {
    async get(recordingId) {
      const { rows } = await inspect({ kind: 'recording', id: recordingId })
      return rows[0] === undefined ? undefined : finishedRecordingOf(rows[0])
    },
    page(filter, page) {
      const mine = last.then(() => windows(filter, page))
      last = mine.catch(() => undefined)
      return mine
    },
    async endedBefore(wallMs, limit) {
      const { rows } = await inspect({ kind: 'recordings-ended', wallMs, limit })
      return rows.map(finishedRecordingOf)
    },
  }
}
