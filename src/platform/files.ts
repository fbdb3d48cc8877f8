// The few files that are read and written outside the store: the configuration and key files. Key files are made with
// mode 0600 and replaced by renaming, so that a crash leaves the old text or the new one, never half of it.

import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Text of a file, or undefined when there is none. */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A text that only the owner may read. */
export interface SecretFile {
  read(): string | undefined
  write(text: string): void
}

/** The secret file at `path`; its folder is made (mode 0700) when missing. A file others may read is closed to them. */
export function secretFile(path: string): SecretFile {
  return {
    read() {
      const text = readTextFile(path)
      if (text !== undefined && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
      return text
    },
    write(text) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const draft = `${path}.new`
      const file = openSync(draft, 'w', 0o600)
      try {
        writeSync(file, text)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(draft, path)
    },
  }
}

/** An absolute path stays as it is, a relative one starts at `folder`. */
export function resolvePath(folder: string, path: string): string {
  return resolve(folder, path)
}

/** The folder a file lies in. */
export function folderOf(path: string): string {
  return dirname(path)
}
