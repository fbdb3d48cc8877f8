// Files that a person names to a program: read whole, or written without treading on what is there.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'

/** The bytes, or in words why not. */
export function readUserFile(path: string): Result<Uint8Array, string> {
  return attempt(path, reading, () => readFileSync(path))
}

/** Writes the file; `fresh`: only where none is. Folders on the way are made. */
export function writeUserFile(
  path: string,
  content: Uint8Array | string,
  { fresh = false, mode = 0o644 } = {},
): Result<undefined, string> {
  return attempt(path, writing, () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode, flag: fresh ? 'wx' : 'w' })
    return undefined
  })
}

/** Whether `writeUserFile` would succeed by what can be seen now: said before an hour of work, not after it. */
export function mayWriteUserFile(path: string): Result<undefined, string> {
  return attempt(path, writing, () => {
    mkdirSync(dirname(path), { recursive: true })
    // A folder cannot be opened for writing, and in some, such as /proc, nothing can be made whatever their rights say.
    const isThere = existsSync(path)
    closeSync(openSync(path, isThere ? 'r+' : 'wx'))
    if (!isThere) unlinkSync(path)
    return undefined
  })
}

function attempt<T>(path: string, inWords: Words, act: () => T): Result<T, string> {
  try {
    return ok(act())
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return refused(`${path} ${inWords[code] ?? `failed: ${code}`}`)
  }
}

type Words = Readonly<Record<string, string>>

const reading: Words = {
  ENOENT: 'does not exist',
  EEXIST: 'exists already',
  EACCES: 'may not be opened by this user',
  EPERM: 'may not be opened by this user',
  EISDIR: 'is a folder',
  ENOTDIR: 'lies below something that is no folder',
  ENOSPC: 'does not fit: the disk is full',
  EROFS: 'lies on a disk that is read-only',
}

/** Its folder is there or was made: so it is one that takes no files. */
const writing: Words = { ...reading, ENOENT: 'cannot be written there' }
