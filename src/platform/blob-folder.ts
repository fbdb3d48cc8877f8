// Blobs in a folder of the data directory, readable by the owner alone. A file gets its name when it is on disk: a crash
// leaves the old one or the new one, and perhaps a draft, which the next start finds in `list` and removes.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../ports/blobs.ts'

const ownName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** The folder is made (mode 0700) when something is first written. Errors are the system's. */
export function blobFolder(directory: string): Blobs {
  const pathOf = (name: string): string => {
    if (!ownName.test(name)) throw new Error('a blob name is letters, digits, dots and dashes')
    return join(directory, name)
  }
  return {
    async write(name, bytes) {
      const path = pathOf(name)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const draft = `${path}.new`
      const file = await open(draft, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, path)
      const folder = await open(directory, 'r')
      try {
        // The name is part of the folder: without this it can be lost with the power.
        await folder.sync()
      } finally {
        await folder.close()
      }
    },
    read: (name) => orAbsent(readFile(pathOf(name)), undefined),
    remove: (name) => rm(pathOf(name), { force: true }),
    list: () => orAbsent(readdir(directory), []),
  }
}

async function orAbsent<T, A>(reading: Promise<T>, absent: A): Promise<T | A> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return absent
    throw error
  }
}
