// The trace's own SQLite file. Nothing in it is needed by a call: a file that cannot be read is put aside by the caller,
// and what a kill cuts off is lost.

import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { isoMicros } from '../base/iso-time.ts'
import type { LegFacts } from '../ports/events.ts'
import type { Page, Paged } from '../ports/store.ts'
import type {
  Lane,
  SipEnds,
  TimelineGap,
  TimelineItem,
  TimelineLeg,
  TimelineQuery,
} from '../ports/trace.ts'
import type { CapturedMessage } from './pcap.ts'

const schemaVersion = 1

const schema = `
CREATE TABLE legs (
  id INTEGER PRIMARY KEY, leg TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL, session TEXT NOT NULL,
  application TEXT NOT NULL, direction TEXT NOT NULL, from_ TEXT NOT NULL, to_ TEXT NOT NULL,
  state TEXT NOT NULL, queue TEXT, cause TEXT,
  started_us INTEGER NOT NULL, answered_us INTEGER, ended_us INTEGER);
CREATE INDEX legs_session ON legs (session);
CREATE INDEX legs_uuid ON legs (uuid);
CREATE INDEX legs_started ON legs (started_us);
CREATE TABLE dialogs (call_id TEXT PRIMARY KEY, leg TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX dialogs_leg ON dialogs (leg);
CREATE TABLE links (session TEXT NOT NULL, leg TEXT NOT NULL, PRIMARY KEY (session, leg)) WITHOUT ROWID;
CREATE INDEX links_leg ON links (leg);
CREATE TABLE items (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, leg TEXT NOT NULL, lane TEXT NOT NULL,
  kind TEXT NOT NULL, summary TEXT NOT NULL, detail TEXT NOT NULL, bytes BLOB);
CREATE INDEX items_leg ON items (leg, seq);
CREATE TABLE gaps (from_us INTEGER NOT NULL, to_us INTEGER NOT NULL, items INTEGER NOT NULL);
PRAGMA user_version = ${schemaVersion};
`

/**
 * How old things are, by time in which a server ran: clocks are set, and one that was wrong must not make what is new old.
 * Items up to `seq` and legs up to `leg` were there at `kept_ms`. Added to files that were made without.
 */
const ages = `CREATE TABLE IF NOT EXISTS ages (
  kept_ms INTEGER PRIMARY KEY, seq INTEGER NOT NULL, leg INTEGER NOT NULL)`

/** What there was at some time: the last item and the last leg. */
export interface Age {
  readonly keptMs: number
  readonly seq: number
  readonly leg: number
}

export interface NewItem {
  readonly atUs: number
  readonly leg: string
  readonly lane: Lane
  readonly kind: string
  readonly summary: string
  readonly detail: object
  /** A SIP message. */
  readonly bytes?: Uint8Array
}

/** What an event changes in its leg's row; what is undefined stays. */
export interface LegChange {
  readonly facts: LegFacts
  readonly state?: TimelineLeg['state'] | undefined
  readonly queue?: string | undefined
  readonly cause?: string | undefined
  readonly answeredUs?: number | undefined
  readonly endedUs?: number | undefined
}

/** The legs of one call: those of its session, and those of other sessions that were bridged with them. */
export interface Scope {
  readonly session: string
  readonly own: readonly string[]
  readonly linked: readonly string[]
  /** In between, what happened on linked legs belongs to the call, too. */
  readonly fromUs: number
  readonly toUs: number
}

type Row = Record<string, SQLOutputValue>

export interface SomeItems {
  readonly items: readonly TimelineItem[]
  /** There are no more behind them. */
  readonly isAll: boolean
}

interface Wanted {
  readonly scope: Scope
  readonly after: number
  readonly limit: number
  readonly columns: string
  readonly byTime: boolean
  readonly charsMax: number
  readonly also?: string
}

/** Counted and paged at most. */
const foundMax = 10_000
/** Of what is answered at once: who sends long messages makes short pages, not large ones. */
const pageCharsMax = 4 * 1024 * 1024
/** Of a file. */
const wholeCharsMax = 64 * 1024 * 1024
/** What a linked leg still has to say when the call itself is over. */
const afterEndUs = 5_000_000

/** Somebody who copies the file holds it at most so long before what is written now is given up. */
const busyMs = 500

/** It is no trace of this release. */
class ForeignFile extends Error {}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html), without what they carry above their low byte. */
const damageCodes: readonly number[] = [11, 26]

