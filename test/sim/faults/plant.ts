// A second copy of the whole program in this process, with a fault in it: every module that is imported from a planted one
// is loaded anew under a URL of its own (`?fault=3`), and the one file that the fault names is changed on its way in.
// Nothing is written to disk, and a copy costs a tenth of a process.

import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Shrinking from '../shrink.ts'
import type * as Simulation from '../simulate.ts'
import { faults, type Fault } from './faults.ts'

const root = join(import.meta.dirname, '../../..')
const rootUrl = pathToFileURL(`${root}/`).href
const mark = /\?fault=(\d+)$/
/** Sources without types, by path: a copy differs from the others in one file. */
const stripped = new Map<string, string>()
let hooked = false

export interface Planted {
  readonly simulate: typeof Simulation.simulate
  readonly shrink: typeof Shrinking.shrink
}

/** The simulator and what it simulates, with the fault in it. */
export async function plant(fault: Fault): Promise<Planted> {
  hook()
  changedSource(fault) // Throws before anything is loaded.
  const query = `?fault=${faults.indexOf(fault)}`
  const simulation: unknown = await import(`../simulate.ts${query}`)
  const shrinking: unknown = await import(`../shrink.ts${query}`)
  // They are what their paths say.
  const { simulate } = simulation as typeof Simulation
  const { shrink } = shrinking as typeof Shrinking
  return { simulate, shrink }
}

/**
 * The text of the fault's file with the fault in it.
 * @throws Error when what it replaces does not occur exactly once.
 */
export function changedSource({ what, file, search, replace }: Fault): string {
  const parts = readFileSync(join(root, file), 'utf8').split(search)
  if (parts.length !== 2) throw new Error(`${what}: the search text occurs not exactly once`)
  return parts.join(replace)
}

function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const query = mark.exec(context.parentURL ?? '')?.[0]
      const { url } = resolved
      const isOurs = url.startsWith(rootUrl) && url.endsWith('.ts')
      return query === undefined || !isOurs ? resolved : { ...resolved, url: url + query }
    },
    load(url, context, next) {
      const number = mark.exec(url)?.[1]
      if (number === undefined) return next(url, context)
      const path = fileURLToPath(url.replace(mark, ''))
      return {
        format: 'module',
        shortCircuit: true,
        source: sourceOf(path, faults[Number(number)]),
      }
    },
  })
}

function sourceOf(path: string, fault: Fault | undefined): string {
  if (fault !== undefined && path === join(root, fault.file)) {
    return stripTypeScriptTypes(changedSource(fault))
  }
  const known = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'))
  stripped.set(path, known)
  return known
}
