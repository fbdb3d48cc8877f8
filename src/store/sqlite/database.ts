// Opens the data directory: takes the lock that keeps a second process out, looks at the file before anything may
// write to it, then brings its schema up to date. A file that this release cannot read is refused and left untouched.

import { DatabaseSync } from 'node:sqlite'
import { applicationId, migrations } from './schema.ts'

/**
 * Files up to this size are checked as a whole at every start: about half a second. Of larger ones, which hold old events, what
 * a start reads is checked as a whole, and both ends of the long tables, where writes go: calls do not wait for the rest.
 */
const checkedBytesMax = 64 * 1024 * 1024
const checkedTables = ['state', 'queue', 'entry', 'mark', 'pruned_event']
/** Those that the first schema did not have may be missing. */
const longTables: readonly (readonly [table: string, columns: readonly string[]])[] = [
  ['event', ['sequence', 'occurred_at_us']],
  ['delivery', ['sequence', 'delivery_id']],
  ['attempt', ['sequence']],
  ['command', ['id', 'occurred_at_us']],
  ['recording', ['id', 'started_at_us', 'ended_at_us']],
]

/** The data directory cannot be used as it is; the message tells the operator what to do. */
export class StoreRefused extends Error {
  readonly code = 'STORE_REFUSED'
}

/** What the journal needs of the file system. */
export interface DataFiles {
  /** Makes the directory, for the owner only, when it is missing. */
  makeDirectory(path: string): void
  /** Makes an empty file, for the owner only, when it is missing; SQLite gives its side files the same mode. */
  touch(path: string): void
  sizeBytes(path: string): number
  join(directory: string, name: string): string
}

export interface OpenDatabase {
  readonly database: DatabaseSync
  /** Closes the file and gives the lock back. */
  close(): void
}

/** @throws StoreRefused */
export function openDatabase(directory: string, files: DataFiles): OpenDatabase {
  try {
    files.makeDirectory(directory)
  } catch (error) {
    throw new StoreRefused(`the data directory ${directory} cannot be made: ${textOf(error)}`)
  }
  const lock = takeLock(directory, files)
  try {
    const file = files.join(directory, 'holdfast.db')
    files.touch(file)
    const bytes = files.sizeBytes(file)
    if (bytes > 0) inspect(file, bytes)
    const database = openForWriting(file)
    const close = (): void => {
      database.close()
      lock.close()
    }
    return { database, close }
  } catch (error) {
    lock.close()
    throw error
  }
}

/** The kernel gives this lock back when the process ends in any way. */
function takeLock(directory: string, files: DataFiles): DatabaseSync {
  const file = files.join(directory, 'lock.db')
  let lock: DatabaseSync | undefined
  try {
    files.touch(file)
    lock = new DatabaseSync(file, { timeout: 0 })
    // Nothing is ever written to it: a full disk is no reason not to start, with calls that wait for this process.
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    const busy = textOf(error).includes('locked')
    throw new StoreRefused(
      busy
        ? `another process uses the data directory ${directory}; stop it or choose another directory`
        : `the data directory ${directory} cannot be locked: ${textOf(error)}`,
    )
  }
}

function inspect(file: string, bytes: number): void {
  const { application, version, damage } = look(file, bytes)
  if (damage !== undefined) {
    throw new StoreRefused(
      `${file} is damaged (${damage}). It was left as it is: restore it from a backup or move it away`,
    )
  }
  if (application !== applicationId) {
    throw new StoreRefused(`${file} is not a Holdfast database. It was left as it is`)
  }
  if (version > migrations.length) {
    throw new StoreRefused(
      `${file} was written by a newer release (schema ${version}, this one knows ${migrations.length}). ` +
        'It was left as it is: start that release, or choose another data directory',
    )
  }
}

function look(
  file: string,
  bytes: number,
): { application: number; version: number; damage: string | undefined } {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    const application = numberOf(database, 'application_id')
    const version = numberOf(database, 'user_version')
    const isOurs = application === applicationId && version <= migrations.length
    const damage =
      bytes <= checkedBytesMax
        ? quickCheck(database, '1')
        : isOurs
          ? damageOfLarge(database)
          : undefined
    return { application, version, damage }
  } catch (error) {
    return { application: 0, version: 0, damage: textOf(error) }
  } finally {
    database?.close()
  }
}

/** `what`: findings at most, or a table. */
function quickCheck(database: DatabaseSync, what: string): string | undefined {
  const verdict: unknown = database.prepare(`PRAGMA quick_check(${what})`).get()?.['quick_check']
  return verdict === 'ok' ? undefined : String(verdict)
}

function damageOfLarge(database: DatabaseSync): string | undefined {
  const there = new Set(
    database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => name),
  )
  for (const table of checkedTables) {
    const damage = there.has(table) ? quickCheck(database, table) : undefined
    if (damage !== undefined) return damage
  }
  for (const [table, columns] of longTables) {
    if (!there.has(table)) continue
    for (const column of columns)
      for (const end of ['ASC', 'DESC'])
        database.prepare(`SELECT * FROM ${table} ORDER BY ${column} ${end} LIMIT 1`).get()
  }
  return undefined
}

function openForWriting(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    // NORMAL in WAL: a killed process loses nothing; a power cut may lose the last moments but never the file.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = numberOf(database, 'user_version')
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue
      database.exec(
        `BEGIN IMMEDIATE; ${migration}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}; COMMIT`,
      )
    }
    return database
  } catch (error) {
    database.close()
    throw new StoreRefused(`${file} cannot be used: ${textOf(error)}`)
  }
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