/** The file will never be of use, other than one on a full disk, or one that somebody else holds at the moment. */
export function isDamage(error: unknown): boolean {
  if (error instanceof ForeignFile) return true
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return damageCodes.includes(Number(error.errcode) & 0xff)
}

export class TraceTables {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  /** Opens or makes the file. @throws when it cannot be used; `isDamage` tells whether it ever can. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: busyMs })
    try {
      this.#database.exec('PRAGMA auto_vacuum = INCREMENTAL')
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      const version = Number(this.#one('PRAGMA user_version')?.['user_version'])
      if (version === 0) this.#database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
      else if (version !== schemaVersion) throw new ForeignFile(`it has schema ${version}`)
      this.#database.exec(ages)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  close(): void {
    this.#database.close()
  }

  /** All of it or nothing. */
  transact(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  putItem({ atUs, leg, lane, kind, summary, detail, bytes }: NewItem): void {
    this.#run(
      'INSERT INTO items (at_us, leg, lane, kind, summary, detail, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[atUs, leg, lane, kind, summary, JSON.stringify(detail), bytes ?? null],
    )
  }

  putDialog(callId: string, leg: string): void {
    this.#run('INSERT OR REPLACE INTO dialogs VALUES (?, ?)', callId, leg)
  }

  legOfDialog(callId: string): string | undefined {
    return textOr(this.#one('SELECT leg FROM dialogs WHERE call_id = ?', callId)?.['leg'])
  }

  putLink(session: string, leg: string): void {
    this.#run('INSERT OR IGNORE INTO links VALUES (?, ?)', session, leg)
  }

  putGap(fromUs: number, toUs: number, items: number): void {
    this.#run('INSERT INTO gaps VALUES (?, ?, ?)', fromUs, toUs, items)
  }

  changeLeg({ facts, state, queue, cause, answeredUs, endedUs }: LegChange): void {
    const { legId, legUuid, sessionId, applicationId, direction, from, to, startedAtUs } = facts
    this.#run(
      `INSERT INTO legs (leg, uuid, session, application, direction, from_, to_, state, queue, cause,
         started_us, answered_us, ended_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (leg) DO UPDATE SET state = CASE WHEN ended_us IS NULL AND ? THEN excluded.state ELSE state END,
         queue = coalesce(excluded.queue, queue), cause = coalesce(excluded.cause, cause),
         answered_us = coalesce(answered_us, excluded.answered_us),
         ended_us = coalesce(ended_us, excluded.ended_us)`,
      ...[legId, legUuid, sessionId, applicationId, direction, from, to, state ?? 'answered'],
      ...[queue ?? null, cause ?? null, startedAtUs, answeredUs ?? null, endedUs ?? null],
      state === undefined ? 0 : 1,
    )
  }

