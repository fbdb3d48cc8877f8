// Files of the data directory, readable by the owner alone.

import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** As the journal asks for them (src/store/sqlite/database.ts); errors are the system's. */
export const dataFiles = {
  makeDirectory(path: string): void {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  },
  touch(path: string): void {
    closeSync(openSync(path, 'a', 0o600))
  },
  sizeBytes: (path: string): number => statSync(path).size,
  join: (directory: string, name: string): string => join(directory, name),
}

/** Renames a file that cannot be used to `….broken`, in the place of an earlier one; its SQLite side files go. */
export function putAside(file: string): void {
  renameSync(file, `${file}.broken`)
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}
