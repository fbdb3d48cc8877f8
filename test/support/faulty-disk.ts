// A disk that misbehaves on demand, for a real server: loaded with `--import` into all its threads, it stands between the
// journal and SQLite. While the file that HOLDFAST_TEST_DISK names exists, commits stand still ("stall") or SQLite refuses
// every write with the error of a read-only file ("read-only"), as the file says.
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const file = process.env['HOLDFAST_TEST_DISK'] ?? ''
const exec = Reflect.get(DatabaseSync.prototype, 'exec') as (sql: string) => void
const still = new Int32Array(new SharedArrayBuffer(4))
let readOnly = false

function fault(): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  if (sql === 'BEGIN IMMEDIATE' && readOnly !== (fault() === 'read-only')) {
    readOnly = !readOnly
    exec.call(this, `PRAGMA query_only = ${readOnly ? 1 : 0}`)
  }
  while (sql === 'COMMIT' && fault() === 'stall') Atomics.wait(still, 0, 0, 5)
  exec.call(this, sql)
}