  /** By call_control_id, call_leg_id or call_session_id. */
  scopeOf(id: string): Scope | undefined {
    const found = this.#one(
      'SELECT session FROM legs WHERE leg = ? OR uuid = ? OR session = ? LIMIT 1',
      ...[id, id, id],
    )
    const session = textOr(found?.['session'])
    if (session === undefined) return undefined
    const rows = this.#all(
      'SELECT leg, started_us, ended_us FROM legs WHERE session = ? ORDER BY started_us, id',
      session,
    )
    const own = rows.map((row) => String(row['leg']))
    const linked = this.#all('SELECT leg FROM links WHERE session = ?', session)
      .map((row) => String(row['leg']))
      .filter((leg) => !own.includes(leg))
    const isOver = rows.every((row) => row['ended_us'] !== null)
    const lastUs = Math.max(...rows.map((row) => Number(row['ended_us'])))
    const fromUs = Math.min(...rows.map((row) => Number(row['started_us'])))
    return {
      ...{ session, own, linked, fromUs },
      // An end before the beginning was told by a clock that was set back meanwhile.
      toUs: isOver && lastUs >= fromUs ? lastUs + afterEndUs : Number.MAX_SAFE_INTEGER,
    }
  }

  legs({ own, linked }: Scope): readonly TimelineLeg[] {
    const all = JSON.stringify([...own, ...linked])
    return this.#all(
      'SELECT * FROM legs WHERE leg IN (SELECT value FROM json_each(?)) ORDER BY started_us, id',
      all,
    ).map(legOf)
  }

  /** In the order in which they were written down; `byTime`: in the order in which they happened. At least one, if there is one. */
  items(scope: Scope, after: number, limit: number, byTime = false): SomeItems {
    const columns = 'seq, at_us, leg, lane, kind, summary, detail'
    const charsMax = byTime ? wholeCharsMax : pageCharsMax
    const { rows, isAll } = this.#itemRows({ scope, after, limit, columns, byTime, charsMax })
    return { items: rows.map(itemOf), isAll }
  }

  messages(scope: Scope, limit: number): readonly CapturedMessage[] {
    const columns = 'seq, at_us, leg, detail, bytes'
    const rows = { scope, after: 0, limit, columns, byTime: true, charsMax: wholeCharsMax }
    return this.#itemRows({ ...rows, also: 'bytes IS NOT NULL' }).rows.flatMap(messageOf)
  }

  #itemRows({ scope, after, limit, columns, byTime, charsMax, also = '1' }: Wanted): {
    readonly rows: readonly Row[]
    readonly isAll: boolean
  } {
    const found = this.#statement(
      `SELECT ${columns} FROM items WHERE seq > ? AND ${also} AND (
         leg IN (SELECT value FROM json_each(?)) OR
         (leg IN (SELECT value FROM json_each(?)) AND at_us BETWEEN ? AND ?))
       ORDER BY ${byTime ? 'at_us, seq' : 'seq'} LIMIT ?`,
    ).iterate(
      ...[after, JSON.stringify(scope.own), JSON.stringify(scope.linked)],
      ...[scope.fromUs, scope.toUs, limit],
    )
    const rows: Row[] = []
    let chars = 0
    for (const row of found) {
      rows.push(row)
      chars += String(row['detail']).length
      if (chars >= charsMax) return { rows, isAll: false }
    }
    return { rows, isAll: rows.length < limit }
  }

  gaps({ fromUs, toUs }: Scope): readonly TimelineGap[] {
    return this.#all(
      'SELECT * FROM gaps WHERE to_us >= ? AND from_us <= ? ORDER BY from_us LIMIT 100',
      ...[fromUs, toUs],
    ).map((row) => ({
      from: isoMicros(Number(row['from_us'])),
      to: isoMicros(Number(row['to_us'])),
      items: Number(row['items']),
    }))
  }

  calls(query: TimelineQuery, page: Page): Paged<TimelineLeg> {
    const wanted: [condition: string, value: SQLInputValue][] = []
    const equal = (column: string, value: string | undefined): void => {
      if (value !== undefined) wanted.push([`${column} = ?`, value])
    }
    equal('leg', query.call_control_id)
    equal('session', query.call_session_id)
    equal('from_', query.from)
    equal('to_', query.to)
    equal('state', query.state)
    equal('queue', query.queue_name)
    if (query.startedFromUs !== undefined) wanted.push(['started_us >= ?', query.startedFromUs])
    if (query.startedToUs !== undefined) wanted.push(['started_us <= ?', query.startedToUs])
    const where = wanted.length === 0 ? '1' : wanted.map(([one]) => one).join(' AND ')
    const values = wanted.map(([, value]) => value)
    // In the order in which they came: by a clock that was set the latest might stand behind all others.
    const found = `FROM legs WHERE ${where} ORDER BY id DESC LIMIT ?`
    const first = (page.number - 1) * page.size
    const counted = this.#one(
      `SELECT count(*) AS total FROM (SELECT 1 ${found})`,
      ...values,
      foundMax,
    )
    const size = Math.max(0, Math.min(page.size, foundMax - first))
    const rows = this.#all(`SELECT * ${found} OFFSET ?`, ...values, size, first)
    return { rows: rows.map(legOf), total: Number(counted?.['total']) }
  }

  /** Bytes that are in use; the file itself shrinks later. */
  bytes(): number {
    const size = Number(this.#one('PRAGMA page_size')?.['page_size'])
    const pages = Number(this.#one('PRAGMA page_count')?.['page_count'])
    const free = Number(this.#one('PRAGMA freelist_count')?.['freelist_count'])
    return (pages - free) * size
  }

  /** Ms in which a server ran that wrote this file, as it was said last. */
  keptMs(): number {
    return Number(this.#one('SELECT max(kept_ms) AS ms FROM ages')?.['ms'] ?? 0)
  }

  /** What is there now was there at `keptMs`. */
  setAge(keptMs: number): void {
    this.#run(
      `INSERT OR REPLACE INTO ages VALUES (?, coalesce((SELECT max(seq) FROM items), 0),
         coalesce((SELECT max(id) FROM legs), 0))`,
      keptMs,
    )
  }

  /** What was there at `keptMs` at the latest. */
  ageAt(keptMs: number): Age {
    const row = this.#one(
      'SELECT max(seq) AS seq, max(leg) AS leg FROM ages WHERE kept_ms <= ?',
      keptMs,
    )
    return { keptMs, seq: Number(row?.['seq'] ?? 0), leg: Number(row?.['leg'] ?? 0) }
  }

  /** The oldest `limit` items of those up to `untilSeq`. How many went. */
  dropItems(untilSeq: number, limit: number): number {
    return this.#run(
      'DELETE FROM items WHERE seq IN (SELECT seq FROM items WHERE seq <= ? ORDER BY seq LIMIT ?)',
      ...[untilSeq, limit],
    )
  }

  /** Legs that are so old, or older than all items, of which nothing is told any more, with what hangs on them; and gives room back. */
  dropLegs({ keptMs, leg }: Age): void {
    this.#run('DELETE FROM ages WHERE kept_ms <= ?', keptMs)
    const oldest = this.#one(
      'SELECT id FROM legs WHERE leg = (SELECT leg FROM items ORDER BY seq LIMIT 1)',
    )
    this.#run(
      `DELETE FROM legs WHERE id <= ? AND NOT EXISTS (SELECT 1 FROM items WHERE items.leg = legs.leg)`,
      Math.max(leg, Number(oldest?.['id'] ?? 0)),
    )
    for (const table of ['dialogs', 'links']) {
      this.#run(
        `DELETE FROM ${table} WHERE leg NOT IN (SELECT leg FROM legs) AND leg NOT IN (SELECT leg FROM items)`,
      )
    }
    this.#run('DELETE FROM gaps WHERE to_us < (SELECT min(started_us) FROM legs)')
    this.#database.exec('PRAGMA incremental_vacuum(2000)')
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#database.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  #one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values)
  }
}

