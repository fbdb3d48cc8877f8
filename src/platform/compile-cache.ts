// Compiled code of this program, kept on disk from one start to the next: half of a start is reading sources. Node
// checks each entry against its source and its own version, so an update of either is no danger, only slower once.

import { mkdirSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'

/** Modules that are imported from now on come from `folder` where they are known. Without a folder that can be written nothing changes. */
export function keepCompiled(folder: string): void {
  try {
    // What lies there is run: only the owner may write it.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    enableCompileCache(folder)
  } catch {
    // The start is slower; whoever needs the folder for more says so.
  }
}

/**
 * Writes what is new, `afterMs` from now: a process that is killed writes nothing by itself. Only the first start of a
 * version has much to write, about 0.1 s, so it is not done while calls are being put back.
 */
export function writeCompiledAfter(afterMs: number): void {
  setTimeout(flushCompileCache, afterMs).unref()
}
