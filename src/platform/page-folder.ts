// The files of a built folder, read once at the start: some hundred kilobytes, so that no request touches the disk and
// no path can lead out of the folder.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PageFiles } from '../ports/pages.ts'

/** Far more than any build has. */
const filesMax = 1000

/** The console as the build leaves it. */
export const consoleFolder = join(fileURLToPath(new URL('../..', import.meta.url)), 'web', 'dist')

/** The documentation as it lies in the repository. */
export const docsFolder = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs')

/** Undefined when there is no such folder. Names that begin with a dot are the build's own. */
export function readPageFolder(folder: string): PageFiles | undefined {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    if (files.length > filesMax) return undefined
    return new Map(
      files.map(({ parentPath, name }) => {
        const path = join(parentPath, name)
        return [path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path)]
      }),
    )
  } catch {
    return undefined // Not built, or being built at this moment.
  }
}