function legOf(row: Row): TimelineLeg {
  const time = (value: SQLOutputValue | undefined): string | null =>
    typeof value === 'number' ? isoMicros(value) : null
  return {
    call_control_id: String(row['leg']),
    call_leg_id: String(row['uuid']),
    call_session_id: String(row['session']),
    connection_id: String(row['application']),
    direction: row['direction'] === 'incoming' ? 'incoming' : 'outgoing',
    from: String(row['from_']),
    to: String(row['to_']),
    state: row['state'] as TimelineLeg['state'], // Our own text, written by `changeLeg`.
    queue_name: textOr(row['queue']) ?? null,
    hangup_cause: textOr(row['cause']) ?? null,
    started_at: isoMicros(Number(row['started_us'])),
    answered_at: time(row['answered_us']),
    ended_at: time(row['ended_us']),
  }
}

function itemOf(row: Row): TimelineItem {
  return {
    at: isoMicros(Number(row['at_us'])),
    lane: row['lane'] as Lane, // Our own text.
    leg: String(row['leg']),
    kind: String(row['kind']),
    summary: String(row['summary']),
    detail: JSON.parse(String(row['detail'])) as TimelineItem['detail'], // Our own text.
    cursor: String(row['seq']),
  }
}

function messageOf(row: Row): readonly CapturedMessage[] {
  // Our own text, written by `sipItem`.
  const detail = JSON.parse(String(row['detail'])) as SipEndsDetail
  const { direction, transport, local, remote } = detail
  const bytes = row['bytes']
  if (!(bytes instanceof Uint8Array)) return []
  const [localAddress, localPort] = placeOf(local)
  const [remoteAddress, remotePort] = placeOf(remote)
  const ends: SipEnds = { transport, localAddress, localPort, remoteAddress, remotePort }
  return [{ atUs: Number(row['at_us']), direction, ends, bytes }]
}

export interface SipEndsDetail {
  readonly direction: 'in' | 'out'
  readonly transport: 'UDP' | 'TCP'
  /** `address:port`, IPv6 in brackets. */
  readonly local: string
  readonly remote: string
}

function placeOf(text: string): readonly [address: string, port: number] {
  const colon = text.lastIndexOf(':')
  return [text.slice(0, colon).replace(/^\[|\]$/g, ''), Number(text.slice(colon + 1))]
}

function textOr(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
