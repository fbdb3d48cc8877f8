// Files that a person names to a program: read whole, or written without treading on what is there.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'

/** The bytes, or in words why not. */
export function readUserFile(path: string): Result<Uint8Array, string> {
  return attempt(path, () => readFileSync(path))
}

/** Writes the file; `fresh`: only where none is. Folders on the way are made. */
export function writeUserFile(
  path: string,
  content: Uint8Array | string,
  { fresh = false, mode = 0o644 } = {},
): Result<undefined, string> {
  return attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode, flag: fresh ? 'wx' : 'w' })
    return undefined
  })
}

/** Whether `writeUserFile` would succeed by what can be seen now: said before an hour of work, not after it. */
export function mayWriteUserFile(path: string): Result<undefined, string> {
  return attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    accessSync(dirname(path), constants.W_OK)
    if (!existsSync(path)) return undefined
    // A folder cannot be opened for writing.
    closeSync(openSync(path, 'r+'))
    return undefined
  })
}

function attempt<T>(path: string, act: () => T): Result<T, string> {
  try {
    return ok(act())
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return refused(`${path} ${inWords[code] ?? `failed: ${code}`}`)
  }
}

const inWords: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EEXIST: 'exists already',
  EACCES: 'may not be opened by this user',
  EPERM: 'may not be opened by this user',
  EISDIR: 'is a folder',
  ENOTDIR: 'lies below something that is no folder',
  ENOSPC: 'does not fit: the disk is full',
  EROFS: 'lies on a disk that is read-only',
}
