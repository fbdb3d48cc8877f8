// Data as the first release left it: the rows that a server of today has written, put back into a file of schema 1.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { applicationId, migrations } from '../../src/store/sqlite/schema.ts'

export const schemaNow = migrations.length

/** Rewrites `holdfast.db` of a server that is not running. */
export function takeBackToSchema1(directory: string): void {
  const file = join(directory, 'holdfast.db')
  const older = join(directory, 'older.db')
  const database = new DatabaseSync(older)
  database.exec(`${migrations[0]}; PRAGMA application_id = ${applicationId}`)
  database.exec('PRAGMA user_version = 1; PRAGMA journal_mode = WAL')
  database.prepare('ATTACH ? AS today').run(file)
  for (const table of ['state', 'queue', 'entry', 'event', 'delivery', 'mark']) {
    const columns = database
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map((column) => String(column['name']))
      .join(', ')
    database.exec(`INSERT OR REPLACE INTO main.${table} (${columns})
      SELECT ${columns} FROM today.${table}`)
  }
  // The numbers of events per call came with schema 2.
  database.exec("DELETE FROM main.state WHERE kind = 'lane'")
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  renameSync(older, file)
}

export function schemaOf(directory: string): number {
  const database = new DatabaseSync(join(directory, 'holdfast.db'), { readOnly: true })
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  database.close()
  return version
}
